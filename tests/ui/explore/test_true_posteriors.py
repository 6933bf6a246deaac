"""The true posterior in the window: of what is picked, under the mouse and drawn, while it is switched on."""

import numpy as np
import pytest

from latentlab.core.map.true_posterior import KeptTable, Subject, find, on_plane
from latentlab.ui.canvas.layers.true_posterior_layer import TruePosteriorLayer


class Posterior:
    """What a window shows of posteriors."""

    def __init__(self, lab):
        self.lab, self.exploration = lab, lab.session.exploration
        self.state = lab.session.map.true_posteriors
        items = lab.canvas.view.box.childItems()
        self.layer = next(item for item in items if isinstance(item, TruePosteriorLayer))
        self.switch = lab.action("truePosterior")
        self.measured = []
        self.state.measured.connect(self.measured.append)

    def until_known(self, kind):
        def is_known():
            shown = self.layer.posterior()
            return shown is not None and shown.subject.kind == kind and shown.best is not None

        self.lab.until(is_known)
        return self.layer.posterior()

    def figures(self):
        return self.lab.text("posteriorFigures")


@pytest.fixture
def posterior(opened):
    return Posterior(opened)


def test_the_posterior_of_the_picked_image_is_drawn_and_told_while_it_is_switched_on(posterior):
    lab = posterior.lab
    posterior.exploration.pick_point(3)
    lab.until_idle()
    assert posterior.layer.posterior() is None
    assert not posterior.layer.isVisible()
    lab.child("mapTruePosteriorBox").click()
    shown = posterior.until_known("point")
    assert shown.subject.row == 3
    model = posterior.exploration.shown
    image = (model.images[3] / 255).astype(np.float32)
    kept, subject = KeptTable(), Subject("point", 3, image, None)
    known = find(model, kept, subject)
    expected = on_plane(model, kept, known)
    assert shown.log_p == pytest.approx(expected.log_p, abs=0.01)
    np.testing.assert_allclose(shown.modes, expected.modes, atol=1e-3)
    assert len(shown.lines) == 3
    gaps = posterior.measured[-1].gaps
    lab.until(lambda: posterior.figures())
    for figure in (f"{gaps.log_p:.1f}", f"{gaps.elbo:.1f}", f"{gaps.amortisation:.2f}", f"{gaps.approximation:.2f}"):
        assert figure.replace("-", "−") in posterior.figures()
    assert f"{shown.log_p:.1f}".replace("-", "−") in posterior.layer.words()
    assert ("would rather" in posterior.layer.words()) == shown.is_elsewhere
    posterior.switch.setChecked(False)
    assert posterior.layer.posterior() is None
    assert posterior.figures() == ""
    assert posterior.state._kept._table is None  # 50 MB


def test_what_is_under_the_mouse_goes_first_and_what_was_picked_is_back_after(posterior):
    posterior.switch.setChecked(True)
    posterior.exploration.pick_point(3)
    before = posterior.until_known("point")
    told = len(posterior.measured)
    posterior.state.hover(5)
    assert posterior.until_known("hovered").subject.row == 5
    posterior.state.hover(-1)
    assert posterior.until_known("point").subject is before.subject
    assert len(posterior.measured) == told  # nothing of it is worked out again
    assert posterior.figures()


def test_a_drawing_has_its_posterior_and_its_figures_are_not_those_of_the_point(posterior):
    posterior.switch.setChecked(True)
    posterior.exploration.pick_point(3)
    posterior.until_known("point")
    posterior.lab.stroke([(0.3, 0.2), (0.5, 0.8), (0.7, 0.3)])
    shown = posterior.until_known("sketch")
    assert shown.subject.row is None
    posterior.lab.until(lambda: posterior.measured[-1] is not None)
    assert posterior.figures() == ""
    posterior.lab.press("sketchClearButton")
    assert posterior.until_known("point").subject.row == 3


def test_it_follows_the_view_and_the_model(posterior):
    lab = posterior.lab
    posterior.switch.setChecked(True)
    posterior.exploration.pick_point(3)
    ((x, y), *_) = posterior.until_known("point").modes.tolist()
    lab.until_idle()
    lab.canvas.go_to((x - 1e-3, x + 1e-3, y - 1e-3, y + 1e-3), "free")
    lab.until(lambda: all(np.ptp(shade.corners, 0).max() < 0.01 for shade in posterior.layer.posterior().shades))
    assert posterior.layer.posterior().shades
    before = posterior.state._kept._table
    lab.train()
    lab.until(lambda: posterior.state._kept._table not in (None, before))
    lab.until_idle()


def test_of_more_dimensions_the_map_says_why_there_is_none(posterior, run_file):
    posterior.switch.setChecked(True)
    posterior.lab.open(run_file(model__latent=4))
    posterior.exploration.pick_point(0)
    posterior.lab.until(lambda: "1 or 2 latent dimensions" in posterior.layer.words())
    assert posterior.figures() == ""

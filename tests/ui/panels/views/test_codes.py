"""The views of what a model's codes are: samples, posteriors, deviations, units, planes and sensitivity."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QLabel, QWidget

from latentlab.ui.canvas.scatter import ScatterPair
from latentlab.ui.panels.views.elbo import ElboPanel
from latentlab.ui.panels.views.pca import BesidePcaPanel
from latentlab.ui.panels.views.posterior_samples import PosteriorSamplesPanel
from latentlab.ui.panels.views.posterior_scatter import DeviationsPanel
from latentlab.ui.panels.views.samples import SamplesPanel
from latentlab.ui.panels.views.sensitivity import SensitivityPanel
from latentlab.ui.panels.views.units import UnitsPanel
from latentlab.ui.plots.bar_plot import BarPlot
from latentlab.ui.plots.heat_map import HeatMap
from latentlab.ui.plots.line_plot import LinePlot
from latentlab.ui.style import theme
from latentlab.ui.widgets.images.image_grid import ImageGrid
from latentlab.ui.widgets.images.image_strip import ImageStrip


class Shown:
    """A view, and a model that answers it at once, as the session does off the GUI thread."""

    def __init__(self, qtbot, panel, model):
        self.qtbot, self.panel, self.questions = qtbot, panel, []
        qtbot.addWidget(panel)
        panel.asked.connect(self._answer)
        panel.resize(600, 460)
        panel.show()
        qtbot.waitExposed(panel)
        self.turn_to(model)

    def turn_to(self, model):
        """Show another model, or the same one further trained."""
        self.model = model
        self.panel.set_model(model.snapshot.facts)
        self.panel.ask()

    def child(self, name):
        found = self.panel.findChild(QWidget, name)
        assert found is not None, name
        return found

    def click(self, name):
        self.qtbot.mouseClick(self.child(name), Qt.MouseButton.LeftButton)

    def type_into(self, name, text):
        box = self.child(name)
        box.selectAll()
        self.qtbot.keyClicks(box, text)

    def pair(self):
        return self.panel.findChild(ScatterPair)

    def click_point(self, scatter, position):
        """Click on a point of a scatter."""
        ((x, y),) = scatter.view.to_pixels([position])
        place = scatter.mapFromScene(scatter.view.box.mapToScene(QPointF(x, y)))
        self.qtbot.mouseClick(scatter.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def pixels(self):
        """Give the picture that would be saved: uint8 (H, W)."""
        image = self.panel.picture()
        return np.array(image.constBits(), np.uint8).reshape(image.height(), -1)[:, : image.width()]

    def _answer(self, question):
        self.questions.append(question)
        self.last = question.answer(self.model)
        self.panel.show_answer(self.last)


@pytest.fixture
def shown(qtbot):
    return lambda panel, model: Shown(qtbot, panel, model)


# Samples


def test_samples_are_drawn_anew_cooled_and_counted(shown, tiny_model):
    view = shown(SamplesPanel(), tiny_model())
    first = view.pixels()
    assert first.shape == (10 * 30 - 2, 20 * 30 - 2)
    view.click("samplesNoiseButton")
    assert not np.array_equal(view.pixels(), first)
    view.type_into("samplesColumnsBox", "7")
    assert view.pixels().shape == (298, 7 * 30 - 2)
    view.type_into("samplesTemperatureBox", "0")
    assert view.questions[-1].temperature == 0
    cells = np.pad(view.pixels(), ((0, 2), (0, 2))).reshape(10, 30, 7, 30).swapaxes(1, 2)
    assert (cells == cells[0, 0]).all()
    assert "From the prior" in view.panel.caption.text()


def test_samples_of_a_cvae_have_a_row_per_class(shown, tiny_model):
    view = shown(SamplesPanel(), tiny_model(model__kind="cvae"))
    assert view.pixels().shape[0] == 3 * 30 - 2
    assert not view.child("samplesRowsBox").isVisible()
    assert "every label" in view.panel.caption.text()
    view.turn_to(tiny_model())
    assert view.child("samplesRowsBox").isVisible()
    assert view.pixels().shape[0] == 298


def test_samples_of_an_autoencoder_say_that_it_has_no_prior(shown, tiny_model):
    view = shown(SamplesPanel(), tiny_model(model__kind="autoencoder"))
    assert "no prior" in view.panel.caption.text()
    before = view.pixels()
    view.click("samplesLikeCodesBox")
    assert view.questions[-1].like_codes
    assert "covariance" in view.panel.caption.text()
    assert not np.array_equal(view.pixels(), before)


# Posterior


def test_samples_of_posteriors_stand_above_those_of_the_prior(shown, tiny_model):
    view = shown(PosteriorSamplesPanel(), tiny_model())
    assert view.pixels().shape == (3 * 3 * 30 - 2 + 2 * (28 // 3), 14 * 30 - 2)
    view.type_into("posteriorRowsBox", "1")
    view.type_into("posteriorColumnsBox", "5")
    image, posterior, prior = np.split(np.pad(view.pixels(), ((0, 2), (0, 2))), 3)
    assert image.max() > 200
    view.click("posteriorNoiseButton")
    after = np.split(np.pad(view.pixels(), ((0, 2), (0, 2))), 3)
    assert np.array_equal(after[0], image)
    assert not np.array_equal(after[1], posterior)
    assert not np.array_equal(after[2], prior)
    view.click("posteriorImagesButton")
    other = np.split(np.pad(view.pixels(), ((0, 2), (0, 2))), 3)
    assert not np.array_equal(other[0], image)
    assert np.array_equal(other[2], after[2])


def test_a_click_in_a_grid_of_groups_finds_its_image(qtbot):
    grid = ImageGrid(gap=2)
    qtbot.addWidget(grid)
    grid.resize(300, 500)
    grid.set_images(np.zeros((6, 3, 1, 9, 9), np.float32), group=2)
    assert grid.picture().height() == 6 * 11 - 2 + 2 * 3
    for row, column in ((0, 0), (1, 2), (2, 0), (5, 1)):
        with qtbot.waitSignal(grid.picked) as picked:
            place = grid.cell_rect(row, column).center().toPoint()
            qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=place)
        assert picked.args == [row, column]


# Deviations


def test_a_click_on_a_deviation_picks_its_image(shown, tiny_model):
    model = tiny_model()
    view = shown(DeviationsPanel(), model)
    assert "60 of 60 images" in view.panel.caption.text()
    _, logvar = model.snapshot.encode(model.images)
    deviation = np.exp(logvar / 2)
    row = most_alone(deviation)
    with view.qtbot.waitSignal(view.panel.point_picked) as picked:
        view.click_point(view.pair().scatters[1], deviation[row])
    assert picked.args == [row]


def test_the_legend_hides_a_class_on_both_sides(shown, tiny_model):
    view = shown(DeviationsPanel(), tiny_model())
    legend = view.pair().legend
    before = [inked(scatter) for scatter in view.pair().scatters]
    view.qtbot.mouseClick(legend.button(1), Qt.MouseButton.LeftButton)
    assert view.pair().visible_classes() == {0, 2}
    after = [inked(scatter) for scatter in view.pair().scatters]
    assert all(few < many for few, many in zip(after, before, strict=True))
    view.qtbot.keyClick(legend.button(2), Qt.Key.Key_Return)
    assert view.pair().visible_classes() == {2}
    view.qtbot.keyClick(legend.button(2), Qt.Key.Key_Return)
    assert view.pair().visible_classes() == {0, 1, 2}
    assert [inked(scatter) for scatter in view.pair().scatters] == before


def most_alone(places):
    """Give the row of the point that no other covers."""
    distances = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    np.fill_diagonal(distances, np.inf)
    return int(distances.min(axis=1).argmax())


def inked(scatter):
    """Count the pixels that points have coloured."""
    image = scatter.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    colours = np.array(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[..., :3].astype(int)
    return int((np.ptp(colours, axis=2) > 60).sum())


def test_show_all_returns_from_a_zoom(shown, tiny_model):
    view = shown(DeviationsPanel(), tiny_model())
    scatter = view.pair().scatters[0]
    whole = scatter.view.extent()
    scatter.view.zoom(0.2)
    view.panel.ask()  # a model that trains on does not take the view away
    assert scatter.view.extent() != whole
    view.click("deviationsShowAllButton")
    np.testing.assert_allclose(scatter.view.extent(), whole, rtol=1e-5)
    scatter.view.zoom(0.2)
    view.qtbot.keyClick(scatter, Qt.Key.Key_Home)
    np.testing.assert_allclose(scatter.view.extent(), whole, rtol=1e-5)


def test_more_than_two_dimensions_are_named_in_the_caption(shown, tiny_model):
    view = shown(DeviationsPanel(), tiny_model(model__latent=5))
    assert "the two of 5 dimensions" in view.panel.caption.text()


# Units


def test_the_dimensions_of_a_vae_are_bars(shown, tiny_model):
    view = shown(UnitsPanel(), tiny_model(model__latent=5))
    assert "of 5 dimensions active" in view.child("unitsHeadline").text()
    assert "Burda" in view.panel.caption.text()
    assert not view.child("unitsClassBox").isVisible()
    assert inked(view.panel.findChild(BarPlot)) > 1000
    assert not view.panel.findChild(HeatMap).isVisible()


def test_the_units_of_an_autoencoder_are_drawn_for_the_class_that_is_chosen(shown, tiny_model):
    model = tiny_model(model__kind="autoencoder", model__latent=40, model__code_activation="relu")
    view = shown(UnitsPanel(), model)
    assert "of 40 units are on" in view.child("unitsHeadline").text()
    heat = view.panel.findChild(HeatMap)
    assert heat.isVisible()
    assert inked(heat) > 1000
    classes, strip = view.child("unitsClassBox"), view.panel.findChild(ImageStrip)
    before = strip.grab().toImage()
    view.qtbot.keyClick(classes, Qt.Key.Key_Down)
    assert view.questions[-1].label == 1
    assert any("units of level" in label.text() for label in view.panel.findChildren(QLabel))
    assert strip.grab().toImage() != before
    view.turn_to(tiny_model())
    assert not heat.isVisible()
    assert not classes.isVisible()


def test_bars_follow_the_theme(shown, tiny_model):
    view = shown(UnitsPanel(), tiny_model())
    plot = view.panel.findChild(BarPlot)
    light = plot.grab().toImage()
    theme.set_theme("dark")
    try:
        view.qtbot.waitUntil(lambda: plot.grab().toImage().pixelColor(5, 5) == QColor(theme.DARK.background))
    finally:
        theme.set_theme("light")
    view.qtbot.waitUntil(lambda: plot.grab().toImage() == light)


# The ELBO


def test_the_elbo_is_written_as_a_sum_and_the_parts_of_its_kl_are_bars(shown, tiny_model):
    view = shown(ElboPanel(), tiny_model())
    headline, sums = view.child("elboHeadline").text(), view.child("elboSums").text()
    assert f"ELBO −{-view.last.elbo:.2f} ± {view.last.elbo_error:.2f} nats" in headline
    assert f"reconstruction {view.last.reconstruction:.2f}, KL {view.last.kl:.2f}" in headline
    assert f"mutual information {view.last.parts.mutual_information:.2f} ±" in sums
    assert f"dimensions {view.last.parts.by_dimension.sum():.2f} ±" in sums
    assert not view.child("elboLikelihood").isVisible()
    view.click("elboLikelihoodBox")
    assert view.questions[-1].with_likelihood
    told = view.last.likelihoods.summary()
    beside = view.child("elboLikelihood").text()
    assert beside.startswith(f"Of 60 of these images: ELBO −{-told['elbo']:.2f} ± ")
    assert f"· log p(x) −{-told['log_p']:.2f} ± {told['standard_error']:.2f} nats" in beside
    assert "60 images; means over 60 samples" in view.panel.caption.text()
    assert "Chen et al., 2018" in view.panel.caption.text()
    assert inked(view.panel.findChild(BarPlot)) > 1000


def test_what_a_mixture_prior_knows_of_dimensions_together_is_taken_off_the_sum(shown, tiny_model):
    view = shown(ElboPanel(), tiny_model(model__prior="vamp", model__components=5))
    parts = view.last.parts
    assert parts.kl == pytest.approx(view.last.kl, abs=1e-3)  # both of the same samples
    told = f"{-parts.prior_correlation:+.2f} ± {parts.prior_error:.2f} that the prior knows of dimensions together"
    assert told in view.child("elboSums").text()
    assert "that the prior knows" not in shown(ElboPanel(), tiny_model()).child("elboSums").text()


def test_views_say_what_prior_their_samples_are_of(shown, tiny_model):
    mixture, normal = tiny_model(model__prior="vamp", model__components=5), tiny_model()
    for panel in (SamplesPanel, PosteriorSamplesPanel):
        assert "a mixture of" in shown(panel(), mixture).panel.caption.text()
        assert "mixture" not in shown(panel(), normal).panel.caption.text()


# Beside PCA


def test_of_deviations_nothing_below_zero_is_shown(shown, tiny_model):
    model = tiny_model()
    model = replace(model, snapshot=copy.deepcopy(model.snapshot))
    with torch.no_grad():  # some are nearly 0, and the others far from it
        model.snapshot.model.logvar_head.weight *= 50
    view = shown(DeviationsPanel(), model)
    right = view.pair().scatters[1]
    for width, height in ((600, 460), (400, 700), (1100, 400)):
        view.panel.resize(width, height)
        view.qtbot.waitUntil(lambda width=width: view.panel.width() == width)
        left, right_end, bottom, top = right.view.extent()
        assert left > -0.1 * (right_end - left)
        assert bottom > -0.1 * (top - bottom)
        points = view.last.deviations.points
        assert points[:, 0].max() < right_end
        assert points[:, 1].max() < top


def test_a_plane_stands_beside_pca_with_the_angles(shown, tiny_model):
    view = shown(BesidePcaPanel(), tiny_model(model__kind="autoencoder"))
    headline = view.child("pcaHeadline").text()
    assert headline.count("°") == 2
    left, right = view.pair().scatters
    assert left.view.extent() == pytest.approx(right.view.extent(), rel=0.05)
    assert min(inked(left), inked(right)) > 100
    places = view.last.principal_points.points
    row = most_alone(places)
    with view.qtbot.waitSignal(view.panel.point_picked) as picked:
        view.click_point(right, places[row])
    assert picked.args == [row]
    left.view.zoom(0.5)
    view.click("pcaShowAllButton")
    assert left.view.extent() == pytest.approx(right.view.extent(), rel=0.05)


def test_of_many_angles_the_first_and_the_last_are_written(shown, tiny_model):
    view = shown(BesidePcaPanel(), tiny_model(model__latent=5))
    assert "5-D spaces" in view.child("pcaHeadline").text()


# Sensitivity


def test_a_kept_curve_stays_beside_another_models(shown, tiny_model):
    contracted = tiny_model(model__kind="autoencoder", loss__contraction=10.0)
    view = shown(SensitivityPanel(), contracted)
    plot = view.panel.findChild(LinePlot)
    assert plot.names() == ("untitled · λ = 10 · epoch 2",)
    assert f"{view.last.movements[-1]:.0%}" in view.child("sensitivityHeadline").text()
    assert "λ = 10" in view.panel.caption.text()
    view.click("sensitivityKeepButton")
    view.turn_to(tiny_model(model__kind="autoencoder"))
    assert plot.names() == ("untitled · λ = 0 · epoch 2", "untitled · λ = 10 · epoch 2")
    view.click("sensitivityForgetButton")
    assert plot.names() == ("untitled · λ = 0 · epoch 2",)
    assert not view.child("sensitivityForgetButton").isEnabled()


def test_without_an_answer_there_is_nothing_to_keep(shown, tiny_model):
    view = shown(SensitivityPanel(), tiny_model())
    assert view.child("sensitivityKeepButton").isEnabled()
    view.panel.show_problem("Because.")
    assert not view.child("sensitivityKeepButton").isEnabled()
    assert not view.panel.findChild(LinePlot).isVisible()


# In the window


def test_every_view_follows_a_model_that_trains(lab):
    lab.begin({"model.latent": 3})
    for name in ("samplesView", "posteriorView", "deviationsView", "unitsView", "pcaView", "sensitivityView"):
        lab.look_at(name)
        for _ in range(2):
            with lab.qtbot.waitSignal(lab.session.views.answered) as answered:
                pass
            assert answered.args[0].run_id == lab.session.exploration.shown.run_id
        assert lab.child(name).picture().width() > 100
    lab.press("stopButton")
    lab.until(lambda: lab.session.state == "idle")

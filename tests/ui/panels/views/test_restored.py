"""The view of restored images: what it asks, what it shows, and that it follows a real model."""

import math

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton, QSpinBox

from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.restored import Damage, Restored, RestoredQuestion
from latentlab.ui.panels.views.restored import RestoredPanel
from latentlab.ui.widgets.images.image_grid import ImageGrid
from latentlab.ui.widgets.slider import Slider

PLAIN = ModelFacts(2, (), False, True)
DENOISING = ModelFacts(2, (), False, False, is_denoising=True)


def restored(noisy=12.0, count=5):
    images = np.linspace(0, 1, 3 * count * 16, dtype=np.float32).reshape(3, count, 1, 4, 4)
    return Restored("run", Damage("gaussian", 0.2, 0), *images, noisy, 17.25)


@pytest.fixture
def panel(qtbot):
    panel = qtbot.show(RestoredPanel(), 600, 400)
    panel.set_model(PLAIN)
    return panel


@pytest.fixture
def asked(panel):
    asked = []
    panel.asked.connect(asked.append)
    return asked


def kinds(panel) -> QComboBox:
    return panel.findChild(QComboBox, "restoredKindBox")


def choose(panel, kind):
    kinds(panel).setCurrentIndex(kinds(panel).findData(kind))


def test_kind_amount_noise_and_count_make_the_question(qtbot, panel, asked):
    assert panel.question() == RestoredQuestion(Damage("salt_and_pepper", 0.1, 0), 8)
    choose(panel, "stains")
    slider = panel.findChild(Slider, "restoredAmountSlider")
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_End)
    qtbot.mouseClick(panel.findChild(QPushButton, "restoredNoiseButton"), Qt.MouseButton.LeftButton)
    panel.findChild(QSpinBox, "restoredCountBox").setValue(3)
    assert asked[-4:] == [
        RestoredQuestion(Damage("stains", 0.6, 0), 8),
        RestoredQuestion(Damage("stains", 1.0, 0), 8),
        RestoredQuestion(Damage("stains", 1.0, 1), 8),
        RestoredQuestion(Damage("stains", 1.0, 1), 3),
    ]
    choose(panel, "salt_and_pepper")
    choose(panel, "stains")
    assert panel.question().damage.amount == 1, "each kind keeps its amount"


def test_what_was_done_in_training_is_offered_where_something_was(panel, asked):
    assert kinds(panel).findData("training") < 0
    panel.set_model(DENOISING)
    assert panel.question().damage.kind == "training"
    assert not panel.findChild(Slider, "restoredAmountSlider").isEnabled()
    choose(panel, "light")
    panel.set_model(DENOISING)
    assert panel.question().damage.kind == "light", "the same kind of model leaves the choice alone"
    choose(panel, "training")
    panel.set_model(PLAIN)
    assert panel.question().damage == Damage("salt_and_pepper", 0.1, 0)
    assert all(question.damage.kind in ("light", "training") for question in asked), "setters ask nothing"


def test_rows_and_their_nearness_are_shown_and_a_click_picks(qtbot, panel):
    answer = restored()
    panel.show_answer(answer)
    assert "12.0 dB" in panel.caption.text()
    assert "17.2 dB" in panel.caption.text()
    grid = panel.findChild(ImageGrid)
    assert grid.cells() == (3, 5)
    last = grid.cell_rect(1, 3).center().toPoint()
    with qtbot.waitSignal(panel.point_picked) as picked:
        qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=last)
    assert picked.args == [3]
    assert not panel.picture().isNull()
    panel.show_answer(restored(noisy=math.inf))
    assert "Nothing is damaged" in panel.caption.text()


def test_a_denoising_run_shows_its_own_damage_and_a_click_picks_on_the_map(lab, run_file):
    lab.open(run_file(model__kind="autoencoder", corruption__salt_and_pepper=0.2))
    lab.until(lambda: lab.session.exploration.shown.images is not None)
    panel = lab.look_at("restoredView")
    grid = panel.findChild(ImageGrid)
    lab.until(lambda: grid.cells() == (3, 8))
    assert "PSNR of noisy" in panel.caption.text()
    with lab.changes(lambda: panel.caption.text()):
        lab.press("restoredNoiseButton")
    lab.qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.cell_rect(0, 2).center().toPoint())
    lab.until(lambda: lab.child("dataPointImage").pixels() is not None)
    np.testing.assert_allclose(
        lab.child("dataPointImage").pixels(), lab.session.exploration.shown.images[2, 0] / 255, atol=1e-6
    )

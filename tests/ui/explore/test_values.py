"""Points coloured by values, and the card of a map that is being encoded, in a real window."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QToolButton

from latentlab.core.map import encoder, live_map
from latentlab.core.map.image_gaps import gaps_of
from latentlab.core.map.point_values import Colouring
from latentlab.core.map.true_posterior import KeptTable
from latentlab.core.measures.image_losses import FEW_SAMPLES, image_terms
from latentlab.core.models.snapshot import Snapshot
from latentlab.ui.canvas.cards import value_colours
from latentlab.ui.canvas.cards.value_scale import number
from latentlab.ui.style import theme


@pytest.fixture
def colour(lab):
    """Choose in the box as a person does, with the keyboard."""

    def choose(name):
        box = lab.child("mapColourBox", QComboBox)
        assert box.findText(name) >= 0, [box.itemText(row) for row in range(box.count())]
        box.setFocus()
        lab.qtbot.keyClick(box, Qt.Key.Key_Home)
        while box.currentText() != name:
            lab.qtbot.keyClick(box, Qt.Key.Key_Down)

    return choose


def is_shown(lab, kind):
    values = lab.canvas.value_scale.values()
    return values is not None and values.colouring == Colouring(kind) and not values.pending


def save_arrays(folder, **columns):
    """Write the bundled digits with columns as a person's own file, and give the set's name."""
    from latentlab.core.data.sets import bundled_digits

    data = bundled_digits.load()
    own = {name: make(data.train_images.numpy()[:300]) for name, make in columns.items()}
    path = folder / f"{'-'.join(columns) or 'plain'}.npz"
    np.savez(path, images=data.train_images.numpy()[:300, 0], labels=data.train_labels.numpy()[:300], **own)
    return f"array:{path}"


def test_points_are_coloured_by_loss_reconstruction_error_and_kl(lab, run_file, colour):
    lab.open(run_file())
    canvas, shown = lab.canvas, lab.session.exploration.shown
    assert canvas.legend.isVisible()
    reconstruction, kl, _ = shown.snapshot.loss_terms(shown.images, shown.labels)
    for name, kind, expected in (
        ("by loss", "loss", np.add(*image_terms(shown.snapshot, shown.images, shown.labels, FEW_SAMPLES)[:2])),
        ("by KL", "kl", kl),
        ("by reconstruction error", "reconstruction", reconstruction),
    ):
        colour(name)
        lab.until(lambda kind=kind: is_shown(lab, kind))
        scale = canvas.value_scale
        np.testing.assert_allclose(scale.values().values, expected, rtol=1e-3, atol=1e-3)
        low, high = np.quantile(expected, (0.01, 0.99))
        assert {"by loss": "−ELBO, 4 samples"}.get(name, name.removeprefix("by ")) in scale.text()
        assert "nats" in scale.text()
        assert f"≤ {number(low, high - low)}" in scale.text()
        assert f"≥ {number(high, high - low)}" in scale.text()
        assert scale.isVisible()
        assert not canvas.legend.isVisible(), "colours are no classes"
    colour("by class")
    lab.until(lambda: canvas.legend.isVisible())
    assert not canvas.value_scale.isVisible()


def test_points_are_coloured_by_what_the_encoder_and_what_any_gaussian_loses(lab, run_file, colour):
    lab.open(run_file())
    shown = lab.session.exploration.shown
    gap = gaps_of(shown, KeptTable(), np.arange(5))[1]
    colour("by amortisation gap")
    lab.until(lambda: lab.canvas.value_scale.values() is not None)
    assert "amortisation gap nats" in lab.canvas.value_scale.text()
    colour("by approximation gap")
    lab.until(lambda: is_shown(lab, "approximation"))
    np.testing.assert_allclose(lab.canvas.value_scale.values().values[:5], gap, atol=0.01)
    assert "approximation gap nats" in lab.canvas.value_scale.text()
    lab.open(run_file(model__latent=5))
    lab.until(lambda: "1 or 2 latent dimensions" in lab.canvas.value_scale.text())


def test_a_point_has_the_colour_of_its_level_on_the_scale(lab, run_file, colour):
    lab.open(run_file())
    lab.press("mapShowAllButton")
    colour("by loss")
    lab.until(lambda: is_shown(lab, "loss"))
    points, levels = lab.canvas.points(), lab.canvas.value_scale.values().levels
    places = lab.canvas.view.to_pixels(points)
    card = lab.canvas.value_scale.geometry()
    lone = [
        row
        for row, place in enumerate(places)
        if np.sort(np.hypot(*(places - place).T))[1] > 12 and not card.contains(lab.pixel(*points[row].tolist()))
    ]
    assert len(lone) > 5
    seen = lab.canvas.viewport().grab().toImage()
    table = value_colours.scale_colours()
    for row in lone[:5]:
        colour_seen = seen.pixelColor(lab.pixel(*points[row].tolist())).getRgb()[:3]
        assert np.abs(np.array(colour_seen, int) - table[levels[row]]).max() <= 40, "opacity goes with the crowd"


def test_the_choice_stays_while_a_model_trains_and_is_kept_up(lab, colour):
    lab.begin()
    colour("by reconstruction error")
    lab.until(lambda: is_shown(lab, "reconstruction"))
    first = lab.canvas.value_scale.values()
    lab.until(lambda: not np.array_equal(lab.canvas.value_scale.values().values, first.values))
    lab.press("stopButton")
    lab.until(lambda: lab.session.state == "idle")

    def is_of_the_end():
        shown = lab.session.exploration.shown
        expected, *_ = shown.snapshot.loss_terms(shown.images, shown.labels)
        return np.allclose(lab.canvas.value_scale.values().values, expected, rtol=1e-3)

    lab.until(is_of_the_end)
    assert lab.child("mapColourBox").currentText() == "by reconstruction error"


def test_what_a_model_does_not_have_is_a_sentence_and_colours_go_back_to_class(lab, run_file, colour):
    lab.open(run_file(model__kind="autoencoder"))
    colour("by loss")
    lab.until(lambda: is_shown(lab, "loss"))
    colour("by KL")
    scale = lab.canvas.value_scale
    lab.until(lambda: "no posterior" in scale.text())
    assert scale.isVisible()
    assert lab.canvas.legend.isVisible()
    assert scale.geometry().top() > lab.canvas.legend.geometry().bottom()
    assert scale.values() is None
    lab.open(run_file())
    lab.until(lambda: is_shown(lab, "kl"))


def test_columns_of_ones_own_are_offered_and_forgotten_with_their_data(lab, colour, tmp_path):
    ink = {"ink": lambda images: images.mean((1, 2, 3))}
    both, year, plain = (
        save_arrays(tmp_path, **ink, year=lambda images: 2000 + images[:, 0, 14, 14].astype(int) % 3),
        save_arrays(tmp_path, year=lambda images: 2000 + images[:, 0, 14, 14].astype(int) % 2),
        save_arrays(tmp_path, **ink),
    )
    for name in (both, year, plain):
        lab.session.library.agree(name)
    lab.train({"data.dataset": both})
    box = lab.child("mapColourBox", QComboBox)
    lab.until(lambda: box.findText("by ink") > 0)
    colour("by ink")
    scale = lab.canvas.value_scale
    lab.until(lambda: scale.values() is not None)
    shown = lab.session.exploration.shown
    np.testing.assert_allclose(scale.values().values, shown.images.mean((1, 2, 3)), rtol=1e-5)
    assert scale.text().startswith("ink\n≤ ")
    colour("by year")
    lab.until(lambda: scale.text() == "year\n2000\n2001\n2002")
    assert scale.values().levels.tolist() == (1 + shown.images[:, 0, 14, 14] % 3).tolist()
    table = value_colours.table(scale.values())
    assert (table[1:4] == theme.class_colours(3, dark=False)).all()
    # Another set with this column, then one without it.
    lab.train({"data.dataset": year})
    lab.until(lambda: scale.text() == "year\n2000\n2001")
    lab.train({"data.dataset": plain})
    lab.until(lambda: lab.session.map.values.colouring == Colouring())
    assert box.currentText() == "by class"
    assert [box.itemText(row) for row in range(box.count())][-1] == "by ink"
    assert not scale.isVisible()


def test_the_scale_follows_the_theme(lab, run_file, colour):
    from latentlab.ui.style.theme import set_theme

    lab.open(run_file())
    colour("by loss")
    lab.until(lambda: is_shown(lab, "loss"))
    light = value_colours.scale_colours()
    try:
        set_theme("dark")
        lab.until(lambda: not np.array_equal(value_colours.scale_colours(), light))
        dark = value_colours.scale_colours()
        # What is high stands out from the ground, and the scale is even in lightness.
        weights = np.array([0.2126, 0.7152, 0.0722])
        assert (light[-1] @ weights, dark[-1] @ weights) == (pytest.approx(20, abs=20), pytest.approx(210, abs=30))
        for table in (light, dark):
            assert (np.diff(table[1::16].astype(float) @ weights) * (1 if table is dark else -1) > 0).all()
        assert lab.canvas.value_scale.isVisible()
    finally:
        set_theme("light")


@pytest.mark.parametrize(
    ("value", "span", "text"),
    [
        (154.23, 200.0, "154"),
        (0.123456, 0.5, "0.123"),
        (2019.5, 4.0, "2019.50"),
        (123456.7, 50_000.0, "123,457"),
        (1e12, 1e12, "1e+12"),
        (2e-9, 1e-9, "2e-09"),
        (0.0, 0.0, "0"),
        (42.0, 0.0, "42.0"),
    ],
)
def test_numbers_of_a_scale_can_be_told_apart(value, span, text):
    assert number(value, span) == text


# Many images


class Gate:
    """Lets so many parts of 64 images be encoded as it is told, once it is closed."""

    def __init__(self):
        self._allowed, self._is_open = threading.Semaphore(0), threading.Event()
        self.patience = 5.0  # seconds; then it lets a part through
        self.parts = 0  # that it has let through

    def close(self):
        self._is_open.clear()

    def open(self):
        self._is_open.set()
        self._allowed.release()

    def let(self, parts):
        self._allowed.release(parts)

    def wait(self):
        if not self._is_open.is_set():
            self._allowed.acquire(timeout=self.patience)
        self.parts += 1


class Leaps:
    """A clock by which whatever is done takes long."""

    now = 0.0

    def perf_counter(self):
        self.now += 10
        return self.now


@pytest.fixture
def gate(monkeypatch):
    gate, posterior = Gate(), Snapshot.posterior

    def held(self, *arguments):
        gate.wait()
        return posterior(self, *arguments)

    for module in (encoder, live_map):
        monkeypatch.setattr(module, "time", Leaps())
    monkeypatch.setattr(Snapshot, "posterior", held)
    yield gate
    gate.open()


def test_an_opened_run_of_many_images_is_shown_in_parts_and_the_rest_can_be_left(lab, run_file, gate):
    lab.open(run_file())  # its codes are kept
    lab.session.set_map_source("training", 0)
    gate.let(2)
    card = lab.child("mapEncodingCard")
    lab.until(lambda: card.isVisible() and "128 of" in card.text())
    assert card.text() == f"Encoding the images: 128 of {256:,}"
    placed = np.isfinite(lab.canvas.points()).all(1)
    assert placed.sum() == 128
    assert lab.canvas.points_layer.nearest(lab.canvas.view.box.rect().center(), 1e6) in np.flatnonzero(placed)
    button = lab.child("mapLeaveButton", QToolButton)
    lab.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert card.text() == "128 of 256 images are on the map"
    assert not button.isVisible()
    gate.open()
    lab.session.set_map_source("training", 0)
    lab.until(lambda: np.isfinite(lab.canvas.points()).all())
    lab.until(lambda: not card.isVisible())


def test_a_pause_makes_the_map_whole_until_training_goes_on(lab, gate):
    gate.open()
    gate.patience = 0.3  # parts of the map before may take what is meant for the next
    lab.begin({"data.limit": None})
    card = lab.child("mapEncodingCard")
    lab.press("pauseButton")
    gate.close()
    lab.session.set_map_source("training", 0)
    gate.let(6)
    lab.until(lambda: card.isVisible() and card.text().startswith("Encoding"))
    lab.press("pauseButton")
    epochs = lab.epochs_drawn()
    gate.open()
    lab.until(lambda: lab.epochs_drawn() > epochs)
    lab.until(lambda: not card.isVisible())


def test_a_window_closes_at_once_while_a_map_is_encoded(lab, run_file, gate):
    lab.open(run_file())
    gate.patience = 0.5
    gate.let(1)
    lab.session.set_map_source("training", 0)
    lab.until(lambda: lab.child("mapEncodingCard").isVisible())
    lab.session.shut_down()
    assert gate.parts < 256 / 64

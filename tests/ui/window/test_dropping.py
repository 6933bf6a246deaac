"""What is dropped anywhere on the window: said while it is dragged there, and opened as one means it."""

import os

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QLineEdit

from latentlab.ui.window.dropping import meaning_of


def files(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    data.setText("\n".join(map(str, paths)))  # as file managers do
    return data


class Hand:
    """Drags something over a widget of the window, as Qt tells it, and drops it there."""

    def __init__(self, lab, data, over="latentCanvas"):
        self.data, self.widget = data, lab.child(over) if isinstance(over, str) else over
        if hasattr(self.widget, "viewport"):
            self.widget = self.widget.viewport()
        self.hint = lab.child("dropHint")
        self.copy, self.left, self.plain = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0)
        self.event = QDragEnterEvent(QPoint(5, 5), self.copy, data, self.left, self.plain)
        QApplication.sendEvent(self.widget, self.event)

    def drop(self):
        QApplication.sendEvent(self.widget, QDropEvent(QPointF(5, 5), self.copy, self.data, self.left, self.plain))

    def leave(self):
        QApplication.sendEvent(self.widget, QDragLeaveEvent())


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pets"
    folder.mkdir()
    for number in range(4):
        pixels = np.full((16, 16), 255, np.uint8)
        pixels[4 * number : 4 * number + 4] = 0
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_a_folder_comes_onto_its_card_wherever_it_is_dropped(lab, pictures):
    lab.child("allSettingsButton").click()  # its fields are made now
    fields = [lab.child(name, QLineEdit) for name in ("training.learning_rate", "loss.beta")]
    for over in ("latentCanvas", "lossPlot", "decodedImage", lab.window, *fields):
        hand = Hand(lab, files(pictures), over)
        assert hand.hint.isVisible()
        assert hand.hint.text() == "Drop to see the pictures in pets"
        hand.leave()
        assert not hand.hint.isVisible()
    hand = Hand(lab, files(pictures))
    hand.drop()
    assert not hand.hint.isVisible()
    lab.until(lambda: "4 images" in lab.text("imagesFacts"))
    assert lab.child("training.seed", QLineEdit).text() == "0"
    assert lab.session.recipe.data.dataset == "digits"


def test_a_picture_is_drawn_on_the_pad_and_stands_for_its_folder_elsewhere_and_a_folder_is_the_windows(lab, pictures):
    picture = pictures / "3.png"
    hand = Hand(lab, files(picture), "sketchPad")
    assert not hand.hint.isVisible()
    hand.drop()
    assert not lab.child("sketchPad").is_empty()
    assert not lab.child("imagesCard").isVisible()
    hand = Hand(lab, files(picture))
    assert "its folder, pets" in hand.hint.text()
    hand.drop()
    lab.until(lambda: "4 images" in lab.text("imagesFacts"))
    lab.press("imagesCancelButton")
    hand = Hand(lab, files(pictures), "sketchPad")
    assert hand.hint.text() == "Drop to see the pictures in pets"
    hand.drop()
    assert lab.child("imagesCard").isVisible()


def test_runs_recipes_and_files_of_images_are_opened(lab, run_file, tmp_path):
    path = run_file()
    hand = Hand(lab, files(path))
    assert hand.hint.text() == f"Drop to open the run {path.name}"
    with lab.qtbot.waitSignal(lab.session.opened):
        hand.drop()
    recipe = tmp_path / "mine.toml"
    recipe.write_text('[data]\ndataset = "digits"\n[training]\nepochs = 7\n')
    hand = Hand(lab, files(recipe))
    assert hand.hint.text() == "Drop to use the recipe mine.toml"
    hand.drop()
    assert (lab.session.recipe.name, lab.session.recipe.training.epochs) == ("mine", 7)
    array = tmp_path / "own.npz"
    np.savez(array, images=np.random.default_rng(0).integers(0, 256, (9, 12, 12), np.uint8))
    hand = Hand(lab, files(array))
    assert hand.hint.text() == "Drop to see the images in own.npz"
    hand.drop()
    lab.until(lambda: "9 images" in lab.text("imagesFacts"))


def test_what_cannot_be_opened_is_told_in_a_sentence(lab, pictures, tmp_path):
    far, image = QMimeData(), QMimeData()
    far.setUrls([QUrl("https://somewhere.example/cat.png")])
    image.setImageData(QImage(8, 8, QImage.Format.Format_RGB32))
    for data, said in (
        (files(pictures, tmp_path), "Only one thing can be opened at a time"),
        (far, "Only files on this machine"),
        (image, "sketch pad"),
    ):
        hand = Hand(lab, data)
        assert said in hand.hint.text()
        hand.drop()
        assert said in lab.message()
        assert lab.message().endswith(".")
    Hand(lab, files(pictures)).drop()
    assert not lab.message(), "what was wrong before is over"
    lab.press("imagesCancelButton")
    text = QMimeData()
    text.setText("only words")
    assert not Hand(lab, text).hint.isVisible()


def test_a_training_is_not_taken_away_by_what_is_dropped(lab, pictures):
    lab.begin()
    hand = Hand(lab, files(pictures))
    assert "A model is training" in hand.hint.text()
    hand.drop()
    assert "A model is training" in lab.message()
    assert not lab.child("imagesCard").isVisible()
    assert lab.session.state == "training"


def test_many_pictures_of_one_folder_stand_for_it_and_tensors_of_others_are_no_run(pictures, tmp_path):
    import torch
    from safetensors.torch import save_file

    several = meaning_of([pictures / "1.png", pictures / "2.png"])
    assert (several.kind, several.path) == ("folder", pictures)
    apart = tmp_path / "0.png"
    Image.new("L", (8, 8)).save(apart)
    assert meaning_of([pictures / "1.png", apart]).kind == "nothing"
    tensors = tmp_path / "images.safetensors"
    save_file({"images": torch.zeros(3, 8, 8)}, tensors, {"format": "pt"})
    assert meaning_of([tensors]).kind == "array"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes among files")
@pytest.mark.parametrize(("over", "name"), [("sketchPad", "pipe.png"), ("latentCanvas", "pipe.safetensors")])
def test_nobody_waits_for_what_comes_out_of_a_pipe(lab, tmp_path, over, name):
    os.mkfifo(tmp_path / name)
    told = []
    lab.child("sketchPad").problem.connect(told.append)
    Hand(lab, files(tmp_path / name), over).drop()
    lab.until(lambda: name in lab.message() or (told and name in told[0]))

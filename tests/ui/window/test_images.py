"""Images of one's own on their card: what was read is shown, and only "Use these" changes anything."""

import threading

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QMenu,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QToolButton,
)

from latentlab.core.data import registry
from latentlab.core.data.shards.packing import pack
from latentlab.ui.settings import Settings
from latentlab.ui.window.images import folder_name


@pytest.fixture
def pictures(tmp_path):
    """A folder of two classes in colour, 24 wide and 16 high, one of whose files is damaged."""
    random = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        folder = tmp_path / "pets" / name
        folder.mkdir(parents=True)
        for number in range(6):
            Image.fromarray(random.integers(0, 256, (16, 24, 3), np.uint8)).save(folder / f"{number}.png")
    (tmp_path / "pets" / "cats" / "damaged.png").write_bytes(b"\x89PNG and no more")
    return tmp_path / "pets"


@pytest.fixture
def card(lab, pictures):
    """The card of these pictures, read."""
    lab.session.opened_images.open(f"folder:{pictures}")
    lab.until(lab.child("imagesUseButton").isEnabled)
    return lab


def until_read(lab):
    lab.until(lambda: lab.child("imagesUseButton").isEnabled() and not lab.child("imagesProgress").isVisible())


def choose(lab, name, index):
    """Go to an entry of a box by its keys."""
    box = lab.child(name, QComboBox)
    box.setFocus()
    lab.qtbot.keyClick(box, Qt.Key.Key_Home)
    for _ in range(index):
        lab.qtbot.keyClick(box, Qt.Key.Key_Down)


def in_force(lab):
    return lab.session.recipe, lab.session.library.data


def test_images_that_teach_nothing_are_told_before_they_are_used(lab, tmp_path):
    for number in range(4):
        Image.new("L", (16, 16), 90).save(tmp_path / f"{number}.png")
    lab.session.opened_images.open(f"folder:{tmp_path}")
    until_read(lab)
    assert "All 3 training images are equal" in lab.text("imagesNotes")
    assert "one test image only" in lab.text("imagesNotes")


def test_what_was_read_is_shown_pixel_for_pixel(card):
    lab = card
    assert "12 images: 10 for training, 2 for testing" in lab.text("imagesFacts")
    assert "16×24 pixels (height × width), in colour" in lab.text("imagesFacts")
    assert "cannot be read: 1" in lab.text("imagesLeftOut")
    table = lab.child("classTable").model()
    listed = [[table.index(row, column).data() for column in (0, 1)] for row in range(table.rowCount())]
    assert listed == [["cats", "6"], ["dogs", "6"]]
    sheet = lab.child("contactSheet")
    assert sheet.cells() == (1, 10)
    images = registry.load(lab.session.opened_images.name, lab.session.library.data_dir).train_images.numpy()
    shown, factor = sheet.viewport().grab().toImage(), sheet.factor()
    assert factor == 3
    for image, (column, row) in ((0, (0, 0)), (0, (23, 15)), (3, (11, 7))):
        corner = sheet.cell_rect(0, image).topLeft().toPoint()
        for step in (QPoint(0, 0), QPoint(factor - 1, factor - 1)):  # a pixel is a square, whole and of one colour
            pixel = shown.pixelColor(corner + QPoint(factor * column, factor * row) + step)
            assert pixel.getRgb()[:3] == tuple(images[image, :, row, column])


def test_what_is_to_be_decided_is_in_sight_in_a_small_window(card):
    lab = card
    lab.window.resize(1280, 800)
    lab.until(lambda: lab.window.height() == 800)
    areas = lab.child("imagesCard").findChildren(QScrollArea)
    page = next(area for area in areas if area.isAncestorOf(lab.child("firstRecipeBox")))
    for name in ("firstRecipeBox", "firstRecipeReason"):
        part = lab.child(name)
        lab.until(lambda part=part: part.visibleRegion().boundingRect() == part.rect())
        assert page.viewport().rect().contains(part.mapTo(page.viewport(), part.rect().bottomRight()))
    sheet = lab.child("contactSheet")
    assert sheet.viewport().height() >= sheet.cell_rect(0, 0).height()


def test_these_are_used_with_the_recipe_that_suits_and_are_remembered(card, pictures):
    lab = card
    box = lab.child("firstRecipeBox", QCheckBox)
    assert box.isVisible()
    assert box.isChecked()  # the recipe for digits is not for colour
    assert "digits-vae-2d" in lab.text("firstRecipeReason")
    choose(lab, "imageFitBox", 1)
    until_read(lab)
    read = []
    lab.session.library.loaded.connect(read.append)
    lab.press("imagesUseButton")
    assert not lab.child("imagesCard").isVisible()
    lab.until(lab.child("datasetBox", QComboBox).isVisible)  # Setup, where they stand, has opened
    assert "Train on these images" in lab.text("startTitle")
    recipe, data = in_force(lab)
    assert (recipe.data.dataset, recipe.data.size, recipe.data.fit) == (f"folder:{pictures}", None, "pad")
    assert recipe.model.encoder.kind == "conv"
    assert read == [data]  # it was at hand, and is not read again
    assert Settings().recent_images == [f"folder:{pictures}"]
    assert lab.child("datasetBox", QComboBox).currentText() == f"folder:{pictures}"
    lab.session.recipes.choose_dataset("digits")
    lab.session.opened_images.open(f"folder:{pictures}")
    assert lab.child("imageFitBox", QComboBox).currentData() == "pad"  # as they were used last


def test_home_names_what_its_button_begins(card):
    lab = card
    lab.press("imagesCancelButton")
    lab.until(lambda: "First map in seconds" in lab.text("startTitle"))
    lab.session.recipes.choose_dataset("fashion-mnist")  # which is not here
    lab.until(lambda: "Train a model" in lab.text("startTitle"))


def test_giving_up_leaves_everything_as_it_was(card, pictures):
    lab, before = card, in_force(card)
    lab.press("imagesCancelButton")
    assert not lab.child("imagesCard").isVisible()
    lab.session.opened_images.open(f"folder:{pictures}")
    until_read(lab)
    choose(lab, "imageSizeBox", 1)
    lab.qtbot.keyClick(lab.child("imagesCard"), Qt.Key.Key_Escape)
    assert not lab.child("imagesCard").isVisible()
    lab.qtbot.wait(50)  # nothing comes of what was being read
    assert in_force(lab) == before
    assert Settings().recent_images == []


def test_each_choice_is_read_again_and_only_the_last_one_counts(card, monkeypatch):
    lab, asked, go_on, load = card, [], threading.Event(), registry.load

    def slow(*arguments, **more):
        asked.append((more["size"], more["reading"]))
        go_on.wait(10)
        return load(*arguments, **more)

    monkeypatch.setattr(registry, "load", slow)
    choose(lab, "imageSizeBox", 5)  # on the way to a size of one's own, by way of all that are listed
    lab.until(lambda: asked)
    assert lab.child("imagesProgress").isVisible()
    assert not lab.child("imagesUseButton").isEnabled()
    width = lab.child("imageWidthBox", QSpinBox)
    width.setFocus()
    width.selectAll()
    lab.qtbot.keyClicks(width, "40")
    lab.qtbot.keyClick(width, Qt.Key.Key_Tab)
    go_on.set()
    until_read(lab)
    height = lab.child("imageHeightBox", QSpinBox).value()
    assert f"{height}×40 pixels (height × width)" in lab.text("imagesFacts")
    assert all(reading.cancelled.is_set() for size, reading in asked if size != (height, 40))
    lab.press("imagesUseButton")
    assert lab.session.recipe.data.size == (height, 40)
    assert lab.session.library.data.image_shape == (3, height, 40)


def test_what_cannot_be_read_is_told_on_the_card_and_what_was_shown_stays(card, pictures):
    lab, facts = card, card.text("imagesFacts")
    for picture in pictures.rglob("*.png"):
        picture.unlink()
    choose(lab, "imageSizeBox", 2)
    lab.until(lambda: "two are needed" in lab.text("imagesMessage"))
    assert lab.text("imagesFacts") == facts
    assert lab.child("imageSizeBox", QComboBox).currentData() is None  # of what is still shown
    lab.press("imagesUseButton")
    assert lab.session.library.data.image_shape == (3, 16, 24)


def test_why_nothing_could_be_read_stands_where_one_looks(lab, tmp_path, pictures):
    lab.session.opened_images.open(f"folder:{tmp_path / 'pets' / 'nothing here'}")
    lab.until(lambda: lab.text("imagesProblem"))
    assert lab.child("imagesProblem").isVisible()
    for useless in ("contactSheet", "imageSizeBox", "imageFitBox", "imagesProgress"):
        assert not lab.child(useless).isVisible()
    lab.press("imagesCancelButton")
    lab.session.opened_images.open(f"folder:{pictures}")
    until_read(lab)
    assert lab.child("contactSheet").isVisible()
    assert not lab.child("imagesProblem").isVisible()
    assert lab.child("imagesCard").height() >= 600  # room for the images again
    lab.press("imagesCancelButton")


def test_the_chosen_set_is_shown_too_and_the_menu_beside_it_is_that_of_files(lab, pictures):
    button = lab.child("imageSourcesButton", QToolButton)
    assert button.menu() is lab.child("ownImagesMenu", QMenu) is lab.child("ownImagesButton", QPushButton).menu()
    lab.action("showImages").trigger()
    lab.until(lab.child("imagesUseButton").isEnabled)
    assert "1,797 images" in lab.text("imagesFacts")
    assert not lab.child("imageSizeBox").isVisible()  # it has its own size
    lab.press("imagesCancelButton")


def test_recent_images_are_offered_and_what_has_gone_is_told(make_lab, pictures, tmp_path):
    settings = Settings()
    for name in (f"folder:{tmp_path / 'gone'}", f"folder:{pictures}"):
        settings.add_recent_images(name)
    lab = make_lab(settings)
    recent = lab.child("recentImagesMenu", QMenu)
    lab.until(lambda: not all(entry.isEnabled() for entry in recent.actions()))  # they are looked at meanwhile
    assert [(entry.text(), entry.isEnabled()) for entry in recent.actions()] == [("pets", True), ("gone", False)]
    assert "does not exist" in recent.actions()[1].toolTip()
    recent.actions()[0].trigger()
    lab.until(lambda: "12 images" in lab.text("imagesFacts"))


def test_a_folder_of_pictures_is_never_taken_for_downloads_without_asking(lab, pictures, monkeypatch):
    before = lab.session.library.data_dir

    def answer(text):
        monkeypatch.setattr(QFileDialog, "open", lambda self: self.fileSelected.emit(str(pictures)))
        lab.action("chooseDataFolder").trigger()
        lab.until(lambda: lab.window.findChildren(QMessageBox, "picturesQuestion"))
        question = lab.window.findChildren(QMessageBox, "picturesQuestion")[-1]
        (button,) = [each for each in question.buttons() if each.text().replace("&", "") == text]
        lab.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        lab.until(lambda: not lab.window.findChildren(QMessageBox, "picturesQuestion"))

    answer("Cancel")
    assert lab.session.library.data_dir == before
    answer("Open as images")
    assert lab.session.library.data_dir == before
    lab.until(lambda: "12 images" in lab.text("imagesFacts"))
    lab.press("imagesCancelButton")
    answer("Use for downloads")
    assert lab.session.library.data_dir == pictures
    assert str(pictures) in lab.message()


def test_a_folder_of_shards_is_opened_as_the_set_that_was_packed(lab, pictures, tmp_path):
    source = registry.load(f"folder:{pictures}", tmp_path)
    pack(source, tmp_path / "packed")
    name = folder_name(tmp_path / "packed")
    assert name == f"shards:{tmp_path / 'packed'}"
    assert folder_name(pictures) == f"folder:{pictures}"
    lab.session.opened_images.open(name)
    until_read(lab)
    assert lab.text("imagesFacts").startswith("12 images: 10 for training, 2 for testing")
    assert not lab.child("imageSizeBox").isVisible()
    lab.press("imagesUseButton")
    assert lab.session.recipe.data.dataset == name
    assert lab.child("datasetBox", QComboBox).currentText() == name
    assert lab.session.library.data.fingerprint == source.fingerprint

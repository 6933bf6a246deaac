"""Lists of images below the map: each thumbnail leads to its point; selected images are exported."""

import csv
import re

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit

from latentlab.core.data import registry
from latentlab.core.map.browsing import vote_entropies
from latentlab.core.map.image_gaps import gaps_of
from latentlab.core.map.true_posterior import KeptTable
from latentlab.ui.canvas.layers.pointer_layer import PointerLayer

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


class Lists:
    """The page of lists, and a hand on it."""

    def __init__(self, lab):
        self.lab, self.qtbot = lab, lab.qtbot
        self.page, self.grid = lab.child("browsePanel"), lab.child("thumbnails")
        self.browsing = lab.session.map.browsing

    def open(self):
        self.lab.canvas.setFocus()
        self.qtbot.keyClick(self.lab.canvas, Qt.Key.Key_I)
        assert self.page.isVisible()

    def choose(self, name, text):
        """Choose an entry of a box by its text, and wait for the list."""
        box = self.lab.child(name, QComboBox)
        with self.qtbot.waitSignal(self.browsing.listed):
            box.setCurrentText(text)
        assert box.currentText() == text

    def show(self, rows):
        """Select images, and see them listed."""
        with self.qtbot.waitSignal(self.browsing.listed):
            self.lab.session.selection.select(rows)
        self.lab.until(lambda: self.rows() == list(rows))

    def rows(self):
        return self.grid.rows().tolist()

    def words(self, row):
        return self.grid.model().data(self.grid.cell_of(row), Qt.ItemDataRole.AccessibleTextRole)

    def place(self, row):
        self.grid.scrollTo(self.grid.cell_of(row))
        return self.grid.visualRect(self.grid.cell_of(row)).center()

    def click(self, row, modifiers=Qt.KeyboardModifier.NoModifier):
        self.qtbot.mouseClick(self.grid.viewport(), LEFT, modifiers, self.place(row))

    def key(self, key):
        self.qtbot.keyClick(self.grid, key)

    def hover(self, row):
        self.qtbot.mouseMove(self.grid.viewport(), self.place(row))

    def ring(self):
        layers = [item for item in self.lab.canvas.view.box.childItems() if isinstance(item, PointerLayer)]
        return layers[0].place() if layers[0].isVisible() else None


def in_sight(lab, row):
    left, right, bottom, top = lab.canvas.view.extent()
    x, y = lab.canvas.points()[row]
    return left <= x <= right and bottom <= y <= top


@pytest.fixture
def lists(opened):
    lists = Lists(opened)
    lists.open()
    return lists


def test_a_key_and_the_button_open_and_close_the_page(opened):
    lists = Lists(opened)
    assert not lists.page.isVisible()
    with opened.qtbot.assertNotEmitted(lists.browsing.listed, wait=50):  # nothing comes while nobody looks
        opened.session.selection.select([1, 2])
        opened.session.selection.clear()
    lists.open()
    assert opened.child("mapImagesButton").isChecked()
    opened.until(lambda: "Ctrl+click" in opened.text("browseMessage"))
    opened.canvas.setFocus()
    lists.qtbot.keyClick(opened.canvas, Qt.Key.Key_I)
    assert not lists.page.isVisible()
    assert not opened.child("mapImagesButton").isChecked()
    opened.press("mapImagesButton")
    assert lists.page.isVisible()
    opened.press("drawerSwitch")
    assert not lists.page.isVisible()
    assert not opened.child("mapImagesButton").isChecked()


def test_the_list_opens_when_it_is_asked_for_and_leaves_most_of_the_height_to_the_map(opened):
    lists, selection = Lists(opened), opened.session.selection
    opened.window.resize(1280, 800)
    work = opened.child("work")
    selection.select(range(27))
    assert not lists.page.isVisible()
    opened.child("browseListBox", QComboBox).setCurrentIndex(3)
    opened.press("selectionPillShowButton")
    opened.until(lambda: lists.rows() == list(range(27)))
    opened.until(lambda: lists.grid.height() > 60 and opened.canvas.height() >= 0.5 * work.height())


def test_a_thumbnail_leads_to_its_point(lists):
    lab = lists.lab
    lists.show([2, 9, 30])
    x, y = lab.canvas.points()[30].tolist()
    whole = lab.canvas.view.extent()
    with lab.changes(lambda: lab.canvas.picked()):
        lists.click(9)
    assert lab.canvas.view.extent() == whole  # it was in sight
    lab.canvas.view.go_to((x + 5, x + 6, y + 2, y + 3))
    assert not in_sight(lab, 30)
    before = lab.canvas.view.extent()
    with lab.changes(lambda: lab.canvas.picked()):
        lists.click(30)
    assert lab.canvas.picked() == pytest.approx((x, y))
    assert in_sight(lab, 30)
    after = lab.canvas.view.extent()
    assert after[1] - after[0] == pytest.approx(before[1] - before[0])
    assert lab.session.exploration.point == 30
    assert lab.session.selection.rows.tolist() == [2, 9, 30]


def test_the_most_misjudged_by_the_encoder_are_listed(lists):
    lists.show([2, 9, 30])
    lists.choose("browseOrderBox", "by amortisation gap")
    gap = gaps_of(lists.lab.session.exploration.shown, KeptTable(), np.array([2, 9, 30]))[0]
    assert lists.rows() == np.array([2, 9, 30])[np.argsort(-gap)].tolist()
    assert lists.lab.text("browseCaption") == "amortisation gap, nats"
    assert re.search(r"amortisation gap \d+\.\d+ nats$", lists.words(2))
    lists.choose("browseListBox", "most misjudged by the encoder")
    values = [float(re.search(r"gap (.+) nats$", lists.words(row))[1]) for row in lists.rows()]
    assert values == sorted(values, reverse=True)
    assert values[0] > gap.max() - 0.01


def test_ctrl_takes_out_and_a_double_click_adds(lists):
    selection = lists.lab.session.selection
    lists.show([2, 9, 30])
    lists.choose("browseListBox", "worst reconstructed")
    first, second = lists.rows()[:2]
    lists.click(first, CTRL)
    assert selection.rows.tolist() == [2, 9, 30, first]
    lists.click(first, CTRL)
    assert selection.rows.tolist() == [2, 9, 30]
    lists.qtbot.mouseDClick(lists.grid.viewport(), LEFT, pos=lists.place(second))
    assert selection.rows.tolist() == [2, 9, 30, second]
    lists.qtbot.mouseDClick(lists.grid.viewport(), LEFT, pos=lists.place(second))
    assert selection.rows.tolist() == [2, 9, 30, second]


def test_keys_walk_pick_select_and_take_out(lists):
    lab, selection = lists.lab, lists.lab.session.selection
    rows = list(range(40, 80))
    lists.show(rows)
    label = lab.session.exploration.shown.labels[rows[3]]
    assert re.fullmatch(rf"image {rows[3]}, class {label}, −ELBO \d+\.\d nats", lists.words(rows[3]))
    lists.grid.setFocus()
    lists.key(Qt.Key.Key_Home)
    columns = lists.grid.model().columnCount()
    for _ in range(columns + 1):  # behind the end of a line comes the next
        lists.key(Qt.Key.Key_Right)
    lists.key(Qt.Key.Key_Down)
    at = 2 * columns + 1
    with lab.changes(lambda: lab.canvas.picked()):
        lists.key(Qt.Key.Key_Space)
    assert lab.session.exploration.point == rows[at]
    assert lists.ring() is not None
    lists.key(Qt.Key.Key_Delete)
    assert rows[at] not in selection.rows
    lab.until(lambda: len(lists.rows()) == 39)
    lists.choose("browseListBox", "worst reconstructed")
    selection.clear()
    lists.grid.setFocus()
    lists.key(Qt.Key.Key_End)
    lists.key(Qt.Key.Key_End)
    lists.key(Qt.Key.Key_Return)
    assert selection.rows.tolist() == [lists.rows()[-1]]
    lists.key(Qt.Key.Key_Down)  # there is nothing below
    lists.key(Qt.Key.Key_Return)
    assert selection.rows.tolist() == [lists.rows()[-1]]


def test_what_is_hovered_is_marked_on_the_map_and_in_the_list_and_a_sketch_keeps_its_own(lists):
    lab = lists.lab
    lists.show([2, 9, 30])
    lab.stroke([(0.5, 0.2), (0.5, 0.8)])
    lab.until(lambda: lab.canvas.sketch_point() is not None)
    highlights = lab.canvas.highlighted()
    assert len(highlights)
    for row in (9, 30):
        lists.hover(row)
        ring = lists.ring()
        expected = lab.canvas.view.to_pixels(lab.canvas.points()[[row]])[0]
        assert (ring.x(), ring.y()) == pytest.approx(tuple(expected), abs=1)
    QApplication.sendEvent(lists.grid, QEvent(QEvent.Type.Leave))
    assert lists.ring() is None
    np.testing.assert_array_equal(lab.canvas.highlighted(), highlights)
    before = lists.grid.grab().toImage()
    lab.canvas.point_hovered.emit(9, QPointF())
    framed = lists.grid.grab().toImage()
    place = lists.grid.visualRect(lists.grid.cell_of(9))
    changed = [
        (x, y)
        for x in range(before.width())
        for y in range(before.height())
        if before.pixel(x, y) != framed.pixel(x, y)
    ]
    assert changed
    assert all(place.contains(*pixel) for pixel in changed)
    lab.canvas.point_hovered.emit(-1, QPointF())
    assert lists.grid.grab().toImage() == before


def test_the_nearest_follow_the_pick_and_the_ambiguous_have_mixed_neighbours(lists):
    lab = lists.lab
    means = lab.session.exploration.shown.means
    box = lab.child("browseListBox", QComboBox)
    box.setCurrentText("nearest in latent space")
    lab.until(lambda: "Nothing is picked" in lab.text("browseMessage"))
    lab.session.exploration.pick_point(12)
    away = np.linalg.norm(means - means[12], axis=1)
    expected = [row for row in np.argsort(away, kind="stable").tolist() if row != 12][:50]
    lab.until(lambda: lists.rows() == expected)
    lab.pick(5, 5)
    code = lab.session.exploration.code
    lab.until(lambda: lists.rows()[:1] == [int(np.linalg.norm(means - code, axis=1).argmin())])
    lists.choose("browseListBox", "most ambiguous")
    entropies = vote_entropies(means, lab.session.exploration.shown.labels, lambda share: True)
    np.testing.assert_allclose(entropies[lists.rows()], np.sort(entropies)[::-1][:50])
    assert lab.text("browseCaption") == "entropy, nats"


def test_a_list_is_turned_around_cut_and_selected_whole(lists):
    lab = lists.lab
    lists.choose("browseListBox", "worst reconstructed")
    falling = lists.rows()
    assert len(falling) == 50
    with lists.qtbot.waitSignal(lists.browsing.listed):
        lab.press("browseDirectionButton")
    assert lists.rows() == falling[::-1]
    lists.choose("browseCountBox", "all")
    assert len(lists.rows()) == len(lab.canvas.points())
    lists.choose("browseCountBox", "50")
    lab.press("browseSelectButton")
    assert lab.session.selection.rows.tolist() == lists.rows()
    assert lab.child("selectionPill").text() == "50 selected"
    total, worst = len(lab.canvas.points()), lists.words(lists.rows()[0]).split(", ")[1:]
    lab.press("selectionPillExcludeButton")
    lab.until(lambda: len(lab.canvas.points()) == total - 50)
    lab.until(lambda: len(lists.rows()) == 50)
    assert lists.words(lists.rows()[0]).split(", ")[1:] != worst
    lists.choose("browseCountBox", "200")
    lab.press("browseSelectButton")
    lab.press("selectionPillClearButton")
    assert not len(lab.session.selection.rows)
    assert not lab.child("browseExportButton").isVisible()


def test_reconstructions_come_below_the_images(lists):
    lab = lists.lab
    lists.show([2, 9, 30])
    assert not lists.grid.has_reconstruction(9)
    before = lists.grid.visualRect(lists.grid.cell_of(9)).height()
    lists.qtbot.mouseClick(lab.child("browseRebuiltBox"), LEFT, pos=QPoint(8, 8))
    lab.until(lambda: all(lists.grid.has_reconstruction(row) for row in (2, 9, 30)))
    assert lists.grid.visualRect(lists.grid.cell_of(9)).height() > before


def test_lists_follow_a_model_that_trains(lab):
    lab.begin()
    lists = Lists(lab)
    lists.open()
    lists.choose("browseListBox", "worst reconstructed")
    words = lists.words(lists.rows()[0])
    lab.until(lambda: lists.words(lists.rows()[0]) != words)
    numbers = []
    lists.browsing.listed.connect(lambda listed: numbers.append(listed.number))
    lab.until(lambda: len(set(numbers)) >= 3)
    lab.press("stopButton")
    lab.until(lambda: lab.session.state == "idle")


# Export


def export(lab, path, start="browseExportButton"):
    """Export as a person does who writes the whole name."""
    if start == "exportSelectionAction":
        lab.window.findChild(object, start).trigger()
    else:
        lab.press(start)
    dialog = lab.child("exportSelectionDialog", QFileDialog)
    dialog.findChild(QLineEdit).setText(str(path))
    lab.qtbot.keyClick(dialog.findChild(QLineEdit), Qt.Key.Key_Return)


def test_selected_images_are_exported_as_a_set_to_train_on(lists, tmp_path):
    lab, shown = lists.lab, lists.lab.session.exploration.shown
    rows = [30, 2, 9, 41, 17, 8]
    lists.show(rows)
    path = tmp_path / "mine.npz"
    export(lab, path)
    lab.until(lambda: "6 selected images are exported" in lab.message())
    with np.load(path) as arrays:
        np.testing.assert_array_equal(arrays["images"], shown.images[rows, 0])
        np.testing.assert_array_equal(arrays["labels"], shown.labels[rows])
        np.testing.assert_allclose(arrays["mean"], shown.means[rows])
        assert arrays["deviation"].shape == arrays["mean"].shape
    data = lab.session.library.data
    read = registry.load(f"array:{path}", tmp_path)
    assert len(read.train_labels) + len(read.test_labels) == 6
    assert read.class_names == data.class_names
    assert [column.name for column in read.test_columns] == [
        "index",
        "split",
        *("mean_1", "mean_2", "deviation_1", "deviation_2"),
        "negative_elbo",
    ]


def test_a_table_a_picture_and_why_there_is_none(lists, tmp_path):
    lab, shown = lists.lab, lists.lab.session.exploration.shown
    data = lab.session.library.data
    lists.show([5, 3])
    export(lab, tmp_path / "table.csv", "exportSelectionAction")
    lab.until((tmp_path / "table.csv").exists)
    with (tmp_path / "table.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [row["split"] for row in table] == ["test", "test"]
    for line, row in zip(table, (5, 3), strict=True):
        np.testing.assert_array_equal(data.test_images[int(line["index"])], shown.images[row])
        assert line["class_name"] == shown.snapshot.class_names[shown.labels[row]]
        assert float(line["mean_2"]) == pytest.approx(shown.means[row, 1], rel=1e-5)
        assert f"−ELBO {float(line['negative_elbo']):.1f} nats" in lists.words(row)
    lab.until(lambda: "table.csv" in lab.message())
    lab.child("browseRebuiltBox").click()
    export(lab, tmp_path / "sheet.png")
    lab.until((tmp_path / "sheet.png").exists)
    height, width = shown.images.shape[2:]
    pixels = np.array(Image.open(tmp_path / "sheet.png"))
    assert pixels.shape == (2 * height + 2, 2 * width + 2)
    np.testing.assert_array_equal(pixels[:height, :width], shown.images[5, 0])
    lab.until(lambda: "sheet.png" in lab.message())
    export(lab, tmp_path / "selected.txt")
    lab.until(lambda: "Export the selected images to a .png or .csv or .npz file" in lab.message())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sheet.png", "table.csv"]

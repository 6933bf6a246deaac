"""The window in which runs are compared: curves, table, maps with one cursor, and rate and distortion."""

import csv
import shutil
import threading

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QComboBox, QFileDialog, QTableWidget, QTabWidget

from latentlab.core.runs.workspace import default_folder
from latentlab.ui.plots.run_plot import RunPlot
from latentlab.ui.session import many_maps
from latentlab.ui.style import theme
from tests.core.runs.fakes import fake_run
from tests.ui.window.test_collection import click, names

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
RUNS = {
    "a": {},
    "b": {"training__seed": 1},
    "heavy": {"loss__beta": 4.0},
    "point": {"model__kind": "autoencoder"},
}


@pytest.fixture
def paths(own_home, run_file):
    """Give runs in the workspace: two that differ in the seed, one in β, and an autoencoder."""
    folder = default_folder()
    folder.mkdir(parents=True)
    found = {}
    for name, changes in RUNS.items():
        found[name] = folder / f"{name}.safetensors"
        shutil.copy(run_file(**changes), found[name])
    return found


@pytest.fixture
def compared(lab, paths):
    """Give what opens the window of some of the runs, and waits until their heads are read."""

    def compare(*chosen):
        lab.session.many_runs.compare([paths[name] for name in chosen])
        lab.beside = lab.child("manyRunsWindow")
        lab.until(lambda: lab.session.many_runs.compared is not None)
        lab.until(lab.beside.isVisible)
        lab.pages = lab.child("comparePages", QTabWidget)
        lab.plot, lab.legend = lab.child("comparisonPlot"), lab.child("comparedRuns")
        return lab

    return compare


@pytest.fixture
def maps(compared):
    """Give what opens the maps of some runs, and waits until they are compared."""

    def show(*chosen):
        lab = compared(*chosen)
        tab(lab, "Maps")
        state = lab.session.many_runs.maps
        lab.until(lambda: len(state.shown.paths) == len(chosen))
        lab.until_idle()
        lab.cells = [lab.child(f"runMap{number}") for number in range(len(chosen))]
        return lab

    return show


def tab(lab, text):
    """Turn to a page by a click on its tab."""
    bar = lab.pages.tabBar()
    (number,) = [each for each in range(lab.pages.count()) if lab.pages.tabText(each) == text]
    lab.qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(number).center())


def choose(lab, name, text):
    box = lab.child(name, QComboBox)
    box.setCurrentIndex(box.findText(text))


def drawn(lab):
    return {(curve.name, "train" if curve.is_thin else "test"): curve for curve in lab.plot.curves()}


def tick(lab, row):
    """Click on the box before a run."""
    place = lab.legend.visualItemRect(lab.legend.item(row))
    lab.qtbot.mouseClick(lab.legend.viewport(), LEFT, pos=QPoint(place.left() + 10, place.center().y()))


def click_at(lab, plot, along, up):
    lab.qtbot.mouseClick(plot.viewport(), LEFT, pos=plot.pixel_of(along, up).toPoint())


def test_selected_runs_are_compared_by_the_button(lab, paths):
    lab.action("allRuns").trigger()
    lab.table = lab.child("runTable")
    lab.until(lambda: len(names(lab)) == 4)
    click(lab, 0)
    assert not lab.child("compareRunsButton").isEnabled()
    click(lab, 2, Qt.KeyboardModifier.ShiftModifier)
    with lab.qtbot.waitSignal(lab.session.many_runs.told) as told:
        lab.press("compareRunsButton")
    assert [record.kept.name for record in told.args[0].records] == names(lab)[:3]
    window = lab.child("manyRunsWindow")
    lab.until(window.isVisible)
    assert lab.child("comparedRuns").count() == 3
    lab.window.close()
    lab.until(lambda: not window.isVisible())


def test_curves_are_those_of_the_runs_by_epoch_and_by_what_else_is_known(compared):
    lab = compared("a", "b")
    history = lab.session.many_runs.compared.records[0].history
    assert set(drawn(lab)) == {("a", "test"), ("b", "test")}
    curve = drawn(lab)["a", "test"]
    assert curve.along.tolist() == [ended.epoch for ended in history]
    np.testing.assert_allclose(curve.up, [ended.test.reconstruction + ended.test.kl for ended in history])
    lab.press("curveTrainButton")
    choose(lab, "curveQuantityBox", "KL")
    np.testing.assert_allclose(
        drawn(lab)["b", "train"].up[0], lab.session.many_runs.compared.records[1].history[0].train.kl
    )
    lab.press("curveTestButton")
    assert set(drawn(lab)) == {("a", "train"), ("b", "train")}
    choose(lab, "curveAlongBox", "by images")
    record = lab.session.many_runs.compared.records[0]
    assert drawn(lab)["a", "train"].along[-1] == pytest.approx(len(history) * record.images_per_epoch)
    assert drawn(lab)["a", "train"].colour == curve.colour
    assert drawn(lab)["b", "train"].colour != curve.colour


def test_what_is_not_comparable_is_dashed_and_said_and_may_be_left_out(compared):
    lab = compared("a", "b", "heavy", "point")
    assert not any(curve.is_apart for curve in lab.plot.curves())
    assert lab.text("curveNotes") == "Without such a curve: point."
    choose(lab, "curveQuantityBox", "Loss")
    assert {name for (name, _), curve in drawn(lab).items() if curve.is_apart} == {"heavy", "point"}
    assert "heavy – the loss has β = 1 in one model, β = 4 in the other" in lab.text("curveNotes")
    assert "point – an autoencoder has no ELBO" in lab.text("curveNotes")
    tick(lab, 2)
    tick(lab, 3)
    assert {name for name, _ in drawn(lab)} == {"a", "b"}
    assert lab.text("curveNotes") == ""
    tick(lab, 2)
    assert ("heavy", "test") in drawn(lab)


def test_a_click_on_a_curve_a_row_or_a_dot_singles_its_run_out_everywhere(compared, paths):
    lab = compared("a", "heavy")
    picked = []
    lab.session.many_runs.picked.connect(picked.append)
    curve = drawn(lab)["heavy", "test"]
    lab.plot.repaint()
    click_at(lab, lab.plot, curve.along[2], curve.up[2])
    assert picked[-1] == paths["heavy"]
    assert lab.legend.picked_run() == paths["heavy"]
    tab(lab, "Table")
    table = lab.child("comparisonTable", QTableWidget)
    assert [index.row() for index in table.selectionModel().selectedRows()] == [1]
    lab.qtbot.mouseClick(table.viewport(), LEFT, pos=table.visualItemRect(table.item(0, 0)).center())
    assert picked[-1] == lab.legend.picked_run() == paths["a"]
    tab(lab, "Rate and distortion")
    plot = lab.child("ratePlot")
    (dot,) = [dot for dot in plot.dots() if dot.point.name == "heavy"]
    lab.until(lambda: plot.isVisible() and plot.width() > 300)
    click_at(lab, plot, dot.point.rate, dot.point.distortion)
    assert picked[-1] == lab.legend.picked_run() == paths["heavy"]


def test_the_table_has_what_differs_mean_and_deviation_and_marks(compared):
    lab = compared("a", "b", "heavy", "point")
    tab(lab, "Table")
    table = lab.child("comparisonTable", QTableWidget)

    def cells(row):
        return {table.horizontalHeaderItem(at).text(): table.item(row, at).text() for at in range(table.columnCount())}

    records = lab.session.many_runs.compared.records
    assert [cells(row)["Run"] for row in range(5)] == ["a", "b", "mean ± s.d., 2 seeds", "heavy", "point"]
    assert cells(3)["loss.beta"] == "4"
    assert (cells(1)["training.seed"], cells(2)["training.seed"]) == ("1", "")
    values = [record.kept.test["kl"] for record in records[:2]]
    assert cells(2)["KL"] == f"{np.mean(values):.2f} ± {np.std(values, ddof=1):.2f}"
    assert cells(0)["Loss"] == f"{records[0].kept.test['loss']:.2f}"
    assert cells(3)["Loss"][-1] in "¹²³"
    assert cells(3)["−ELBO"][-1].isdigit()
    assert cells(3)["−ELBO"][-1] not in "¹²³"
    assert cells(4)["−ELBO"] == ""
    assert cells(4)["KL"][-1] in "¹²³"
    assert "the loss has β = 1 in one model, β = 4 in the other: not comparable" in lab.text("comparisonNotes")


def test_the_table_is_copied_and_saved(compared, tmp_path):
    lab = compared("a", "b")
    tab(lab, "Table")
    lab.press("copyComparisonButton")
    lines = list(csv.reader(QGuiApplication.clipboard().text().splitlines(), delimiter="\t"))
    assert [line[0] for line in lines] == ["run", "a", "b", "a, b", "a, b"]
    lab.press("saveComparisonButton")
    dialog = lab.child("comparisonDialog", QFileDialog)
    path = tmp_path / "mine.csv"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    lab.until(lambda: "mine.csv" in lab.text("compareText"))
    with path.open(encoding="utf-8", newline="") as file:
        assert next(iter(csv.reader(file))) == lines[0]


def test_rates_are_those_that_are_listed_also_of_runs_that_are_not_compared(compared, paths):
    fake_run(default_folder() / "far.safetensors", dataset="digits", loss=60.0)
    lab = compared("a", "heavy", "point")
    lab.action("allRuns").trigger()
    lab.until(lambda: len(lab.session.collection.runs) == 5)
    tab(lab, "Rate and distortion")
    plot = lab.child("ratePlot")
    assert [dot.point.name for dot in plot.dots()] == ["a", "heavy"]
    assert "an autoencoder has no ELBO (1)" in lab.text("rateNotes")
    record = lab.session.many_runs.compared.records[0]
    assert (plot.dots()[0].point.rate, plot.dots()[0].point.distortion) == (
        record.kept.test["kl"],
        record.kept.test["reconstruction"],
    )
    lab.press("rateAllButton")
    assert {dot.point.name for dot in plot.dots()} == {"a", "b", "heavy", "far"}
    assert plot.levels() == sorted(plot.levels())


def test_one_cursor_is_on_the_same_image_of_all_maps_and_each_decodes_at_its_own_code(maps):
    lab = maps("a", "b", "heavy")
    state, many = lab.session.many_runs.maps, lab.session.many_runs.maps.shown.maps
    canvas = lab.cells[1]
    row = lab.lonely(canvas)
    with lab.qtbot.waitSignal(state.followed):
        lab.qtbot.mouseClick(canvas.viewport(), LEFT, pos=canvas.pixel_of(*canvas.points()[row].tolist()))
    number = int(many.maps[1].numbers[row])
    assert state.cursor == number
    for each, one in zip(lab.cells, many.maps, strict=True):
        np.testing.assert_allclose(each.picked(), one.points[one.rows[number]], atol=1e-5)
    for place, (image, one) in enumerate(zip(many.reconstructions(number), many.maps, strict=True)):
        shown = lab.child(f"runMapImage{place}").pixels()
        np.testing.assert_allclose(shown, image[0], atol=1e-6)
        mine = one.update.snapshot.decode(one.update.means[one.rows[[number]]])[0]
        np.testing.assert_allclose(image, mine, atol=1e-6)
    np.testing.assert_allclose(lab.child("manyMapsOriginal").pixels(), many.image(number)[0])


def test_a_drag_moves_it_along(maps):
    lab = maps("a", "b")
    seen = []
    lab.session.many_runs.maps.cursor_changed.connect(seen.append)
    rect = lab.cells[0].plot_rect()
    lab.drag(lab.cells[0].viewport(), [rect.center() + QPoint(dx, dx // 2) for dx in range(-60, 61, 20)])
    assert len(set(seen)) > 2
    wanted = lab.session.many_runs.maps.shown.maps.reconstructions(lab.session.many_runs.maps.cursor)[1][0]
    image = lab.child("runMapImage1")
    lab.until(lambda: image.pixels() is not None and np.allclose(image.pixels(), wanted, atol=1e-6))


def test_the_image_that_the_mouse_rests_on_is_ringed_on_all_maps(maps):
    lab = maps("a", "b")
    many = lab.session.many_runs.maps.shown.maps
    first, second = lab.cells
    row = lab.lonely(first)
    lab.qtbot.mouseMove(first.viewport(), first.pixel_of(*first.points()[row].tolist()))
    number = int(many.maps[0].numbers[row])
    lab.until(lambda: second.highlighted().tolist() == [many.maps[1].rows[number]])
    lab.qtbot.mouseMove(first.viewport(), first.plot_rect().topLeft() + QPoint(2, 2))
    lab.until(lambda: not len(second.highlighted()))


def test_colours_follow_the_theme_and_are_one_for_each_run(maps):
    lab = maps("a", "b")

    def shades():
        cells = lab.beside.maps.cells
        return [
            [curve.colour.name() for curve in lab.plot.curves()],
            [lab.legend.item(row).icon().pixmap(12).toImage().pixelColor(6, 6).name() for row in (0, 1)],
            [cell._swatch.pixmap().toImage().pixelColor(6, 6).name() for cell in cells],
            [dot.colour.name() for dot in lab.child("ratePlot").dots()],
        ]

    def wanted(*, dark):
        return [QColor(*shade).name() for shade in theme.class_colours(2, dark=dark).tolist()]

    assert shades() == [wanted(dark=False)] * 4
    try:
        theme.set_theme("dark")
        lab.until(lambda: shades() == [wanted(dark=True)] * 4)
    finally:
        theme.set_theme("light")


def test_one_selection_by_a_lasso_and_by_clicks(maps):
    lab = maps("a", "b")
    many = lab.session.many_runs.maps.shown.maps
    first, second = lab.cells
    lab.press("lassoMapsButton")
    rect = first.plot_rect().adjusted(4, 4, -4, -4)
    lab.drag(first.viewport(), [rect.topLeft(), rect.topRight(), rect.bottomRight(), rect.bottomLeft(), rect.topLeft()])
    chosen = first._selected
    assert len(chosen) > 10
    assert {int(number) for number in many.maps[0].numbers[chosen]} == {
        int(number) for number in many.maps[1].numbers[second._selected]
    }
    lab.press("lassoMapsButton")
    row = lab.lonely(second)
    before = len(second._selected)
    was_there = row in second._selected
    lab.qtbot.mouseClick(second.viewport(), LEFT, CTRL, second.pixel_of(*second.points()[row].tolist()))
    assert len(first._selected) == len(second._selected) == before + (-1 if was_there else 1)


def test_one_colour_by_class_and_by_disagreement(maps):
    lab = maps("a", "b", "heavy")
    lab.press("classKey3")
    assert all(3 not in cell.visible_classes() for cell in lab.cells)
    lab.press("classKey3")
    choose(lab, "mapsColourBox", "by disagreement")
    many = lab.session.many_runs.maps.shown.maps
    values = many.disagreement()
    for cell, one in zip(lab.cells, many.maps, strict=True):
        np.testing.assert_allclose(cell.value_scale.values().values[one.rows], values, rtol=1e-5)
    scales = {(cell.value_scale.values().low, cell.value_scale.values().high) for cell in lab.cells}
    assert len(scales) == 1
    assert not lab.child("classKey3").isVisible()


def test_the_image_that_runs_disagree_about_most_is_picked_by_a_click(maps):
    lab = maps("a", "b")
    values = lab.session.many_runs.maps.shown.maps.disagreement()
    strip = lab.child("mostDisputed")
    assert strip.image_count() == 12
    lab.qtbot.mouseClick(strip, LEFT, pos=strip.tile(0).center())
    assert lab.session.many_runs.maps.cursor == values.argmax()
    assert strip.framed() == 0
    lab.qtbot.mouseClick(strip, LEFT, pos=strip.tile(2).center())
    assert lab.session.many_runs.maps.cursor == np.argsort(-values, kind="stable")[2]


def test_maps_are_aligned_when_asked_and_what_is_left_is_told(maps):
    lab = maps("a", "b")
    many = lab.session.many_runs.maps.shown.maps
    lab.session.many_runs.maps.pick_image(5)
    lab.press("alignMapsButton")
    turned = many.maps[1].placed(is_aligned=True)
    np.testing.assert_allclose(lab.cells[1].points(), turned, atol=1e-5)
    np.testing.assert_allclose(lab.cells[0].points(), many.maps[0].points, atol=1e-5)
    assert lab.text("runMapSaid1") == f"residual {many.maps[1].alignment.residual:.2f}"
    assert lab.text("runMapSaid0") == ""
    np.testing.assert_allclose(lab.cells[1].picked(), turned[many.maps[1].rows[5]], atol=1e-5)
    lab.press("alignMapsButton")
    np.testing.assert_allclose(lab.cells[1].points(), many.maps[1].points, atol=1e-5)


def test_nine_maps_at_most_and_those_that_are_ticked(compared, paths):
    for number in range(9):
        shutil.copy(paths["a"], paths["a"].with_name(f"copy{number}.safetensors"))
        paths[f"copy{number}"] = paths["a"].with_name(f"copy{number}.safetensors")
    chosen = [f"copy{number}" for number in range(9)]
    lab = compared("a", "b", *chosen)
    tab(lab, "Maps")
    state = lab.session.many_runs.maps
    lab.until(lambda: len(state.shown.paths) == 9)
    assert "2 more runs are ticked" in lab.text("manyMapsNotes")
    tick(lab, 0)
    lab.until(lambda: state.shown.paths[0] == paths["b"])
    assert "1 more runs are ticked" in lab.text("manyMapsNotes")
    for row in range(3, 11):
        tick(lab, row)
    lab.until(lambda: state.shown.paths == (paths["b"], paths["copy0"]))
    assert lab.child("runMap1").isVisible()
    assert not lab.child("runMap2").isVisible()


def test_a_file_that_is_no_run_is_left_out_and_said(compared, paths, tmp_path):
    paths["bad"] = tmp_path / "bad.safetensors"
    paths["bad"].write_bytes(b"nothing")
    lab = compared("a", "bad", "b")
    assert "is not a run" in lab.text("compareText")
    assert lab.legend.count() == 2


def test_reading_is_told_can_be_given_up_and_what_is_stale_is_dropped(compared, paths, monkeypatch):
    from latentlab.core.runs import run

    lab = compared("a", "b")
    go_on, is_open = threading.Event(), run.Run.open

    def slow(path):
        go_on.wait(5)
        return is_open(path)

    monkeypatch.setattr(run.Run, "open", slow)
    tab(lab, "Maps")
    state = lab.session.many_runs.maps
    state.progressed.emit(0.5)
    assert lab.child("compareProgress").isVisible()
    lab.press("compareCancelButton")
    go_on.set()
    lab.until_idle()
    assert state.shown.paths == ()
    assert not lab.child("compareProgress").isVisible()
    go_on.clear()
    lab.session.many_runs.compare([paths["heavy"], paths["b"]])  # asks for others while these are read
    lab.until(lambda: lab.legend.count() == 2 and lab.legend.item(0).text() == "heavy")
    go_on.set()
    lab.until(lambda: state.shown.paths == (paths["heavy"], paths["b"]))


def test_a_run_that_moves_on_is_read_again(compared, paths):
    lab = compared("a", "b")
    lab.action("allRuns").trigger()
    lab.until(lambda: len(lab.session.collection.runs) == 4)
    fake_run(paths["b"], epochs=9, saved="2031-01-01T00:00:00+00:00")
    lab.until(lambda: len(lab.session.many_runs.compared.records[1].history) == 9)
    lab.until(lambda: len(drawn(lab)["b", "test"].along) == 9)


def test_while_the_window_is_closed_nothing_is_read_and_all_is_when_it_comes_again(compared, paths):
    lab = compared("a", "b")
    lab.action("allRuns").trigger()
    lab.until(lambda: len(lab.session.collection.runs) == 4)
    lab.beside.close()
    with lab.qtbot.assertNotEmitted(lab.session.many_runs.reading_changed):
        fake_run(paths["b"], epochs=9, saved="2031-01-01T00:00:00+00:00")
        lab.until(lambda: any(run.epochs == 9 for run in lab.session.collection.runs))
    lab.beside.come()
    lab.until(lambda: len(drawn(lab)["b", "test"].along) == 9)


def test_curves_are_drawn_once_and_the_range_that_a_person_chose_stays(compared, paths, monkeypatch):
    lab = compared("a", "b")
    tab(lab, "Rate and distortion")
    rates, curves, drawings = lab.child("ratePlot"), lab.plot, []
    set_curves = RunPlot.set_curves
    monkeypatch.setattr(RunPlot, "set_curves", lambda plot, curves: (drawings.append(1), set_curves(plot, curves)))
    lab.action("allRuns").trigger()
    lab.until(lambda: len(lab.session.collection.runs) == 4)
    ranges = {}
    for plot in (rates, curves):
        plot.box.scaleBy((0.5, 0.5))
        plot.box.sigRangeChangedManually.emit(plot.box.state["mouseEnabled"])  # as by the wheel
        ranges[plot] = plot.box.viewRange()
    fake_run(paths["b"], epochs=9, saved="2031-01-01T00:00:00+00:00")
    lab.until(lambda: len(drawn(lab)["b", "test"].along) == 9)
    assert drawings == [1]
    items = len(rates.box.allChildItems())
    lab.press("rateAllButton")
    assert len(rates.dots()) > 1
    assert len(rates.box.allChildItems()) == items  # one for all dots
    assert all(plot.box.viewRange() == ranges[plot] for plot in ranges)
    choose(lab, "curveQuantityBox", "KL")
    assert curves.box.viewRange() != ranges[curves]


def test_maps_whose_reading_was_given_up_are_read_when_they_are_next_wanted(maps, paths, monkeypatch):
    lab = maps("a", "b")
    state, go_on, before = lab.session.many_runs.maps, threading.Event(), lab.session.many_runs.maps.shown
    read = many_maps._Reader.map_of
    monkeypatch.setattr(many_maps._Reader, "map_of", lambda *each: (go_on.wait(10), read(*each))[1])
    shutil.copy(paths["heavy"], paths["b"].with_suffix(".new"))
    paths["b"].with_suffix(".new").replace(paths["b"])
    state.outdate()
    state.want(before.paths)
    state.cancel()
    go_on.set()
    lab.until_idle()
    assert state.shown is before
    with lab.qtbot.waitSignal(state.shown_changed):
        state.want(before.paths)
    assert state.shown.maps.maps[1].update.run_id != before.maps.maps[1].update.run_id


def test_a_map_that_moves_on_is_read_again_and_the_cursor_stays(maps, paths):
    lab = maps("a", "b")
    state = lab.session.many_runs.maps
    state.pick_image(7)
    before = state.shown.maps.maps
    lab.action("allRuns").trigger()
    lab.until(lambda: len(lab.session.collection.runs) == 4)
    shutil.copy(paths["heavy"], paths["b"].with_suffix(".new"))
    paths["b"].with_suffix(".new").replace(paths["b"])
    lab.until(lambda: state.shown.maps.maps[1].update.run_id != before[1].update.run_id)
    assert state.shown.maps.maps[0].update is before[0].update  # which was not read again
    assert state.cursor == 7
    np.testing.assert_allclose(lab.cells[1].picked(), state.places(7)[1])


def test_what_is_ticked_again_at_once_is_not_read_anew(maps, paths):
    lab = maps("a", "b")
    state = lab.session.many_runs.maps
    shown = []
    state.shown_changed.connect(shown.append)
    tick(lab, 1)
    tick(lab, 1)
    lab.until_idle()
    assert state.shown.paths == (paths["a"], paths["b"])
    assert [each.paths for each in shown if each.paths != (paths["a"], paths["b"])] in ([], [(paths["a"],)])


@pytest.mark.parametrize(("low", "high"), [(1, 2), (1, 3), (1, 5), (0, 80)])
def test_epochs_are_counted_in_whole_numbers(qtbot, low, high):
    plot = RunPlot()
    qtbot.addWidget(plot)
    ticks = [tick for _, level in plot.axes["bottom"].tickValues(low, high, 900) for tick in level]
    assert {float(low), float(high)} <= set(ticks)
    assert all(tick.is_integer() for tick in ticks)

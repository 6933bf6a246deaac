"""Names that come with a stranger's run or file look like HTML: no label, tip or box may follow it."""

import os
import re
from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QAction, Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QLabel, QTabWidget, QWidget

from latentlab.core.runs.run import Run
from latentlab.ui.settings import Settings

HOSTILE = "<img src='nowhere.png'>"


@pytest.fixture
def hostile_run(run_file, tmp_path):
    """A run whose every name is HTML, and the name of its file."""
    run = Run.open(run_file())
    recipe = run.recipe.model_copy(update={"name": HOSTILE, "title": f"{HOSTILE} title", "summary": f"{HOSTILE} sum"})
    names = tuple(f"{HOSTILE} {name}" for name in run.snapshot.class_names)
    snapshot = type(run.snapshot)(run.snapshot.run_id, recipe, run.snapshot.model, names)
    name = "plain" if os.name == "nt" else "<b>run<b>"
    path = tmp_path / f"{name}.safetensors"
    replace(run, snapshot=snapshot).save(path)
    return path


def _followed(window):
    """Give whatever would be drawn as HTML though it holds a name that is not escaped."""
    shown = {}
    for widget in window.findChildren(QWidget):
        who = f"{type(widget).__name__} {widget.objectName()}"
        shown[f"tip of {who}"] = widget.toolTip()
        if isinstance(widget, QLabel) and widget.textFormat() != Qt.TextFormat.PlainText:
            shown[who] = widget.text()
        if isinstance(widget, QComboBox | QAbstractItemView) and (model := widget.model()) is not None:
            for row in range(min(50, model.rowCount(QModelIndex()))):
                tip = model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole)
                shown[f"tip of item {row} of {who}"] = tip or ""
    for action in window.findChildren(QAction):
        shown[f"tip of {action.objectName()}"] = action.toolTip()
    return {who: text for who, text in shown.items() if re.search("<img|<b>run", text) and Qt.mightBeRichText(text)}


def test_names_are_shown_as_they_are(make_lab, hostile_run):
    Settings().add_recent_run(hostile_run)
    lab = make_lab()
    assert not _followed(lab.window)
    lab.open(hostile_run)
    lab.until_loaded()
    lab.press("mapShowAllButton")
    row = lab.lonely()
    lab.click(*lab.canvas.points()[row].tolist())
    lab.stroke([(0.3, 0.2), (0.6, 0.8)])
    lab.until_idle()
    lab.action("selectAll").trigger()
    lab.action("axes").trigger()
    tabs = lab.window.findChild(QTabWidget)
    for tab in range(tabs.count()):
        tabs.setCurrentIndex(tab)
        lab.until_idle()
    assert not _followed(lab.window)
    lab.window.show_problem(f"{HOSTILE} cannot be read.")
    lab.choose_own(f"folder:{HOSTILE}")
    lab.until(lambda: HOSTILE in lab.text("datasetMessage"))
    assert not _followed(lab.window)

"""Sweeps in the window: asked for by a dialog, begun beside it, followed, stopped and found as a group."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QProgressBar, QPushButton, QSpinBox, QToolButton

from latentlab.core.budgets import cores
from latentlab.core.runs.workspace import Presence, default_folder, known_of, runs
from latentlab.core.training import slurm_options
from latentlab.core.training.sweep_folder import SweepFolder, kept_sweeps
from latentlab.core.training.sweep_plan import SweepPlan
from latentlab.ui.widgets.forms.search_box import SearchBox
from latentlab.ui.widgets.runs.run_model import COLUMNS
from tests.core.runs.fakes import fake_run
from tests.core.training import fake_slurm
from tests.ui.lab import LONG

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def asked(lab):
    """Give a window with the dialog open."""
    lab.set_up()
    lab.action("sweep").trigger()
    lab.dialog = lab.child("sweepDialog")
    lab.until(lambda: "runs" in lab.text("sweepSaid"))
    return lab


def values(lab, number=0):
    return lab.dialog.findChildren(QLineEdit, "sweepValues")[number]


def type_in(lab, field, text):
    field.setFocus()
    field.selectAll()
    lab.qtbot.keyClicks(field, text)


def click(lab, name, kind=QPushButton):
    button = next(each for each in lab.window.findChildren(kind, name) if each.isVisible())
    lab.qtbot.mouseClick(button, LEFT)


def test_the_dialog_says_what_would_come_of_it(asked):
    assert "4 runs" in asked.text("sweepSaid")
    assert asked.child("sweepBegin").isEnabled()
    type_in(asked, values(asked, 1), "2, 10")
    asked.until(lambda: "8 runs" in asked.text("sweepSaid"))
    assert "No run of this recipe was trained here yet" in asked.text("sweepSaid")
    seeds = asked.child("sweepSeeds", QSpinBox)
    type_in(asked, seeds, "3")
    asked.until(lambda: "24 runs" in asked.text("sweepSaid"))
    type_in(asked, values(asked), "1, -1")
    asked.until(lambda: "not allowed" in asked.text("sweepSaid"))
    assert not asked.child("sweepBegin").isEnabled()
    type_in(asked, values(asked), "1, 2")
    asked.until(lambda: "12 runs" in asked.text("sweepSaid"))
    click(asked, "sweepRemove", QToolButton)
    asked.until(lambda: "6 runs" in asked.text("sweepSaid"))
    asked.qtbot.keyClick(asked.dialog, Qt.Key.Key_Escape)
    assert not asked.dialog.isVisible()


def test_another_setting_is_found_by_its_name(asked):
    asked.dialog.activateWindow()
    asked.until(asked.dialog.isActiveWindow)
    click(asked, "sweepAdd")
    box = asked.dialog.findChildren(SearchBox, "sweepSetting")[-1]
    asked.until(box.hasFocus)
    asked.qtbot.keyClicks(box.lineEdit(), "loss: samples")
    asked.qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    type_in(asked, values(asked, 2), "1, 8")
    asked.until(lambda: "8 runs" in asked.text("sweepSaid"))
    assert "loss.samples=1, 8" in asked.dialog.settings


def test_the_dialog_grows_with_its_settings(asked):
    bar = asked.dialog._content.verticalScrollBar()
    asked.until(lambda: bar.maximum() == 0)
    heights = [asked.dialog.height()]
    for number in (3, 4):
        click(asked, "sweepAdd")
        assert len(asked.dialog.findChildren(SearchBox, "sweepSetting")) == number
        asked.until(lambda: asked.dialog.height() > heights[-1])
        assert bar.maximum() == 0
        heights.append(asked.dialog.height())


def test_a_guess_goes_by_earlier_runs_of_the_recipe(lab):
    default_folder().mkdir(parents=True)
    fake_run(default_folder() / "a.safetensors", epochs=4, recipe="digits-vae-2d", dataset="digits")  # 12 s
    lab.set_up({"training.epochs": 20})
    lab.action("sweep").trigger()
    jobs = lab.child("sweepJobs", QSpinBox)
    jobs.setValue(2)
    lab.until(lambda: lab.text("sweepSaid").startswith("4 runs, 2 at once: about 2 min 6 s"))  # 4 × (3 + 60) / 2


def test_images_that_are_not_here_are_told_at_once(lab):
    lab.set_up({"data.limit": None})
    lab.session.recipes.edit(lab.session.recipe.with_changes({"data.dataset": "array:/nowhere/own.npz"}))
    lab.action("sweep").trigger()
    lab.until(lambda: "is not here, or not agreed to" in lab.text("sweepSaid"))
    assert not lab.child("sweepBegin").isEnabled()


def test_a_sweep_trains_beside_the_window_until_it_is_stopped(lab):
    lab.set_up(LONG)
    lab.action("sweep").trigger()
    lab.dialog = lab.child("sweepDialog")
    type_in(lab, values(lab), "1, 4")
    lab.until(lambda: lab.text("sweepSaid").startswith("2 runs"))
    lab.child("sweepJobs", QSpinBox).setValue(1)
    lab.until(lambda: "one after the other" in lab.text("sweepSaid"))
    click(lab, "sweepBegin")
    assert not lab.dialog.isVisible()
    lab.until(lambda: lab.child("runsWindow").isVisible())
    (kept,) = kept_sweeps(default_folder())
    assert SweepFolder(default_folder(), kept.name).plan().threads == max(1, cores() - 1)
    assert lab.child("runSearch", QLineEdit).text() == kept.name
    lab.until(lambda: lab.text("sweepProgress") == "0 of 2 runs, 1 in training")
    click(lab, "sweepStop")
    lab.until(lambda: lab.text("sweepProgress") == "0 of 2 runs, stopped")
    (run,) = runs(default_folder())
    assert (run.state, run.group["name"], run.group["settings"]) == ("stopped", kept.name, {"loss.beta": "1"})
    assert not kept_sweeps(default_folder())[0].is_going
    lab.until(lambda: not lab.session.collection.sweeps._begun)
    click(lab, "sweepForget", QToolButton)
    lab.until(lambda: not lab.child("sweepStrip").isVisible())
    assert kept_sweeps(default_folder()) == []
    assert known_of(run.path).state == "stopped"


def test_the_runs_of_a_sweep_are_a_group(lab):
    folder = default_folder()
    folder.mkdir(parents=True)
    plan = SweepPlan.of(lab.session.recipe, ["beta=1,2,4"], name="mine")
    SweepFolder(folder, "mine").keep(plan)
    for member in plan.members[:2]:
        fake_run(folder / member.file_name, group=member.group)
    fake_run(folder / "other.safetensors")
    lab.action("allRuns").trigger()
    table = lab.child("runTable")
    lab.until(lambda: len(table.rows.runs) == 3)
    assert sorted(run.name for run in table.rows.runs) == ["beta=1", "beta=2", "other"]
    lab.until(lambda: lab.text("sweepProgress") == "2 of 3 runs, stopped")
    bar = lab.child("sweepBar", QProgressBar)
    assert (bar.value(), bar.maximum()) == (2, 3)
    row = next(number for number, run in enumerate(table.rows.runs) if run.group)
    place = table.visualRect(table.rows.index(row, COLUMNS.index("group"))).center()
    lab.qtbot.mouseClick(table.viewport(), LEFT, pos=place)
    table.menu_asked.emit(table.viewport().mapToGlobal(place))
    menu = QApplication.activePopupWidget()
    with lab.qtbot.waitSignal(lab.session.many_runs.asked):
        next(entry for entry in menu.actions() if entry.text().replace("&", "") == "Compare the sweep").trigger()
    menu.close()
    lab.until(lambda: lab.session.many_runs.compared is not None)
    compared = [record.path for record in lab.session.many_runs.compared.records]
    assert compared == [folder / member.file_name for member in plan.members[:2]]
    lab.until(lambda: len(table.rows.runs) == 2)
    assert lab.child("runSearch", QLineEdit).text() == "mine"
    lab.child("runSearch", QLineEdit).clear()
    lab.until(lambda: len(table.rows.runs) == 3)
    click(lab, "sweepGroup", QToolButton)
    lab.until(lambda: len(table.rows.runs) == 2)
    fake_run(folder / plan.members[2].file_name, group=plan.members[2].group)
    lab.until(lambda: not lab.child("sweepStrip").isVisible())  # all are finished
    for path in folder.glob("mine*.safetensors"):
        path.unlink()
    lab.child("runSearch", QLineEdit).clear()
    lab.until(lambda: len(table.rows.runs) == 1)
    assert table.isColumnHidden(COLUMNS.index("group"))


def test_a_problem_of_a_sweep_is_told(lab):
    folder = default_folder()
    plan = SweepPlan.of(lab.session.recipe, ["beta=1,2,4"], name="mine")
    SweepFolder(folder, "mine").keep(plan)
    lab.action("allRuns").trigger()
    lab.until(lambda: lab.text("sweepProgress") == "0 of 3 runs, stopped")
    with SweepFolder(folder, "mine").held():
        click(lab, "sweepGoOn")
        lab.until(lambda: "is going on already" in lab.text("runsText"))


def test_the_runs_that_slurm_trains_are_followed_as_far_as_their_files_tell(lab, tmp_path, monkeypatch):
    fake_slurm.have_none(tmp_path, monkeypatch)
    folder = default_folder()
    plan = SweepPlan.of(lab.session.recipe, ["beta=1,2,4"], name="mine")
    place = SweepFolder(folder, "mine")
    place.keep(plan)
    slurm_options.keep(place, slurm_options.Wanted(("--partition=gpu",)))
    lab.action("allRuns").trigger()
    lab.until(lambda: lab.text("sweepProgress") == "0 of 3 runs, by Slurm")
    first = plan.members[0]
    fake_run(folder / first.file_name, epochs=1, group=first.group, state="training", last_epoch=3)
    presence = Presence(folder / first.file_name)
    lab.until(lambda: lab.text("sweepProgress") == "0 of 3 runs, 1 in training, by Slurm")
    table = lab.child("runTable")
    lab.until(lambda: [run.state for run in table.rows.runs] == ["training"])
    click(lab, "sweepStop")
    lab.until(lambda: lab.text("sweepProgress") == "0 of 3 runs, stopping …")
    assert place.is_asked_to_stop()
    presence.end()
    lab.until(lambda: lab.text("sweepProgress") == "0 of 3 runs, stopped")
    click(lab, "sweepGoOn")
    lab.until(lambda: "There is no Slurm on this machine" in lab.text("runsText"))
    lab.until(lambda: lab.text("sweepProgress") == "0 of 3 runs, by Slurm")
    assert "#SBATCH --partition=gpu\n" in place.script.read_text()


def test_those_of_another_workspace_are_told_no_more(lab):
    SweepFolder(default_folder(), "mine").keep(SweepPlan.of(lab.session.recipe, ["beta=1,2,4"], name="mine"))
    sweeps, told = lab.session.collection.sweeps, []
    sweeps.changed.connect(lambda found: told.append([each.kept.name for each in found]))
    sweeps.watch(True)
    lab.until(lambda: told == [["mine"]])
    sweeps.look_into(default_folder() / "another")
    assert told == [["mine"], []]


def test_two_that_are_gone_on_with_at_once_are_both_told_and_both_followed(lab, monkeypatch):
    plan = SweepPlan.of(lab.session.recipe, ["beta=1,2,4"], name="mine")
    sweeps, begun, ended = lab.session.collection.sweeps, [], []
    sweeps.begun.connect(begun.append)
    sweeps.failed.connect(ended.append)
    places = {name: SweepFolder(default_folder(), name) for name in ("mine", "yours")}
    for name, place in places.items():
        place.keep(plan.model_copy(update={"name": name}))
        place.words().write_text(f"latentlab: An earlier problem of {name}.\n")
    with places["mine"].held(), places["yours"].held():
        for name in places:
            sweeps.go_on(name, 1, lab.session.library.data_dir)
        sweeps.look_into(default_folder() / "another")  # what was begun is told all the same, by its own file
        lab.until(lambda: begun == ["mine", "yours"])
        sweeps.watch(True)
        lab.until(lambda: len(ended) == 2)
    assert sorted(ended) == [
        f"The sweep '{name}' is going on already: wait until it has ended, or stop it." for name in places
    ]

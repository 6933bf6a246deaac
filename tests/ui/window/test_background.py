"""A training in the background is begun from the window, outlives it, is found again, and is stopped or told of."""

import os
import signal

import pytest
import torch
from PySide6.QtCore import QPoint, Qt

from latentlab.core.runs import workspace
from latentlab.core.runs.run import Run
from tests.core.runs.fakes import fake_run
from tests.ui.lab import LONG, Lab

PATIENCE = 60_000  # milliseconds: a program takes seconds to start
ABSENT = "cuda" if torch.backends.mps.is_available() else "mps"


@pytest.fixture
def folder(own_home):
    return workspace.default_folder()


@pytest.fixture
def processes(monkeypatch):
    """Have what is begun end with the test."""
    from latentlab.core.training import own_process

    begun, start = [], own_process.start

    def noted(*arguments):
        begun.append(start(*arguments))
        return begun[-1]

    monkeypatch.setattr(own_process, "start", noted)
    yield begun
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.wait()


def hidden(folder):
    return [path.name for path in folder.glob(".*") if path.name.endswith((".words", ".stop", ".follow", ".lock"))]


def test_it_is_begun_followed_left_found_and_stopped(lab: Lab, make_lab, folder, processes):
    lab.set_up(LONG)
    ways = lab.child("trainWaysButton")
    assert lab.action("trainInBackground") in ways.menu().actions()
    lab.action("trainInBackground").trigger()
    lab.until(lambda: "begins to train in the background" in lab.text("followedText"))
    lab.qtbot.waitUntil(lambda: lab.child("followButton").isEnabled(), timeout=PATIENCE)
    (path,) = folder.glob("*.safetensors")
    lab.press("followButton")
    lab.until(lambda: "is trained outside this window" in lab.text("followedText"))
    lab.until(lambda: lab.epochs_drawn() > 1)
    assert lab.session.state == "idle"
    lab.window.close()
    (process,) = processes
    epochs = Run.open(path).epochs

    other = make_lab()
    other.until(lambda: "is being trained outside this window" in other.text("followedText"))
    assert process.poll() is None
    other.action("allRuns").trigger()
    table = other.child("runTable")
    other.until(lambda: [run.state for run in table.rows.runs] == ["training"])
    other.qtbot.mouseClick(
        table.viewport(),
        Qt.MouseButton.LeftButton,
        pos=table.visualRect(table.rows.index(0, 0)).center() + QPoint(1, 1),
    )
    other.press("stopRunsButton")
    assert "asked to stop" in other.text("runsText")
    other.qtbot.waitUntil(lambda: [run.state for run in table.rows.runs] == ["stopped"], timeout=PATIENCE)
    assert other.text("runsText") == ""  # it has
    assert process.wait(60) == 130
    assert Run.open(path).epochs >= epochs
    other.until(lambda: other.text("followedText") == "")
    other.until(lambda: hidden(folder) == [])
    assert other.message() == ""


def test_what_it_says_when_it_fails_is_told(lab, folder, processes):
    lab.set_up({"training.device": ABSENT})
    lab.action("trainInBackground").trigger()
    lab.until(lambda: processes)
    lab.qtbot.waitUntil(lambda: "has failed" in lab.message(), timeout=PATIENCE)
    assert ABSENT in lab.message()
    assert lab.text("followedText") == ""
    assert hidden(folder) == []
    assert list(folder.glob("*.safetensors")) == []


def test_one_that_is_killed_is_told(lab, folder, processes):
    lab.set_up(LONG)
    lab.action("trainInBackground").trigger()
    lab.until(lambda: processes)
    os.kill(processes[0].pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    lab.until(lambda: "broke off: its program ended without a word" in lab.message())
    assert hidden(folder) == []


def test_what_failed_while_no_window_was_open_is_told_at_the_next_start(make_lab, folder, run_file):
    folder.mkdir(parents=True)
    (folder / ".lost.safetensors.words").write_text("a warning\nlatentlab: There is no room.\n")
    (folder / "done.safetensors").write_bytes(run_file().read_bytes())
    (folder / ".done.safetensors.words").write_text("latentlab: The disk was full for a while.\n")
    lab = make_lab()
    lab.until(lambda: lab.message() == "The training in the background, lost, has failed: There is no room.")
    assert hidden(folder) == []


def test_where_there_can_be_no_workspace_that_is_told(lab, folder, processes):
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("no folder")
    lab.set_up()
    lab.action("trainInBackground").trigger()
    lab.until(lambda: "could not be kept in" in lab.message())
    assert processes == []


def test_without_images_none_begins_and_that_is_told(lab, processes):
    lab.session.recipes.choose_dataset("mnist")
    lab.until(lambda: lab.session.library.problem)
    lab.action("trainInBackground").trigger()
    assert lab.message() == lab.session.library.problem
    assert processes == []


def test_a_start_lists_the_workspace_once(make_lab, folder, monkeypatch):
    folder.mkdir(parents=True)
    fake_run(folder / "going.safetensors", state="training", last_epoch=9)
    presence, listed, all_runs = workspace.Presence(folder / "going.safetensors"), [], workspace.all_runs
    monkeypatch.setattr(workspace, "all_runs", lambda *each: (listed.append(each), all_runs(*each))[1])
    lab = make_lab()
    lab.until(lambda: "going" in lab.text("followedText"))
    assert listed == [(folder,)]
    presence.end()

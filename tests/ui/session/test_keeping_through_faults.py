"""What a disk, a clock and a second window may do while a model trains: nothing is lost, and all is told once."""

import shutil
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from PySide6.QtWidgets import QMessageBox

from latentlab.core.runs import run as run_module
from latentlab.core.runs import workspace
from latentlab.core.runs.run import Run
from latentlab.core.training import autosave, provenance
from tests.faults import small_disk


@pytest.fixture
def quickly(monkeypatch):
    """Save all the time."""
    monkeypatch.setattr(autosave, "SECONDS", 0.0)
    monkeypatch.setattr(autosave, "_SHARE", 1.0)


def kept():
    return workspace.runs(workspace.default_folder())


def problems(lab):
    told = []
    lab.session.message.connect(lambda sentence, is_problem: told.append(sentence) if is_problem else None)
    return told


def saved_after(path, epochs):
    """Whether there is a run of more epochs."""
    try:
        return workspace.known_of(path).epochs > epochs
    except run_module.RunError:
        return False


def asks(lab):
    return [box for box in lab.window.findChildren(QMessageBox, "unsavedQuestion") if box.isVisible()]


# The disk


@contextmanager
def a_file(folder):
    """Let a file be where a folder is, which is put aside."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("no folder")
    yield
    folder.unlink()
    aside.rename(folder)


@contextmanager
def gone(folder):
    """Take the workspace away, and let nobody make it."""
    away = folder.with_name("away")
    folder.rename(away)
    with a_file(folder.parent):
        yield
    away.rename(folder)


@contextmanager
def full(folder):
    """Fill a small disk that the workspace is on."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError:
        yield
        ballast.unlink()


@pytest.mark.parametrize("fault", [a_file, gone, full])
def test_a_workspace_that_takes_nothing_any_more(lab, quickly, temporary, fault, request):
    folder = workspace.default_folder()
    folder.mkdir(parents=True)
    if fault is full:
        disk = small_disk(folder)
        disk.__enter__()
        request.addfinalizer(lambda: disk.__exit__(None, None, None))
    told = problems(lab)
    lab.begin()
    lab.until(kept)
    path = kept()[0].path
    with fault(folder):
        lab.until(lambda: list(temporary.rglob("*.safetensors")))
        (other,) = temporary.rglob("*.safetensors")
        lab.until(lambda: told)
        epochs = workspace.known_of(other).epochs
        lab.until(lambda: saved_after(other, epochs))
        assert lab.session.is_kept
        assert lab.session.state == "training"
    epochs = lab.epochs_drawn()
    lab.until(lambda: saved_after(path, epochs))
    lab.until(lambda: not other.exists())
    assert len(told) == 1, told
    assert "it is kept as" in told[0]
    assert lab.window.close()
    lab.until(lambda: [known.state for known in kept()] == ["interrupted"])
    assert Run.open(path).epochs > epochs


def test_where_no_place_takes_it_closing_asks_until_there_is_room_again(lab, quickly, temporary):
    told = problems(lab)
    lab.begin()
    lab.until(kept)
    path = kept()[0].path
    # Before the workspace goes: as long as that takes the run, no saving makes this folder anew.
    shutil.rmtree(temporary)
    temporary.write_text("no folder")
    with a_file(workspace.default_folder()):
        lab.until(lambda: not lab.session.is_kept)
        lab.until(lambda: told)
        assert not lab.window.close()
        assert len(asks(lab)) == 1
        asks(lab)[0].button(QMessageBox.StandardButton.Cancel).click()
        lab.until(lambda: not asks(lab))
        epochs = lab.epochs_drawn()
        lab.until(lambda: lab.epochs_drawn() > epochs)
    lab.until(lambda: lab.session.is_kept)
    assert saved_after(path, epochs)
    assert len(told) == 1, told
    assert "kept in memory alone" in told[0]
    assert lab.window.close()
    assert not asks(lab)


def test_what_was_stopped_and_no_place_took_is_finished_all_the_same(make_lab, temporary, monkeypatch):
    shutil.rmtree(temporary)
    temporary.write_text("no folder")
    monkeypatch.setenv(workspace.VARIABLE, str(temporary / "runs"))
    lab = make_lab()
    lab.until_loaded()
    lab.begin({"training.epochs": 200})
    lab.until(lambda: lab.epochs_drawn() >= 2)
    lab.press("stopButton")
    lab.until(lambda: lab.session.state == "idle")
    stopped = lab.session.run
    assert not lab.session.is_kept
    assert stopped.training.state == "stopped"
    lab.action("finishTraining").trigger()
    lab.until(lambda: lab.session.state == "training")
    lab.until(lambda: lab.epochs_drawn() > stopped.epochs + 1)
    lab.press("stopButton")
    lab.until(lambda: lab.session.state == "idle")
    run = lab.session.run
    assert run.snapshot.run_id == stopped.snapshot.run_id
    assert run.training.last_epoch == 200
    assert run.history[: stopped.epochs] == stopped.history


# What is offered


def test_what_was_kept_among_temporary_files_is_offered_and_comes_back(make_lab, quickly, temporary):
    folder = workspace.default_folder()
    folder.parent.mkdir(parents=True)
    folder.write_text("no folder")
    lab = make_lab()
    lab.until_loaded()
    lab.begin()
    lab.until(lambda: lab.epochs_drawn() and list(temporary.rglob("*.safetensors")))
    assert lab.window.close()
    (spare,) = temporary.rglob("*.safetensors")
    lab.until(lambda: saved_after(spare, 0) and not workspace.is_training(spare))
    folder.unlink()
    lab = make_lab()
    lab.until(lambda: lab.child("interruptedOffer").isVisible())
    lab.press("finishInterruptedButton")
    lab.until(kept)
    lab.until(lambda: not spare.exists())
    assert kept()[0].state == "training"
    assert lab.session.run.snapshot.run_id == Run.open(kept()[0].path).snapshot.run_id


def test_an_offer_whose_file_is_damaged_meanwhile_is_told(make_lab, quickly):
    lab = make_lab()
    lab.until_loaded()
    lab.begin()
    lab.until(kept)
    lab.window.close()
    lab.until(lambda: kept()[0].state == "interrupted")
    lab = make_lab()
    lab.until(lambda: lab.child("interruptedOffer").isVisible())
    path = kept()[0].path
    path.write_bytes(path.read_bytes()[:-100])
    for name in ("giveUpInterruptedButton", "lookAtInterruptedButton", "finishInterruptedButton"):
        told = problems(lab)
        lab.press(name)
        lab.until(lambda told=told: told)
        assert str(path) in told[0]
    assert lab.session.state == "idle"


# The clock


def test_a_clock_that_is_set_back_loses_no_run(lab, quickly, monkeypatch):
    class Earlier(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) - timedelta(days=400)

    lab.train()
    first = lab.session.run
    for module in (run_module, provenance):
        monkeypatch.setattr(module, "datetime", Earlier)
    monkeypatch.setattr("time.time", lambda: 1.0)
    lab.begin()
    lab.until(lambda: len(kept()) == 2)
    latest, earlier = kept()
    assert Run.open(latest.path).snapshot.run_id == first.snapshot.run_id
    assert earlier.state == "training"
    lab.until(lambda: saved_after(earlier.path, earlier.epochs))
    lab.press("stopButton")
    lab.until(lambda: lab.session.state == "idle")
    assert lab.session.run.snapshot.run_id != first.snapshot.run_id
    assert lab.session.is_kept
    assert {known.state for known in kept()} == {"finished", "stopped"}


# Two windows


def offered(lab):
    """Have a window look again, and give what it offers."""
    with lab.qtbot.waitSignal(lab.session.interrupted.found) as found:
        lab.session.interrupted.look()
    return found.args[0]


def test_two_windows_leave_each_others_trainings_alone(make_lab, quickly):
    first = make_lab()
    first.until_loaded()
    first.begin()
    first.until(kept)
    path = kept()[0].path
    first.press("pauseButton")  # it goes on, and leaves the machine to the others
    second = make_lab()
    second.until_loaded()
    assert offered(second) is None
    assert not second.child("interruptedOffer").isVisible()
    second.open(path)
    second.until(lambda: len(second.canvas.points()))
    told = problems(second)
    second.action("finishTraining").trigger()
    second.until(lambda: told)
    assert told == [f"{path} is being trained already, by another program: wait until it has ended."]
    assert second.session.state == "idle"
    assert second.session.run is not None
    second.begin()
    second.press("pauseButton")
    assert first.session.state == "paused"
    first.window.close()
    third = make_lab()
    left = offered(third)
    assert (left.run.path, left.others) == (path, 0)
    assert second.session.state == "paused"
    with third.qtbot.waitSignal(third.session.opened):
        third.press("finishInterruptedButton")
    third.until(lambda: third.session.state == "training")
    third.until(lambda: third.epochs_drawn() > left.run.epochs)

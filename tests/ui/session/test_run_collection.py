"""The collection: the folder of runs followed, and what is done to runs, with its undo."""

import pytest
from PySide6.QtTest import QSignalSpy

from latentlab.core.runs.run_notes import RunNotes, notes_of, say
from latentlab.core.runs.workspace import Presence
from latentlab.ui.session import run_collection
from latentlab.ui.session.run_collection import RunCollection, Wanted
from tests.core.runs.fakes import fake_run


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    for number in range(3):
        fake_run(folder / f"run{number}.safetensors", loss=10.0 - number, saved=f"2030-01-01T00:00:0{number}+00:00")
    return folder


@pytest.fixture
def collection(qtbot, qapp, folder):
    """Give one that is looked at, and what it listed last."""
    collection = RunCollection(folder, qapp)
    collection.listed = []
    collection.arranged.connect(lambda arranged: collection.listed.append(arranged))
    collection.watch(True)
    qtbot.waitUntil(lambda: bool(collection.listed))
    yield collection
    collection.shut_down()
    collection.deleteLater()


def names(collection):
    return [run.name for run in collection.listed[-1].runs]


def test_what_others_train_rename_and_remove_shows_by_itself(qtbot, collection, folder):
    assert names(collection) == ["run2", "run1", "run0"]
    path = fake_run(
        folder / "new.safetensors", state="training", epochs=1, last_epoch=5, saved="2031-01-01T00:00+00:00"
    )
    presence = Presence(path)
    qtbot.waitUntil(lambda: names(collection)[0] == "new")
    assert collection.listed[-1].runs[0].state == "training"
    fake_run(path, state="training", epochs=2, last_epoch=5, loss=3.0, saved="2031-01-01T00:01+00:00")
    qtbot.waitUntil(lambda: collection.listed[-1].runs[0].epochs == 2)
    assert collection.listed[-1].runs[0].test["loss"] == 3.0
    say(folder / "run1.safetensors", RunNotes("Mine"))
    qtbot.waitUntil(lambda: "Mine" in names(collection))
    (folder / "run0.safetensors").unlink()
    qtbot.waitUntil(lambda: "run0" not in names(collection))
    presence.end()
    qtbot.waitUntil(lambda: collection.listed[-1].runs[0].state == "interrupted")


def test_a_trainer_that_is_killed_is_seen_though_nothing_in_the_folder_changes(qtbot, collection, folder, monkeypatch):
    monkeypatch.setattr(run_collection, "_SETTLED", 0.0)
    path = fake_run(folder / "new.safetensors", state="training", saved="2031-01-01T00:00+00:00")
    presence = Presence(path)
    qtbot.waitUntil(lambda: collection.listed[-1].runs[0].state == "training")
    monkeypatch.setattr(run_collection.workspace, "is_training", lambda path: False)  # its lock went with its program
    qtbot.waitUntil(lambda: collection.listed[-1].runs[0].state == "interrupted")
    presence.end()


def test_a_folder_in_which_nothing_happens_is_not_listed_again(qtbot, collection, monkeypatch):
    monkeypatch.setattr(run_collection, "_SETTLED", 0.0)
    looks = []
    all_runs, signature = run_collection.workspace.all_runs, run_collection._signature
    monkeypatch.setattr(run_collection, "_signature", lambda folder: looks.append(folder) or signature(folder))
    qtbot.waitUntil(lambda: len(looks) > 1)
    listed = []
    monkeypatch.setattr(run_collection.workspace, "all_runs", lambda *of: listed.append(of) or all_runs(*of))
    qtbot.waitUntil(lambda: len(looks) > 3)
    assert listed == []
    collection.watch(False)
    assert not collection.is_watching


def test_words_and_another_order(qtbot, collection):
    collection.want(Wanted(by="loss"))
    qtbot.waitUntil(lambda: names(collection) == ["run2", "run1", "run0"])
    collection.want(Wanted(by="loss", is_reversed=True))
    qtbot.waitUntil(lambda: names(collection) == ["run0", "run1", "run2"])
    collection.want(Wanted(words="run1"))
    qtbot.waitUntil(lambda: names(collection) == ["run1"])
    assert collection.listed[-1].of == 3


def test_what_is_done_is_done_one_after_the_other_and_undone_backwards(qtbot, collection, folder):
    path, other = folder / "run1.safetensors", folder / "run2.safetensors"
    done = QSignalSpy(collection.done)
    collection.rename(path, " First ")
    collection.rename(path, "Second")
    collection.note(path, "some\nwords")
    collection.delete([other, path])
    qtbot.waitUntil(lambda: done.count() == 4)
    assert [done.at(number)[0] for number in range(4)] == ["renamed", "renamed", "noted", "deleted"]
    qtbot.waitUntil(lambda: names(collection) == ["run0"])
    for expected in (RunNotes("Second", "some\nwords"), RunNotes("Second"), RunNotes("First"), RunNotes()):
        count = done.count()
        collection.undo()
        qtbot.waitUntil(lambda count=count: done.count() > count)
        assert notes_of(path) == expected
        assert path.exists()
        assert other.exists()
    count = done.count()
    collection.undo()  # there is no more
    qtbot.waitUntil(lambda: done.count() > count)
    assert done.at(count)[0] == "nothing"
    qtbot.waitUntil(lambda: sorted(names(collection)) == ["run0", "run1", "run2"])


def test_the_trash_is_told_brought_back_from_and_emptied(qtbot, collection, folder):
    told = []
    collection.trash_changed.connect(told.append)
    before = (folder / "run1.safetensors").read_bytes()
    collection.delete([folder / "run1.safetensors", folder / "run2.safetensors"])
    qtbot.waitUntil(lambda: bool(told) and len(told[-1]) == 2)
    (first,) = [each.path for each in told[-1] if each.path.name == "run1.safetensors"]
    collection.restore([first])
    qtbot.waitUntil(lambda: len(told[-1]) == 1)
    assert (folder / "run1.safetensors").read_bytes() == before
    collection.empty_trash()
    qtbot.waitUntil(lambda: told[-1] == [])
    assert not list((folder / "trash").glob("*/*"))
    qtbot.waitUntil(lambda: sorted(names(collection)) == ["run0", "run1"])


def test_what_cannot_be_done_is_told_and_the_rest_is_done(qtbot, collection, folder):
    failed = QSignalSpy(collection.failed)
    path = folder / "run1.safetensors"
    presence = Presence(path)
    collection.delete([path, folder / "run0.safetensors"])
    qtbot.waitUntil(lambda: failed.count() == 1)
    assert "is being trained" in failed.at(0)[0]
    qtbot.waitUntil(lambda: "run0" not in names(collection))
    assert path.exists()
    presence.end()
    collection.rename(path, "x" * 500)
    qtbot.waitUntil(lambda: failed.count() == 2)


def test_another_folder_and_one_that_is_none(qtbot, collection, tmp_path):
    told = QSignalSpy(collection.index_told)
    (tmp_path / "file").touch()
    collection.look_into(tmp_path / "file")
    qtbot.waitUntil(lambda: told.count() == 1)
    assert "cannot be looked into" in told.at(0)[0]
    assert names(collection) == []
    collection.look_into(tmp_path / "none")
    qtbot.waitUntil(lambda: told.count() == 2)
    assert told.at(1)[0] == ""

"""What is kept of a sweep: its plan once, one program that goes on with it, and a word that stops it."""

import re

import pytest

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.training.sweep_folder import FOLDER, KeptSweep, SweepFolder, kept_sweeps, progress_of
from latentlab.core.training.sweep_plan import SweepError, SweepPlan
from tests.core.runs.fakes import fake_run


@pytest.fixture
def plan():
    return SweepPlan.of(Recipe.load("digits-vae-2d"), ["beta=1,2"], name="mine")


def test_the_first_plan_is_kept_with_its_threads(plan, tmp_path):
    place = SweepFolder(tmp_path / "work", "mine")
    assert place.keep(plan.computing_with(1)).threads == 1
    assert place.keep(plan.computing_with(8)).threads == 1
    assert SweepFolder(tmp_path / "work", "mine").plan() == plan.computing_with(1)
    other = SweepPlan.of(plan.recipe, ["beta=1,3"], name="mine")
    with pytest.raises(SweepError, match="another sweep called 'mine'"):
        place.keep(other)


def test_one_program_goes_on_with_a_sweep(plan, tmp_path):
    place = SweepFolder(tmp_path, "mine")
    place.keep(plan)
    assert kept_sweeps(tmp_path) == [KeptSweep("mine", plan.id, 2, False, False)]
    with place.held():
        assert kept_sweeps(tmp_path) == [KeptSweep("mine", plan.id, 2, True, False)]
        with pytest.raises(SweepError, match="going on already"), SweepFolder(tmp_path, "mine").held():
            pass
        place.ask_to_stop()
        assert place.is_asked_to_stop()
        assert kept_sweeps(tmp_path)[0].is_asked_to_stop
    assert kept_sweeps(tmp_path) == [KeptSweep("mine", plan.id, 2, False, False)]
    place.ask_to_stop()
    with place.held():
        assert not place.is_asked_to_stop()  # that was said to another


def test_only_an_ordinary_file_stops_a_sweep_and_what_cannot_be_removed_is_told(plan, tmp_path, monkeypatch):
    place, stop = SweepFolder(tmp_path, "mine"), tmp_path / FOLDER / "mine" / "stop"
    place.keep(plan)
    stop.mkdir()
    with place.held() as problem:
        assert problem == f"{stop} is no ordinary file, and is passed over: remove it."
        assert not place.is_asked_to_stop()
    assert not kept_sweeps(tmp_path)[0].is_asked_to_stop
    stop.rmdir()
    with place.held() as problem:
        assert problem == ""
    place.ask_to_stop()
    monkeypatch.setattr(SweepFolder, "_forget_stop", lambda place: None)  # as in a folder of another person
    with pytest.raises(SweepError, match="stop asks the sweep to stop and cannot be removed"), place.held():
        pass


def test_how_far_a_sweep_is_and_what_is_forgotten(plan, tmp_path):
    place = SweepFolder(tmp_path, "mine")
    place.keep(plan)
    first, second = plan.members
    fake_run(tmp_path / first.file_name, group=first.group)
    fake_run(tmp_path / "checkpoint.safetensors", group=first.group, state="stopped")
    fake_run(tmp_path / second.file_name, group=second.group | {"id": "of another"})
    (progress,) = progress_of(kept_sweeps(tmp_path), workspace.runs(tmp_path))
    assert (progress.finished, progress.training, progress.is_whole) == (1, 0, False)
    fake_run(tmp_path / second.file_name, group=second.group)
    (progress,) = progress_of(kept_sweeps(tmp_path), workspace.runs(tmp_path))
    assert progress.is_whole
    with place.held(), pytest.raises(SweepError, match="going on already"):
        place.forget()
    place.forget()
    assert kept_sweeps(tmp_path) == []
    assert len(workspace.runs(tmp_path)) == 3


def test_what_cannot_be_read_is_passed_over_or_a_sentence(plan, tmp_path):
    SweepFolder(tmp_path, "mine").keep(plan)
    for name, text in (("empty", ""), ("list", "[]"), ("odd", '{"id": 1, "of": 3, "plan": {}}'), ("none", None)):
        (tmp_path / FOLDER / name).mkdir()
        if text is not None:
            (tmp_path / FOLDER / name / "plan.json").write_text(text)
    assert [each.name for each in kept_sweeps(tmp_path)] == ["mine"]
    with pytest.raises(SweepError, match="There is no sweep 'none'"):
        SweepFolder(tmp_path, "none").plan()
    with pytest.raises(SweepError, match="There is no sweep"):
        SweepFolder(tmp_path / "none", "../.latentlab-sweeps/mine").plan()
    assert kept_sweeps(tmp_path / "nowhere") == []
    (tmp_path / "file").touch()
    with pytest.raises(SweepError, match="cannot be made"):
        SweepFolder(tmp_path / "file", "mine").keep(plan)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"loss.beta"', '"beta"'),
        ('"loss.beta"', '"bta"'),
        ('"2"', '"3"'),  # the id is of another plan
        ('"of": 2', '"of": 3'),
        ('"name": "mine"', '"name": "yours"'),
        ('"threads"', ""),
        ("{", ""),
    ],
)
def test_a_damaged_plan_is_told_by_its_file_and_kept_anew_by_its_command(plan, tmp_path, before, after):
    place, file = SweepFolder(tmp_path, "mine"), tmp_path / FOLDER / "mine" / "plan.json"
    place.keep(plan)
    whole = file.read_text()
    assert before in whole
    file.write_text(whole.replace(before, after))
    with pytest.raises(SweepError, match=rf"^The plan {re.escape(str(file))} is damaged: remove it, [^.]*\.$"):
        place.plan()
    assert place.keep(plan) == plan
    assert place.plan() == plan


def test_a_plan_that_names_files_is_another_one_in_another_folder(tmp_path, monkeypatch):
    plan = SweepPlan.of(Recipe.load("digits-vae-2d"), ["dataset=array:a.npz;array:b.npz"], name="mine")
    SweepFolder(tmp_path, "mine").keep(plan)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SweepError, match="or was begun in another folder, where it goes on"):
        SweepFolder(tmp_path, "mine").plan()


@pytest.mark.parametrize("name", ["", ".", "..", "/", "../..", "mine/../mine", "a\0b"])
def test_what_is_no_name_names_no_sweep_of_the_workspace(plan, tmp_path, name):
    SweepFolder(tmp_path, "mine").keep(plan)
    with pytest.raises(SweepError, match=rf"There is no sweep '.*' in {re.escape(str(tmp_path))}: begin"):
        SweepFolder(tmp_path, name).plan()

"""Where a run goes that the command line trains, and where its recipe comes from."""

import io
import os
import sys

import pytest

from latentlab.__main__ import main
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run
from latentlab.core.training import own_process
from tests.cli.trainings import TINY, said, train


def test_without_a_place_a_run_is_kept_in_the_workspace(array, tmp_path, capsys):
    folder = tmp_path / "work"
    changes = ["--dataset", array, *TINY, "--epochs", "1"]
    assert main(["train", "mlp-vae-2d", *changes, "--workspace", str(folder)]) == 0
    (kept,) = folder.glob("*.safetensors")
    assert said(capsys)[-1] == f"Trained 1 epoch, saved as {kept}."
    assert Run.open(kept).training.state == "finished"


def test_a_new_file_of_the_workspace_lies_there_once(array, tmp_path, capsys):
    folder = tmp_path / "work"
    folder.mkdir()
    out = folder / "mine.safetensors"
    assert train(out, array, "--epochs", "1", "--workspace", str(folder)) == 0
    assert [path.name for path in folder.glob("*.safetensors")] == ["mine.safetensors"]


def test_a_file_of_the_workspace_that_is_there_is_replaced_at_the_end(array, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    out = folder / "mine.safetensors"
    for epochs in ("1", "2"):
        assert train(out, array, "--epochs", epochs, "--workspace", str(folder)) == 0
    assert Run.open(out).epochs == 2
    assert len(list(folder.glob("*.safetensors"))) == 2  # the second training was kept beside it on the way


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        (b"epochs = ", "the recipe on standard input is not valid TOML"),
        (b"\xff", "not UTF-8"),
        (b'[training]\nepochs = "many"', "epochs"),
    ],
)
def test_what_is_wrong_with_standard_input_is_told(text, said_of_it, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert main(["train", "-"]) == 2
    (told,) = said(capsys)
    assert said_of_it in told


def test_a_process_of_its_own_trains_the_recipe_that_it_is_given(array, tmp_path):
    recipe = Recipe.load("mlp-vae-2d").with_changes(
        {"data.dataset": array} | dict(pair.split("=") for pair in TINY[1:])
    )
    folder, words = tmp_path / "work", tmp_path / "words.log"
    arguments = ["train", "-", "--epochs", "1", "--workspace", str(folder)]
    process = own_process.start(arguments, words, recipe.to_toml())
    assert process.wait(120) == 0, words.read_text()
    (kept,) = folder.glob("*.safetensors")
    assert f"saved as {kept}" in words.read_text()
    assert Run.open(kept).recipe.model == recipe.model


def test_a_process_that_cannot_be_started_is_a_sentence(tmp_path):
    with pytest.raises(
        own_process.LatentlabError, match=r"is no ordinary file, and nothing is written to it: remove it\.$"
    ):
        own_process.start(["recipes"], tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links as POSIX has them")
def test_words_are_added_to_no_pipe_and_to_no_file_that_a_link_leads_to(tmp_path):
    pipe, link, target = tmp_path / "pipe", tmp_path / "link", tmp_path / "target"
    os.mkfifo(pipe)
    target.write_text("mine")
    link.symlink_to(target)
    for words in (pipe, link):
        with pytest.raises(own_process.LatentlabError, match=f"{words.name} is no ordinary file"):
            own_process.start(["recipes"], words)
    assert target.read_text() == "mine"
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(own_process.LatentlabError, match="pipe is no ordinary file"):
        own_process.start(["recipes"], pipe)
    os.close(reader)

"""The command that tells what was read of an image set."""

import json
import os
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from latentlab.__main__ import main
from latentlab.cli import terminal
from latentlab.core.data import registry
from latentlab.core.data.mapped_images import cache_dir
from tests.cli.trainings import TINY


@pytest.fixture
def pictures(tmp_path):
    """A folder of two classes in colour: picture i has the red level 20 i."""
    for number in range(13):
        folder = tmp_path / "pictures" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (10, 8), (20 * number, 7, 0)).save(folder / f"{number}.png")
    (tmp_path / "pictures" / "a" / "broken.png").write_bytes(b"")
    return tmp_path / "pictures"


def test_a_set_is_described_and_its_first_images_are_saved(pictures, tmp_path, capsys):
    sheet = tmp_path / "new" / "sheet.png"
    assert main(["data", f"folder:{pictures}", "--json", "--sheet", str(sheet)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert found == {
        "name": f"folder:{pictures}",
        "title": "pictures",
        "training": 11,
        "test": 2,
        "shape": [3, 8, 10],
        "class_names": ["a", "b"],
        "class_counts": [7, 6],
        "range": [0, 240],
        "mean": pytest.approx((sum(range(0, 241, 20)) / 13 + 7 + 0) / 3, abs=1e-3),
        "left_out": {"files that cannot be read": 1},
        "notes": ["Not an image, or damaged: a/broken.png."],
    }
    pixels = np.asarray(Image.open(sheet))
    assert pixels.shape == (16, 80, 3)
    images = registry.load(f"folder:{pictures}", pictures).train_images.numpy()
    for number, image in enumerate(images):
        row, column = divmod(number, 8)
        place = pixels[8 * row : 8 * row + 8, 10 * column : 10 * column + 10]
        np.testing.assert_array_equal(place.transpose(2, 0, 1), image)
    assert not pixels[8:, 30:].any()


def test_a_set_is_described_to_people_as_its_images_would_be_with_a_size(pictures, capsys):
    assert main(["data", f"folder:{pictures}", "--size", "16x12", "--fit", "stretch"]) == 0
    told = capsys.readouterr().out
    assert "16×12 pixels, in colour" in told
    assert "1 files that cannot be read" in told
    assert "as chosen: stretched" in " ".join(told.split())
    assert main(["data", "digits", "--json", "--size", "32"]) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [1, 32, 32]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["folder:nowhere"], "nowhere does not exist"),
        (["digits", "--size", "7"], "data.size"),
        (["digits", "--size", "1×2×3"], "data.size"),
        (["digits", "--sheet", "sheet.jpg"], ".png"),
        (["--sheet", "sheet.png"], "name it"),
        (["nothing"], "no image set 'nothing'"),
    ],
)
def test_what_cannot_be_told_is_a_sentence(options, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["data", *options]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
def test_a_folder_whose_name_is_no_text_is_described_and_trained_on(pictures, tmp_path, capsys):
    folder = pictures.rename(tmp_path / os.fsdecode(b"caf\xe9"))
    (folder / "a").rename(folder / os.fsdecode(b"\xff"))
    name = f"folder:{folder}"
    assert main(["data", name, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["class_names"] == ["b", "\\xff"]
    run = str(tmp_path / "run.safetensors")
    options = ["--epochs", "1", "--device", "cpu", "--tensorboard", str(tmp_path / "logs")]
    assert main(["train", "digits-vae-2d", "--dataset", name, "--out", run, *options]) == 0
    capsys.readouterr()
    assert main(["evaluate", run, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dataset"] == found["name"]


@pytest.mark.skipif(os.name == "nt", reason="names of files are tamer there")
def test_names_neither_steer_a_terminal_nor_are_read_as_markup(pictures, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal: there is a bar
    (tmp_path / "x[").mkdir()
    folder = pictures.rename(tmp_path / "x[" / "b]")
    (folder / "a").rename(folder / "\x1b[31mred\x07\x9b2J")
    assert main(["data", f"folder:{folder}"]) == 0
    told = capsys.readouterr()
    assert "\\u001b[31mred\\u0007\\u009b2J" in told.out
    assert "\x1b[31mred" not in told.out + told.err
    assert "\x9b" not in told.out + told.err
    run = str(tmp_path / "run.safetensors")
    assert main(["train", "digits-vae-2d", "--dataset", f"folder:{folder}", "--epochs", "1", "--out", run]) == 0
    told = capsys.readouterr()
    assert "\x1b[31mred" not in told.out + told.err
    assert "images/s" in told.err


def test_the_cache_is_cleared(capsys):
    cache_dir().mkdir(parents=True)
    left = cache_dir() / f"{'0' * 32}.safetensors"
    left.write_bytes(b"0" * 3_000_000)
    assert main(["data", "--clear-cache", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == {"event": "cleared", "sets": 1, "bytes": 3_000_000}
    assert told.err == f"3 MB of images were removed from {cache_dir()}.\n"
    assert not left.exists()


def test_whoever_waits_for_ones_own_images_sees_how_far_their_reading_is(pictures, tmp_path, monkeypatch, capsys):
    name, run = f"folder:{pictures}", str(tmp_path / "run.safetensors")
    shown, shown_share = {}, terminal.shown_share

    @contextmanager
    def seen(title):
        with shown_share(title) as show:
            yield lambda share: (shown.update({title: share}), show(share))

    monkeypatch.setattr(terminal, "shown_share", seen)
    for command in (
        ["data", name],
        ["pack", name, "--out", str(tmp_path / "packed")],
        ["train", "mlp-vae-2d", "--dataset", name, "--out", run, "--epochs", "1", *TINY],
        ["finalise", run, "--out", str(tmp_path / "final.safetensors"), "--prior", "1"],
        ["evaluate", run],
        ["evaluate", run, "--dataset", name],
        ["export", run, "codes", "--out", str(tmp_path / "codes.npz")],
    ):
        shown.clear()
        assert main(command) == 0, capsys.readouterr().err
        assert shown[f"Reading {name}"] == 1, command

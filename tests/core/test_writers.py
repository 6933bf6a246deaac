"""Whatever writes, and whatever fails: the earlier file is whole, nothing lies about, and one sentence tells it."""

import errno
import hashlib
import io
import os
import random
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from latentlab.core import writing
from latentlab.core.data import downloads, image_cache, registry
from latentlab.core.data.downloads import download
from latentlab.core.data.sets.downloaded import Source
from latentlab.core.data.sets.stored_set import StoredSet
from latentlab.core.errors import LatentlabError
from latentlab.core.map import bookmarks, selections
from latentlab.core.map.bookmarks import Bookmark
from latentlab.core.map.selections import NamedSelection
from latentlab.core.output import animation, clean_page, export
from latentlab.core.output.event_files import EventFiles
from latentlab.core.output.export import Codes
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import run_notes
from latentlab.core.runs.run_notes import RunNotes
from latentlab.core.training.trainer import Trainer
from tests.faults import FAULTS, failing, small_disk

ROOT = Path(__file__).parents[2]
NOISE = np.random.default_rng(0).random((3, 1, 40, 40), np.float32)


def codes(number):
    names = np.array(["training", "test", "test"])
    return Codes(np.arange(3), names, np.arange(3), names, NOISE[:, 0, 0] + number, NOISE[:, 0, 1])


def keep_bookmark(folder, number):
    bookmarks.of_run(folder, "run").change(lambda kept: (*kept, Bookmark(name=f"{number}" * 100, extent=(0, 1, 0, 1))))


def keep_selection(folder, number):
    selections.of_dataset(folder, "set").change(
        lambda kept: (*kept, NamedSelection(name=f"{number}" * 100, images=(number,)))
    )


# Each writes other content for another number.
WRITERS = {
    "picture": lambda folder, n: export.save_picture(folder / "a.png", (255 * NOISE[n]).astype(np.uint8)),
    "images": lambda folder, n: export.save_images(folder / "a.npz", NOISE + n / 9, np.arange(3), ["a", "b", "c"]),
    "table": lambda folder, n: export.save_codes(folder / "a.csv", codes(n)),
    "codes": lambda folder, n: export.save_codes(folder / "a.npz", codes(n)),
    "gif": lambda folder, n: animation.save_film(folder / "a.gif", NOISE[None, n:], 10),
    "video": lambda folder, n: animation.save_film(folder / "a.mp4", NOISE[None, n:], 10),
    "strip": lambda folder, n: animation.save_film(folder / "a.png", NOISE[None, n:], 10),
    "page": lambda folder, n: clean_page.save_page(folder / "a.png", NOISE[n]),
    "bookmarks": keep_bookmark,
    "selections": keep_selection,
    "notes of a run": lambda folder, n: run_notes.say(folder / "a.safetensors", RunNotes("A title", f"{n}" * 100)),
}


def save(path, written):
    with writing.whole_file(path, "The file", LatentlabError) as partial:
        partial.write_bytes(written)


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def is_told_and_nothing_is_lost(folder, write, fault):
    """Write into a folder under a fault, and see that it is as before and a sentence tells it."""
    before = content(folder)
    with pytest.raises(LatentlabError) as caught, FAULTS[fault](folder):
        write()
    for each in (folder, *filter(Path.is_dir, folder.rglob("*"))):
        writing.sweep(each)  # what lies in a folder that was taken away
    assert content(folder) == before
    assert before
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    assert ".latentlab-" not in said


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("writer", WRITERS)
def test_the_earlier_file_is_whole_whatever_fails(folder, writer, fault):
    WRITERS[writer](folder, 0)
    is_told_and_nothing_is_lost(folder, lambda: WRITERS[writer](folder, 1), fault)
    before = content(folder)
    WRITERS[writer](folder, 1)
    assert content(folder) != before
    assert content(folder).keys() == before.keys()


@pytest.fixture(scope="module")
def run(tiny_images):
    recipe = Recipe(name="tiny").with_changes({"data.dataset": "tiny", "training.device": "cpu"})
    return Trainer(recipe, tiny_images).result()


@pytest.mark.parametrize("fault", FAULTS)
def test_the_earlier_run_is_whole_whatever_fails(folder, run, fault):
    run.save(folder / "run.safetensors")
    is_told_and_nothing_is_lost(folder, lambda: run.save(folder / "run.safetensors"), fault)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_tensorboard_reads_is_whole_whatever_fails(folder, fault):
    pytest.importorskip("tensorboard")
    images = np.zeros((40, 1, 8, 8), np.uint8)
    with closing(EventFiles(folder)) as written:
        written.embedding("first", np.zeros((40, 20), np.float32), ["nought"] * 40, images)
        written.flush()
        is_told_and_nothing_is_lost(
            folder, lambda: written.embedding("first", np.ones((40, 20), np.float32), ["one"] * 40, images), fault
        )


class _Answer(io.BytesIO):
    length = None


@pytest.mark.parametrize("fault", FAULTS)
def test_a_download_leaves_its_folder_as_it_was_whatever_fails(folder, monkeypatch, fault):
    def extract(arrived):
        yield "images"
        images, labels = np.zeros((2, 1, 8, 8), np.uint8), np.zeros(2, np.int64)
        return images, labels, images, labels

    packed = bytes(1000)
    source = Source(hashlib.md5(packed, usedforsecurity=False).hexdigest(), ("http://nowhere/packed",))
    known = StoredSet("tiny", "Tiny", 2, 2, 1000, ("tiny",), fetched=(source,), extract=extract)
    monkeypatch.setitem(registry.DATASETS, "tiny", known)
    monkeypatch.setattr(downloads, "urlopen", lambda *_, **__: _Answer(packed))
    (folder / "tiny").mkdir()
    (folder / "tiny" / "test-images.npy").write_bytes(b"half")
    is_told_and_nothing_is_lost(folder / "tiny", lambda: list(download("tiny", folder)), fault)
    list(download("tiny", folder))
    assert known.status(folder).is_here
    assert sorted(path.name for path in (folder / "tiny").iterdir()) == sorted(known.files)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "folder"])
def test_images_are_read_whatever_their_cache_does(own_home, tiny_images, monkeypatch, fault):
    monkeypatch.setattr(image_cache, "_QUICK", 0.0)
    (own_home / "cache").mkdir()
    with FAULTS[fault](own_home / "cache"):
        assert image_cache.cached("0" * 32, lambda room: tiny_images) is tiny_images
    assert content(own_home / "cache") == {}


def test_a_disk_that_is_really_full_is_told_and_keeps_the_earlier_file(folder):
    with small_disk(folder):
        (folder / "a").write_bytes(b"earlier")
        (folder / "other").write_bytes(bytes(700_000))
        with pytest.raises(LatentlabError, match="no space left on device; choose another place"):
            save(folder / "a", bytes(500_000))
        assert sorted(path.name for path in folder.iterdir()) == ["a", "other"]
        assert (folder / "a").read_bytes() == b"earlier"
        with suppress(OSError):
            (folder / "rest").write_bytes(bytes(500_000))
        with pytest.raises(LatentlabError, match="no space left on device; choose another place"):
            writing.prove(folder / "new", "The file", LatentlabError)
        assert sorted(path.name for path in folder.iterdir()) == ["a", "other", "rest"]


@pytest.mark.parametrize(("name", "number"), [("chmod", errno.EPERM), ("fsync", errno.EINVAL)])
def test_a_file_system_without_permissions_or_synced_folders_will_do(folder, monkeypatch, name, number):
    """A network share, or a stick from a camera."""
    (folder / "a").write_bytes(b"earlier")
    monkeypatch.setattr(writing, "_sync", lambda file: None)  # files are synced, folders are not
    with failing(os, name, number):
        save(folder / "a", b"new")
    assert (folder / "a").read_bytes() == b"new"


# Others: killed, and at the same time

SAVE_FOR_EVER = """
import os, sys
from pathlib import Path
from latentlab.core.errors import LatentlabError
from latentlab.core.writing import whole_file

path, most = Path(sys.argv[1]), int(sys.argv[2])
for number in range(most):
    with whole_file(path, "The file", LatentlabError) as partial, partial.open("wb") as file:
        for _ in range(8):
            file.write(bytes([number % 256]) * 10_000)
            file.flush()
    if number == 0:
        print("saved", flush=True)
"""


def is_whole(path):
    found = path.read_bytes()
    return len(found) == 80_000 and found == found[:1] * 80_000


def saving(path, most):
    command = [sys.executable, "-c", SAVE_FOR_EVER, path, str(most)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("kills", [20, pytest.param(1000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
def test_who_is_killed_while_saving_leaves_a_whole_file_and_nothing_after_the_next_start(tmp_path, kills):
    path, left = tmp_path / "file", 0
    for _ in range(kills):
        with saving(path, 1_000_000) as process:
            process.stdout.readline()
            time.sleep(random.uniform(0, 0.01))  # it is killed anywhere in one of its next savings
            process.kill()
        assert is_whole(path)
        left += len(list(tmp_path.iterdir())) - 1
        writing.sweep(tmp_path)
        assert list(tmp_path.iterdir()) == [path]
    assert left, "it was never killed while it saved"


@pytest.mark.parametrize("savings", [60, pytest.param(5000, marks=[pytest.mark.soak, pytest.mark.timeout(600)])])
def test_two_that_save_at_the_same_place_never_trouble_each_other(tmp_path, savings):
    path, read = tmp_path / "file", 0
    processes = [saving(path, savings) for _ in range(2)]
    for process in processes:
        process.stdout.readline()
    while any(process.poll() is None for process in processes):
        assert is_whole(path)
        writing.sweep(tmp_path)  # a third one starts
        read += 1
    for process in processes:
        assert (process.communicate()[1], process.returncode) == ("", 0)
    assert read
    assert list(tmp_path.iterdir()) == [path]

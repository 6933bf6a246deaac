"""A set that was slow to read is read once; whatever happens to what was kept of it, what is opened is right."""

import errno
import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from latentlab.core.data import image_cache, mapped_images, registry
from latentlab.core.data.columns import Column
from latentlab.core.data.image_cache import Removed, cached, clear, key_of
from latentlab.core.data.image_set import DatasetError, ImageSet
from latentlab.core.data.mapped_images import cache_dir, new_map
from latentlab.core.data.pictures import picture_reading, user_folder
from latentlab.core.data.reading import Reading, ReadingCancelledError
from latentlab.core.locks import hold, machine
from tests.core.data.kept_sets import KEY, are_equal, never, patches, stored
from tests.core.machines import another_machine, long_ago


@pytest.fixture(params=["mapped", "memory"])
def keen(request, monkeypatch):
    """Keep every set, however quick to read: read into a map, or into memory and written after that."""
    monkeypatch.setattr(image_cache, "_QUICK", 0.0)
    if request.param == "mapped":
        monkeypatch.setattr(image_cache, "_SMALL", 0)
    return request.param


@pytest.fixture
def mapping(monkeypatch):
    monkeypatch.setattr(image_cache, "_SMALL", 0)


@pytest.fixture
def folder(tmp_path):
    """Give a folder of twelve pictures in two classes, a broken one, and a column."""
    random = np.random.default_rng(0)
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(6):
            Image.fromarray(random.integers(0, 256, (9, 8, 3), np.uint8)).save(tmp_path / label / f"{number}.png")
    (tmp_path / "a" / "broken.png").write_bytes((tmp_path / "a" / "0.png").read_bytes()[:150])
    (tmp_path / "columns.csv").write_text("file,age,who\na/0.png,7,Ann\na/1.png,,Bob\n")
    return tmp_path


@pytest.fixture
def opened_files(monkeypatch):
    """Give the list of files whose pixels were read."""
    files, read = [], picture_reading.images_of
    monkeypatch.setattr(picture_reading, "images_of", lambda header, look: note(header) or read(header, look))

    def note(header):
        files.append(header.path.name)

    return files


def load(folder, **choices):
    return registry.load(f"folder:{folder}", folder, **choices)


# Read once


def test_a_folder_is_read_once(keen, folder, opened_files):
    first = load(folder)
    assert len(opened_files) == 13
    assert ("files that cannot be read", 1) in first.left_out
    second = load(folder)
    assert len(opened_files) == 13, "no picture is opened again"
    are_equal(first, second)
    assert second.train_columns[0].name == "age"
    third = load(folder, size=(16, 16))
    assert len(opened_files) == 26, "another choice is another set"
    assert third.image_shape == (3, 16, 16)
    assert len(stored()) == 4


@pytest.mark.parametrize("change", ["pixels", "table", "more", "fewer", "moved"])
def test_what_changed_is_read_anew(keen, folder, change):
    before = load(folder)
    path = folder / "a" / "0.png"
    status = path.stat()
    if change == "pixels":  # behind the back of size and time
        Image.fromarray(np.random.default_rng(9).integers(0, 256, (9, 8, 3), np.uint8)).save(path)
        path.write_bytes(path.read_bytes().ljust(status.st_size, b"\0")[: status.st_size])
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    elif change == "table":
        (folder / "columns.csv").write_text("file,age,who\na/0.png,8,Eve\na/1.png,,Bob\n")
    elif change == "more":
        (folder / "b" / "new.png").write_bytes(path.read_bytes())
    elif change == "fewer":
        (folder / "a" / "5.png").unlink()
    else:
        (folder / "b").rename(folder / "c")
    after = load(folder)
    assert (after.fingerprint, after.class_names, after.train_columns, after.test_columns) != (
        before.fingerprint,
        before.class_names,
        before.train_columns,
        before.test_columns,
    )
    assert after.class_names == ("a", "c" if change == "moved" else "b")
    assert len(after.train_images) + len(after.test_images) == {"more": 13, "fewer": 11}.get(change, 12)


def test_a_key_tells_files_and_choices_apart(tmp_path):
    path = tmp_path / "file"
    keys = {
        key_of([path]),
        key_of([]),
        key_of([path], 1),
        key_of([path], (8, 8), "pad"),
        key_of([path], (8, 8), "crop"),
    }
    path.write_bytes(b"1")
    keys |= {key_of([path])}
    assert len(keys) == 6
    assert key_of([path]) == key_of([path]) in keys


def test_another_plugin_of_pillow_is_reason_to_read_again(keen, folder, monkeypatch, opened_files):
    load(folder)
    monkeypatch.setattr(user_folder, "formats", lambda suffix: ("PNG", "HEIF"))
    load(folder)
    assert len(opened_files) == 26


def test_arrays_are_read_once_with_the_files_beside_them(keen, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 65536, (12, 8, 8), np.uint16)
    np.save(tmp_path / "x_train.npy", pixels)
    np.save(tmp_path / "y_train.npy", np.arange(12) % 2)
    name = f"array:{tmp_path / 'x_train.npy'}"
    first = registry.load(name, tmp_path)
    assert len(first.test_images) == 2
    are_equal(registry.load(name, tmp_path), first)
    assert len(stored()) == 2
    np.save(tmp_path / "x_test.npy", pixels[:3])
    second = registry.load(name, tmp_path)
    assert len(second.test_images) == 3, "there are images to test with now"
    are_equal(registry.load(name, tmp_path), second)
    assert len(stored()) == 4


def test_small_sets_that_are_quick_to_read_are_not_kept(folder, monkeypatch):
    monkeypatch.setattr(image_cache, "_QUICK", 100.0)
    load(folder)
    assert stored() == []


@given(
    names=st.lists(st.text(), min_size=1, max_size=3),
    notes=st.lists(st.text(), max_size=3),
    left_out=st.lists(st.tuples(st.text(), st.integers(1, 2**40)), max_size=2),
    values=st.lists(st.floats(), min_size=4, max_size=4),
    texts=st.lists(st.text(), max_size=3),
    labels=st.lists(st.integers(-1, 0), min_size=4, max_size=4),
    size=st.none() | st.tuples(st.integers(8, 256), st.integers(8, 256)),
    channels=st.sampled_from([1, 3]),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_told_of_a_set_is_kept(keen, names, notes, left_out, values, texts, labels, size, channels):
    columns = [Column("ä", np.array(values, np.float64), tuple(texts))]

    def read(room):
        images = room((4, channels, 8, 9))
        images[:] = 7
        pixels = torch.from_numpy(images)
        return ImageSet(
            names[0],
            names[-1],
            *(pixels[:3], torch.tensor(labels[:3]), pixels[3:], torch.tensor(labels[3:])),
            tuple(names),
            train_columns=tuple(column.taken(slice(3)) for column in columns),
            test_columns=tuple(column.taken(slice(3, None)) for column in columns),
            left_out=tuple(left_out),
            notes=tuple(notes),
            fitted=(size, "pad"),
        )

    clear()
    are_equal(cached(KEY, read), cached(KEY, never))


# Whatever happens to it


def cut(path):
    os.truncate(path, path.stat().st_size - 1)


def of_another_shape(path):
    path.unlink()
    new_map(path, (3, 3, 8, 8))


def emptied(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, of_another_shape, Path.unlink, emptied])
@pytest.mark.parametrize("kind", [".npy", ".safetensors"])
def test_what_is_damaged_is_read_anew(keen, kind, damage):
    right = cached(KEY, patches)
    [path] = [path for path in cache_dir().iterdir() if path.suffix == kind]
    damage(path)
    calls = []
    again = cached(KEY, lambda room: calls.append(1) or patches(room))
    assert calls == [1]
    are_equal(again, patches(mapped_images.in_memory))
    are_equal(cached(KEY, never), again)
    assert right.name == again.name


@pytest.mark.parametrize("full", ["disk", "place"])
def test_without_room_images_are_in_memory_and_that_is_told(mapping, monkeypatch, full):
    if full == "disk":

        def fail(file, size):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(mapped_images, "allocate", fail)
    else:
        cache_dir().parent.mkdir(exist_ok=True)
        cache_dir().write_text("a file where a folder should be")
    images = cached(KEY, patches)
    are_equal(replace(images, notes=()), patches(mapped_images.in_memory))
    [note] = images.notes
    assert note.startswith("The images take 0.0 GB of memory, since the cache in ")
    assert note.endswith(".")
    assert not cache_dir().is_dir() or stored() == []


def test_a_disk_that_is_nearly_full_is_left_alone(mapping, monkeypatch):
    cached(KEY, patches)
    monkeypatch.setattr(image_cache, "_FREE_BYTES", 10**18)
    images = cached("1" * 32, patches)
    assert "the disk has only" in images.notes[0]
    assert stored() == [], "what was kept had to go first"


def test_what_cannot_be_written_at_the_end_is_used_all_the_same(keen, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    are_equal(cached(KEY, patches), patches(mapped_images.in_memory))
    assert stored() == []


def test_a_cancelled_reading_leaves_nothing(keen, folder):
    cancelled = threading.Event()
    following = Reading(lambda progress: progress.step == "reading" and cancelled.set(), cancelled)
    with pytest.raises(ReadingCancelledError):
        load(folder, reading=following)
    assert stored() == []


def test_a_reading_that_fails_leaves_nothing(keen):
    def fail(room):
        room((4, 1, 8, 8))
        raise DatasetError("No.")

    with pytest.raises(DatasetError):
        cached(KEY, fail)
    assert stored() == []


def test_two_that_read_the_same_at_once_both_end_well(keen):
    def read(room):
        images = patches(room)
        others.append(cached(KEY, patches))  # somebody else comes first
        return images

    others = []
    mine = cached(KEY, read)
    are_equal(mine, others[0])
    are_equal(mine, cached(KEY, never))
    assert len(stored()) == 2


# Bounded, and cleared


def test_it_is_bounded_and_the_least_recently_used_goes_first(keen, monkeypatch):
    monkeypatch.setattr(image_cache, "MOST_BYTES", 8000)  # three sets of 2,048 bytes of images, and what is beside
    for number in range(3):
        cached(f"{number}" * 32, patches)
        os.utime(cache_dir() / f"{number * 11111111111111111111111111111111:032d}.safetensors", (number, number))
    cached(KEY, never)  # is used again
    cached("3" * 32, patches)
    assert [name[0] for name in stored()] == ["0", "0", "2", "2", "3", "3"]


def test_a_set_that_is_in_use_stays_and_one_may_be_larger_than_all(mapping, monkeypatch):
    monkeypatch.setattr(image_cache, "MOST_BYTES", 100)
    first = cached(KEY, patches)
    cached("1" * 32, patches)
    assert len(stored()) == 4
    cached("2" * 32, patches)
    assert {name[0] for name in stored()} == {"0", "2"}
    del first
    assert clear().sets == 2
    assert stored() == []


def test_clearing_leaves_what_is_in_use_and_what_is_not_its_own(mapping):
    kept = cached(KEY, patches).train_images[2:3]
    cached("1" * 32, patches)
    (cache_dir() / "holiday").mkdir()
    (cache_dir() / "letter.npy").write_text("Dear")
    size = sum(path.stat().st_size for path in cache_dir().glob("1*"))
    assert clear() == Removed(1, size)
    assert {name[0] for name in stored()} == {"0", "h", "l"}
    assert torch.equal(kept, cached(KEY, never).train_images[2:3])


@pytest.mark.parametrize("comes_by", [lambda: cached(KEY, patches), image_cache.tidy, clear])
def test_what_a_crash_left_behind_goes_and_what_somebody_writes_stays(mapping, comes_by):
    cache_dir().mkdir(parents=True)
    left, written = (cache_dir() / f"{key * 32}.{machine()}-{key * 8}.npy" for key in "12")
    left.write_bytes(b"x")
    held = hold(written)
    comes_by()
    assert not left.exists()
    assert written.exists()
    os.close(held)
    clear()
    assert not written.exists()


@pytest.mark.parametrize("comes_by", [lambda: cached(os.urandom(16).hex(), patches), image_cache.tidy, clear])
def test_what_another_machine_writes_stays_for_a_day(mapping, comes_by):
    with another_machine():
        draft = image_cache._Draft(cache_dir() / f"{'1' * 32}.safetensors")
        draft.room((2, 1, 8, 8))
    (written,) = cache_dir().iterdir()
    del image_cache._open[written]  # this machine knows of no file that another has open
    comes_by()
    assert written.exists()
    long_ago(written)
    comes_by()
    assert not written.exists()

"""Packing goes on where it broke off, and tells in a sentence what is wrong with a pack."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import namedtuple
from pathlib import Path

import pytest

from latentlab.core.data import registry
from latentlab.core.data.shards import packing
from latentlab.core.data.shards.checking import check
from latentlab.core.data.shards.packing import Packed, pack
from latentlab.core.data.shards.shard_index import read_index
from latentlab.core.locks import hold_alone
from tests.core.data.kept_sets import are_equal
from tests.core.data.sentences import sentence_of
from tests.core.data.shards.own_packs import as_packed, everything
from tests.faults import failing, full_disk

ROOT = Path(__file__).parents[4]
SHARDS = 8  # of `everything`: three of images, one of labels, four of columns
KILLED = """
import os, signal
from latentlab.core.data.shards import packing, shard_index
from tests.core.data.shards.own_packs import everything
shard_index._FEWEST = 1 << 16
inner, told = packing.{owner}, 0

def until(*arguments, **more):
    global told
    told += 1
    if told > {calls}:
        os.kill(os.getpid(), signal.SIGKILL)
    return inner(*arguments, **more)

packing.{owner} = until
packing.pack(everything(), packing.Path({folder!r}), jobs={jobs})
"""


def is_of(folder):
    name = f"shards:{folder}"
    are_equal(registry.load(name, folder), as_packed(everything(), name))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize(("owner", "calls"), [("_Packing._tell", 3), ("whole_file", 4)])
def test_what_was_killed_goes_on(tmp_path, owner, calls):
    folder = tmp_path / "packed"
    script = KILLED.format(owner=owner, calls=calls, folder=str(folder), jobs=2)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    whole = {path: path.stat().st_ino for path in folder.glob("*.bin")}
    said = sentence_of(registry.load, f"shards:{folder}", tmp_path)
    assert "is not packed to the end" in said
    assert f"'latentlab pack everything --out {folder}' goes on" in said
    packed = pack(everything(), folder)
    assert packed == Packed(SHARDS - len(whole), len(whole), packed.bytes)
    assert {path: path.stat().st_ino for path in whole} == whole, "nothing that was whole is written again"
    is_of(folder)
    assert not [name for name in names(folder) if name.startswith(".")]


def test_what_is_whole_stays_and_what_is_damaged_is_mended(tmp_path):
    folder = tmp_path / "packed"
    assert pack(everything(), folder, jobs=3).written == SHARDS
    assert pack(everything(), folder).kept == SHARDS
    for name in ("images-00001.bin", "column1-00000.bin"):
        content = bytearray((folder / name).read_bytes())
        content[100] ^= 1
        (folder / name).write_bytes(content)
    for read in (check, lambda folder: registry.load(f"shards:{folder}", folder)):
        said = sentence_of(read, folder)
        assert "images-00001.bin, column1-00000.bin are damaged" in said
    assert pack(everything(), folder) == Packed(2, SHARDS - 2, read_index(folder).bytes)
    assert check(folder).lacking == 0
    is_of(folder)


def test_columns_that_changed_are_written_again(tmp_path):
    pack(everything(), tmp_path)
    changed = everything()
    changed.test_columns[0].values[-1] = 7
    assert pack(changed, tmp_path).written == 1
    assert registry.load(f"shards:{tmp_path}", tmp_path).test_columns[0].values[-1] == 7


def test_it_ends_when_it_is_cancelled(tmp_path):
    cancelled = threading.Event()
    assert pack(everything(), tmp_path / "packed", 1, lambda share: cancelled.set(), cancelled) is None
    assert 0 < read_index(tmp_path / "packed").lacking < SHARDS
    assert pack(everything(), tmp_path / "packed").kept >= 1
    is_of(tmp_path / "packed")


def edited(folder, **changes):
    index = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps(index | changes))


# What is done to a pack, and what is said of it.
DAMAGES = {
    "missing": (lambda folder: (folder / "images-00002.bin").unlink(), "images-00002.bin is missing: 'latentlab pack"),
    "short": (lambda folder: os.truncate(folder / "labels-00000.bin", 100), "labels-00000.bin has 100 of 1,040 bytes"),
    "long": (lambda folder: os.truncate(folder / "labels-00000.bin", 2000), "has 2,000 of 1,040 bytes"),
    "no index": (lambda folder: (folder / "index.json").unlink(), "is no packed set, it has no index.json"),
    "later": (lambda folder: edited(folder, format="latentlab-shards/2"), "is of a later version of latentlab"),
    "other": (lambda folder: edited(folder, format="mosaic/1"), "is no index of shards: pack the set again"),
    "strange": (lambda folder: edited(folder, format=[7]), "is no index of shards"),
    "no text": (lambda folder: (folder / "index.json").write_bytes(b"\xff{"), "index.json is damaged"),
    "empty": (lambda folder: (folder / "index.json").write_bytes(b""), "index.json is damaged"),
    "nested": (lambda folder: (folder / "index.json").write_text("[" * 100_000), "index.json is damaged"),
    "fewer": (lambda folder: edited(folder, training=99), "has 39,358 of 38,047 bytes"),
    "huge": (lambda folder: edited(folder, training=10**8, shape=[3, 60_000, 60_000]), "index.json is damaged"),
    "more": (lambda folder: edited(folder, training=10**12), "index.json is damaged"),
    "odd pages": (lambda folder: edited(folder, shard_bytes=1000), "index.json is damaged"),
    "fewer classes": (lambda folder: edited(folder, class_names=["a"]), "some are of no class"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_told_in_a_sentence(tmp_path, damage):
    pack(everything(), tmp_path / "packed")
    does, told = DAMAGES[damage]
    does(tmp_path / "packed")
    said = sentence_of(registry.load, f"shards:{tmp_path / 'packed'}", tmp_path)
    assert told in said
    assert str(tmp_path / "packed") in said


def test_nothing_is_packed_over_something_else(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert "file is a file" in sentence_of(pack, everything(), tmp_path / "file")
    assert "holds something else, such as mine.txt" in sentence_of(pack, everything(), tmp_path / "full")
    assert names(tmp_path) == ["file", "full"]
    assert names(tmp_path / "full") == ["mine.txt"]
    pack(everything(), tmp_path / "packed")
    said = sentence_of(pack, everything(seed=1), tmp_path / "packed")
    assert "holds the shards of another set, Everything (130 images)" in said
    is_of(tmp_path / "packed")


def test_a_pack_that_is_taken_for_pictures_is_told_by_its_name(tmp_path):
    pack(everything(paired=True), tmp_path)
    assert f"write shards:pairs:{tmp_path}." in sentence_of(registry.load, f"folder:{tmp_path}", tmp_path)


def test_two_do_not_pack_into_one_folder(tmp_path):
    held = hold_alone(tmp_path / packing._LOCK)
    assert "Another latentlab packs into" in sentence_of(pack, everything(), tmp_path)
    os.close(held)
    pack(everything(), tmp_path)
    is_of(tmp_path)


def test_a_full_disk_is_told_and_the_rest_is_written_later(tmp_path, monkeypatch):
    folder, usage = tmp_path / "packed", namedtuple("usage", "free")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda folder: usage(1000))
        assert "take 176 kB more, and the disk" in sentence_of(pack, everything(), folder)
    with full_disk(40_000):  # the labels and columns find room
        assert "The shard could not be saved" in sentence_of(pack, everything(), folder)
    assert "is not packed to the end" in sentence_of(registry.load, f"shards:{folder}", folder)
    with failing(os, "replace", errno.EACCES, lambda path, *_: ".latentlab-" in str(path)):
        assert "choose another place" in sentence_of(pack, everything(), folder)
    pack(everything(), folder)
    is_of(folder)

"""Sets of any size train within two gigabytes: those of a test are holes in a file, which take no disk."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from latentlab.core.data import mapped_images, registry
from latentlab.core.data.mapped_images import Batches, looking_ahead
from latentlab.core.data.shards import packed_set
from latentlab.core.data.shards.checking import check
from tests.core.data.sentences import sentence_of
from tests.core.data.shards.own_packs import sparse

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks the system as Linux answers")
ROOT = Path(__file__).parents[4]
LIMIT = 2_000_000_000  # bytes
TRAINED = """
import json, sys
from pathlib import Path
from latentlab.core.data import registry
from latentlab.core.data.description import described
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

name, steps = sys.argv[1], int(sys.argv[2])
network = {"layers": [16]}
recipe = Recipe.from_dict({
    "data": {"dataset": name},
    "model": {"encoder": network, "decoder": network},
    "training": {"batch_size": 200, "epochs": 1, "device": "cpu", "threads": 1},
})
data = registry.load(name, Path())
found = described(data)
trainer, done = Trainer(recipe, data), 0
for event in trainer.events():
    done += len(getattr(event, "losses", ()))
    if done >= steps:
        trainer.control.stop.set()
trainer.result()
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(json.dumps({"images": found.training + found.test, "steps": done, "bytes": 1024 * int(peak)}))
"""


def resident(address):
    """Give the bytes that this process holds of the maps from an address on that lie in one folder."""
    held, path = 0, None
    for line in Path("/proc/self/smaps").read_text().splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            begin = int(words[0].partition("-")[0], 16)
            path = words[-1] if begin >= address else None
        elif words[0] == "Rss:" and path and path.endswith(".bin"):
            held += 1024 * int(words[1])
    return held


def test_what_was_looked_at_is_let_go(tmp_path, monkeypatch):
    sparse(tmp_path / "packed", (1, 64, 64), 400_000)
    images = registry.load(f"shards:{tmp_path / 'packed'}", tmp_path).train_images
    assert images.nbytes > mapped_images.LARGE
    monkeypatch.setattr(mapped_images, "_HELD", 8_000_000)
    looked = []
    order, held = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:1000], []
    for rows in looking_ahead(images, Batches(order, 20)):
        images.index_select(0, rows)
        if len(looked) % 5 == 0:
            held.append(resident(images.data_ptr()))
        looked.append(rows)
    assert max(held) < 8_000_000 + 2 * 20 * (1 << 17)
    assert sum(held) > 0
    assert torch.equal(torch.cat(looked), order)


def test_a_large_pack_is_opened_by_its_sizes_and_read_when_it_is_checked(tmp_path, monkeypatch):
    monkeypatch.setattr(packed_set, "LARGE", 1)
    sparse(tmp_path / "packed", (3, 16, 16), 3000)
    assert registry.load(f"shards:{tmp_path / 'packed'}", tmp_path).levels[:2] == (0, 255)
    assert "images-00000.bin, labels-00000.bin are damaged" in sentence_of(check, tmp_path / "packed")


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("shape", "count"), [((3, 64, 64), 8_150_000), ((1, 32, 32), 99_000_000)])
def test_a_hundred_gigabytes_train_within_two(tmp_path, shape, count):
    index = sparse(tmp_path / "packed", shape, count)
    assert index.bytes > 100_000_000_000
    told = subprocess.run(
        [sys.executable, "-c", TRAINED, f"shards:{tmp_path / 'packed'}", "500"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    said = json.loads(told.stdout)
    assert said["images"] == count
    assert said["steps"] >= 500
    assert said["bytes"] < LIMIT, f"{said['bytes'] / 1e9:.2f} GB"

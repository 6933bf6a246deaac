"""Tiny image sets, packed as servers offer them."""

import gzip
import io
import tarfile
import zipfile

import numpy as np
from PIL import Image
from scipy.io import savemat

from latentlab.core.data import registry
from latentlab.core.data.sets.downloaded import Downloaded
from tests.core.data.arrays.own_arrays import idx

DOWNLOADED = {name: known for name, known in registry.DATASETS.items() if isinstance(known, Downloaded)}
COLOUR = ("cifar-10", "svhn", "eurosat")


def packed_set(name: str) -> dict[str, bytes]:
    """A tiny set, as a server offers it: file names and packed contents."""
    noise = np.random.default_rng(0)
    if name in COLOUR:
        return {"cifar-10": packed_cifar, "svhn": packed_svhn, "eurosat": packed_eurosat}[name]()
    files = {}
    for count, (images, labels) in ((300, DOWNLOADED[name].files[:2]), (60, DOWNLOADED[name].files[2:])):
        label_values = np.ones(count, np.uint8) if name != "qmnist" else np.ones((count, 8), np.int32)
        files[f"{images}.gz"] = gzip.compress(idx(noise.integers(0, 256, (count, 28, 28), dtype=np.uint8)))
        files[f"{labels}.gz"] = gzip.compress(idx(label_values))
    if name != "emnist-letters":
        return files
    return {"gzip.zip": zipped({f"gzip/{file}": content for file, content in files.items()} | {"gzip/other.gz": b"?"})}


def zipped(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        for file, content in files.items():
            writing.writestr(file, content)
    return archive.getvalue()


def coloured(label: int, number: int, side: int = 32) -> np.ndarray:
    """An image (3, H, W) that tells its class by its red and its number by its green; its upper half is blue."""
    image = np.zeros((3, side, side), np.uint8)
    image[0], image[1], image[2, : side // 2] = 20 * label, number % 240, 200
    return image


def packed_cifar() -> dict[str, bytes]:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as writing:
        for name in (*(f"data_batch_{number}.bin" for number in (3, 1, 2, 4, 5)), "test_batch.bin", "readme.html"):
            start = 60 * (int(name[11]) - 1) if name.startswith("data") else 0
            content = b"".join(
                bytes([number % 10]) + coloured(number % 10, number).tobytes() for number in range(start, start + 60)
            )
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            writing.addfile(member, io.BytesIO(content))
    return {"cifar-10-binary.tar.gz": archive.getvalue()}


def packed_svhn() -> dict[str, bytes]:
    files = {}
    for name, count in (("train_32x32.mat", 300), ("test_32x32.mat", 60)):
        images = np.stack([coloured(number % 10, number) for number in range(count)])
        labels = np.array([number % 10 or 10 for number in range(count)], np.uint8)[:, None]
        file = io.BytesIO()
        savemat(file, {"X": images.transpose(2, 3, 1, 0), "y": labels}, do_compression=True)
        files[name] = file.getvalue()
    return files


def packed_eurosat() -> dict[str, bytes]:
    classes = ["SeaLake", "AnnualCrop", "Forest", "HerbaceousVegetation", "Highway"]
    classes += ["Industrial", "Pasture", "PermanentCrop", "Residential", "River"]
    files = {"2750/": b""}
    for label, name in enumerate(classes):
        for number in range(1, 37):
            file = io.BytesIO()
            Image.fromarray(coloured((label - 1) % 10, number, 64).transpose(1, 2, 0)).save(file, "JPEG", quality=95)
            files[f"2750/{name}/{name}_{number}.jpg"] = file.getvalue()
    return {"EuroSAT.zip": zipped(files)}

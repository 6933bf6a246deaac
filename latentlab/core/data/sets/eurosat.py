"""EuroSAT: patches of land in Europe as the satellite Sentinel-2 sees them, in its red, green and blue."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from latentlab.core.data.natural_order import natural_order
from latentlab.core.data.sets.downloaded import Source
from latentlab.core.data.sets.stored_set import Extraction, StoredSet
from latentlab.core.data.splitting import split

_CLASSES = {
    "AnnualCrop": "annual crop",
    "Forest": "forest",
    "HerbaceousVegetation": "herbaceous vegetation",
    "Highway": "highway",
    "Industrial": "industrial",
    "Pasture": "pasture",
    "PermanentCrop": "permanent crop",
    "Residential": "residential",
    "River": "river",
    "SeaLake": "sea or lake",
}
_FOLDERS = tuple(_CLASSES)


def _extract(arrived: Sequence[Path]) -> Extraction:
    """Read pictures of 64x64 pixels in a folder for each class; a sixth of each is set apart for testing."""
    from latentlab.core.data.pictures.picture_opening import opened

    with zipfile.ZipFile(arrived[0]) as archive:
        paths = sorted(map(Path, archive.namelist()), key=natural_order)
        paths = [path for path in paths if path.suffix == ".jpg"]
        images = np.empty((len(paths), 3, 64, 64), np.uint8)
        for image, path in zip(images, paths, strict=True):
            yield path.name
            with opened(BytesIO(archive.read(path.as_posix()))) as picture:
                image[...] = np.asarray(picture.convert("RGB")).transpose(2, 0, 1)
    labels = np.array([_FOLDERS.index(path.parent.name) for path in paths], np.int64)
    train, test = split(labels)
    return images[train], labels[train], images[test], labels[test]


DATASET = StoredSet(
    name="eurosat",
    title="EuroSAT",
    train_count=22_499,
    test_count=4_501,
    download_bytes=94_280_567,
    class_names=tuple(_CLASSES.values()),
    place=("eurosat",),
    fetched=(
        Source(
            "c8fa014336c82ac7804f0398fcb19387",
            (
                "https://huggingface.co/datasets/torchgeo/eurosat/resolve/c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip",
                "https://madm.dfki.de/files/sentinel/EuroSAT.zip",
            ),
        ),
    ),
    extract=_extract,
)

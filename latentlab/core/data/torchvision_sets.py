"""The image sets that torchvision knows: where their files lie, whether they are whole, and opening them."""

from __future__ import annotations

import math
import string
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import torch

from latentlab.core.data.image_set import DatasetError, ImageSet

_UINT8, _INT32 = 8, 12  # element types in the header of an IDX file


@dataclass(frozen=True)
class StandardSet:
    """One set of torchvision's; the counts and the size are those of the full set."""

    name: str
    title: str
    torchvision_class: str
    train_count: int
    test_count: int
    download_bytes: int
    class_names: tuple[str, ...] = tuple(string.digits)
    train_files: tuple[str, str] = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    test_files: tuple[str, str] = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the images and labels for training and for testing."""
        return self.train_files + self.test_files

    @property
    def megabytes(self) -> str:
        """Size of the download, in words."""
        return f"{self.download_bytes / 1e6:.0f} MB"

    def folder(self, data_dir: Path) -> Path:
        """Give the folder of the files: ``MNIST/raw`` below `data_dir`, or `data_dir` where it is part of that path."""
        data_dir = data_dir.expanduser().resolve()
        usual = data_dir / self.torchvision_class / "raw"
        if usual.is_dir():
            return usual
        if data_dir.name == self.torchvision_class and (data_dir / "raw").is_dir():
            return data_dir / "raw"
        if data_dir.name == "raw" and data_dir.parent.name == self.torchvision_class:
            return data_dir
        return usual


STANDARD_SETS = {
    known.name: known
    for known in (
        StandardSet("mnist", "MNIST", "MNIST", 60_000, 10_000, 11_594_722),
        StandardSet(
            "fashion-mnist",
            "Fashion-MNIST",
            "FashionMNIST",
            60_000,
            10_000,
            30_878_645,
            class_names=(
                *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
                *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
            ),
        ),
        StandardSet(
            "kmnist",
            "Kuzushiji-MNIST",
            "KMNIST",
            60_000,
            10_000,
            21_240_888,
            class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        ),
        StandardSet(
            "qmnist",
            "QMNIST",
            "QMNIST",
            60_000,
            60_000,
            20_499_295,
            train_files=("qmnist-train-images-idx3-ubyte", "qmnist-train-labels-idx2-int"),
            test_files=("qmnist-test-images-idx3-ubyte", "qmnist-test-labels-idx2-int"),
        ),
        StandardSet(
            "emnist-letters",
            "EMNIST letters",
            "EMNIST",
            124_800,
            20_800,
            561_753_746,  # one archive holds every part of EMNIST; only the letters are unpacked
            class_names=tuple(string.ascii_uppercase),
            train_files=("emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte"),
            test_files=("emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte"),
        ),
    )
}


def torchvision_datasets() -> ModuleType:
    """Import ``torchvision.datasets``; this takes a second, and fails where it was built for another torch."""
    try:
        from torchvision import datasets
    except (ImportError, RuntimeError, AttributeError, OSError) as error:
        raise DatasetError(
            f"torchvision cannot be opened ({_first_line(error)}): it does not match torch {torch.__version__}, so "
            "reinstall both together, with 'pip install --force-reinstall torch torchvision'."
        ) from error
    return datasets  # type: ignore[no-any-return]


def counts(known: StandardSet, data_dir: Path) -> tuple[int, int] | None:
    """Give how many images for training and testing the files hold, from their headers and sizes alone.

    Returns
    -------
    tuple of int, or None
        None where no file of the set is there.

    Raises
    ------
    DatasetError
        If files are there, but missing in part, packed or damaged.
    """
    folder = known.folder(data_dir)
    try:
        missing = [name for name in known.files if not (folder / name).is_file()]
        packed = [name for name in missing if (folder / f"{name}.gz").is_file()]
        if packed:
            raise DatasetError(f"{folder / packed[0]}.gz is still packed: unpack the .gz files in that folder.")
        if len(missing) == len(known.files):
            return None
        if missing:
            raise DatasetError(f"{folder / missing[0]} is missing: download {known.title} again.")
        train, test = (_count(known, folder, files) for files in (known.train_files, known.test_files))
    except OSError as error:
        raise DatasetError(f"{error.filename or folder} cannot be read: {error.strerror}.") from error
    return train, test


def load(known: StandardSet, data_dir: Path) -> ImageSet:
    """Open the files of a set, as they are."""
    if counts(known, data_dir) is None:
        raise DatasetError(
            f"{known.title} is not on this machine (looked in {known.folder(data_dir)}): get its {known.megabytes} "
            f"with 'latentlab data --download {known.name}' or the Download button, or use the bundled digits."
        )
    train_images, train_labels = _open(known, data_dir, known.train_files)
    test_images, test_labels = _open(known, data_dir, known.test_files)
    return ImageSet(
        known.name,
        known.title,
        train_images[:, None],
        train_labels,
        test_images[:, None],
        test_labels,
        known.class_names,
    )


def _count(known: StandardSet, folder: Path, files: tuple[str, str]) -> int:
    images, labels = (_shape(known, folder / name) for name in files)
    if images[0] != labels[0]:
        raise DatasetError(
            f"{folder / files[0]} holds {images[0]:,} images, but {files[1]} {labels[0]:,} labels: "
            f"delete both and download {known.title} again."
        )
    return images[0]


def _shape(known: StandardSet, path: Path) -> tuple[int, ...]:
    """Read the header of an IDX file and compare the file's size with what it announces."""
    with path.open("rb") as file:
        header = file.read(16)
    expected = (_UINT8, 3) if "images" in path.name else (_INT32, 2) if "idx2-int" in path.name else (_UINT8, 1)
    kind, dimensions = (header[2], header[3]) if len(header) >= 4 else (0, 0)
    start = 4 + 4 * dimensions
    mend = f"delete it and download {known.title} again"
    if not header:
        raise DatasetError(f"{path} is empty: {mend}.")
    if (kind, dimensions) != expected or header[:2] != b"\0\0" or len(header) < start:
        raise DatasetError(f"{path} is damaged, it does not start as an IDX file of its kind: {mend}.")
    shape = tuple(int.from_bytes(header[at : at + 4], "big") for at in range(4, start, 4))
    announced = start + math.prod(shape) * (4 if kind == _INT32 else 1)
    found = path.stat().st_size
    if found != announced:
        raise DatasetError(f"{path} is damaged, it has {found:,} bytes instead of {announced:,}: {mend}.")
    if not all(shape):
        raise DatasetError(f"{path} holds no images: {mend}.")
    return shape


def _open(known: StandardSet, data_dir: Path, files: tuple[str, str]) -> tuple[torch.Tensor, torch.Tensor]:
    folder = known.folder(data_dir)
    try:
        # Not by torchvision: importing it takes seconds, and 200 MB.
        images, labels = (torch.from_numpy(_read(known, folder / name)) for name in files)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{known.title} in {folder} cannot be opened: {_first_line(error)}.") from error
    if known.torchvision_class == "QMNIST":
        labels = labels[:, 0].contiguous()  # the other columns say who wrote it, and where it lies in NIST's files
    elif known.torchvision_class == "EMNIST":
        images = images.transpose(1, 2).contiguous()  # stored column by column
        labels = labels - 1  # stored as 1 to 26
    if int(labels.min()) < 0 or int(labels.max()) >= len(known.class_names):
        raise DatasetError(
            f"{folder / files[1]} holds labels outside of the {len(known.class_names)} classes of {known.title}: "
            f"delete it and download {known.title} again."
        )
    return images, labels


def _read(known: StandardSet, path: Path) -> npt.NDArray[np.uint8] | npt.NDArray[np.int64]:
    """Read the numbers of an IDX file: pixels as they are, labels as torch wants them."""
    shape = _shape(known, path)
    is_wide = "idx2-int" in path.name
    numbers = np.fromfile(path, ">i4" if is_wide else np.uint8, offset=4 + 4 * len(shape)).reshape(shape)
    return numbers if "images" in path.name else numbers.astype(np.int64)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")

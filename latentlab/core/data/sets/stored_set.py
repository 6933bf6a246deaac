"""Downloaded image sets that are read once, while they are unpacked, and kept as four arrays of numpy's."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.sets.downloaded import Downloaded, Source

Arrays = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.uint8], npt.NDArray[np.int64]]
Extraction = Generator[str, None, Arrays]


@dataclass(frozen=True)
class StoredSet(Downloaded):
    """A set whose own files are slow to read, or not safe to.

    Attributes
    ----------
    fetched : tuple of Source
        What there is to fetch.
    extract : callable
        Reads what was fetched, and yields as `Downloaded.unpack` does: returns images, uint8 (N, C, H, W), and labels,
        int64 (N,), for training, then those for testing.
    """

    fetched: tuple[Source, ...] = field(kw_only=True)
    extract: Callable[[Sequence[Path]], Extraction] = field(kw_only=True)

    def sources(self) -> tuple[Source, ...]:
        """Give what there is to fetch."""
        return self.fetched

    def unpack(self, arrived: Sequence[Path], folder: Path) -> Generator[str, None, None]:
        """Read what arrived, and write its arrays."""
        arrays: Arrays = yield from self.extract(arrived)
        for number, name in enumerate(self.files):
            yield name
            np.save(folder / name, arrays[number], allow_pickle=False)

    def opened(self, path: Path) -> npt.NDArray[Any]:
        """Map a ``.npy`` file."""
        expected = (np.dtype(np.uint8), 4) if "images" in path.name else (np.dtype(np.int64), 1)
        try:
            array = np.lib.format.open_memmap(path, mode="r")
        except OSError:
            raise
        except Exception as error:  # a damaged header raises nearly anything
            raise DatasetError(f"{path} is damaged, it is no whole array of numpy's: {self.mend}.") from error
        if (array.dtype, array.ndim) != expected or path.stat().st_size != array.offset + array.nbytes:
            raise DatasetError(f"{path} is damaged, it holds an array of another kind, or more than it: {self.mend}.")
        return array

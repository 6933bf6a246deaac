"""Files of ``torch.save``: a tensor, several in a tuple, or by name; what else is in them is never unpickled."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from latentlab.core.budgets import ARRAYS, afford, contents, few, in_words, is_believed
from latentlab.core.data.arrays.stored_array import ArrayFile, StoredArray, of_array
from latentlab.core.data.image_set import DatasetError
from latentlab.core.files import utf8_path

_IN_A_ROW = ("images", "labels")  # of a tuple: so MNIST's training.pt has them
_OBJECTS = "is damaged, or holds Python objects, which are never unpickled"
_TENSORS_ALONE = "save its tensors alone, as in torch.save({'images': images, 'labels': labels}, file)"
_LONGEST, _SHORT = 8_000_000, 100_000  # bytes of the pickle that tells of the tensors, and beside few of their own
_DEEPEST = 3  # dictionaries within dictionaries


def read(path: Path) -> ArrayFile:
    """Read tensors, and nothing else; they are mapped into memory, but for files of before torch 1.6.

    Raises
    ------
    DatasetError
        When other things would have to be unpickled, or the file is damaged.
    """
    is_archive = zipfile.is_zipfile(path)
    with contents(str(path), DatasetError, _OBJECTS, _TENSORS_ALONE), warnings.catch_warnings(), utf8_path(path) as at:
        warnings.simplefilter("ignore")
        if is_archive:
            _check(path)
        else:
            afford(path.stat().st_size, str(path), DatasetError)
        content = torch.load(at, map_location="cpu", weights_only=True, mmap=is_archive)
        collected = _Collected(path)
        collected.take(content, "", 0)
    others = collected.others
    return ArrayFile(collected.arrays, (("values that are no tensors", others),) if others else ())


def _check(path: Path) -> None:
    """See that an archive is one of torch's, which packs nothing, and that what tells of its tensors is not long."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        others = sum(each.file_size for each in members if not each.filename.endswith("data.pkl"))
        for member in members:
            if member.compress_type != zipfile.ZIP_STORED:
                raise DatasetError(f"{path} is packed, which torch.save does not do: {_TENSORS_ALONE}.")
            if member.filename.endswith("data.pkl"):
                what = "bytes that tell what is in it"
                few(member.file_size, min(_LONGEST, _SHORT + others), str(path), what, DatasetError, _TENSORS_ALONE)


def of_tensor(path: Path, key: str, tensor: torch.Tensor) -> StoredArray:
    """Take a tensor; of a type that numpy has not, such as bfloat16, a part at a time becomes float32."""
    tensor = tensor.detach()
    try:
        return of_array(path, key, tensor.numpy())
    except TypeError:
        dtype = tensor[:0].float().numpy().dtype
        return StoredArray(path, key, tuple(tensor.shape), dtype, lambda rows: tensor[rows].float().numpy())


@dataclass
class _Collected:
    """The tensors among a file's content, and how much else there is."""

    path: Path
    arrays: dict[str, StoredArray] = field(default_factory=dict)
    others: int = 0
    seen: int = 0

    def take(self, content: Any, name: str, depth: int) -> None:
        """Take the tensors of a part of it, and count what is left out."""
        self.seen += 1  # what is in two places counts twice, or a small file would hold billions
        few(self.seen, ARRAYS, str(self.path), "values or more", DatasetError, _TENSORS_ALONE)
        if isinstance(content, torch.Tensor):
            self._take_tensor(content, name)
        elif isinstance(content, Mapping) and depth < _DEEPEST:
            for key, value in content.items():
                self.take(value, f"{name}/{key}" if name else str(key), depth + 1)
        elif (
            isinstance(content, list | tuple) and depth < _DEEPEST and all(isinstance(v, torch.Tensor) for v in content)
        ):
            self._take_row(content, name, depth)
        else:
            self.others += 1

    def _take_tensor(self, tensor: torch.Tensor, name: str) -> None:
        if tensor.is_sparse or tensor.is_quantized or tensor.is_complex():
            self.others += 1
            return
        self._check(name, tensor.nbytes, tensor.untyped_storage().nbytes())
        self.arrays[name] = of_tensor(self.path, name, tensor)

    def _check(self, name: str, size: int, stored: int) -> None:
        if not is_believed(size, stored):
            what = f"'{name}' in {self.path}" if name else str(self.path)
            raise DatasetError(f"{what} repeats the same few numbers {in_words(size)} long: save tensor.clone().")

    def _take_row(self, row: Sequence[torch.Tensor], name: str, depth: int) -> None:
        if len(row) > len(_IN_A_ROW) and len({(v.shape, v.dtype) for v in row}) == 1 and row[0].ndim > 1:
            size = len(row) * row[0].nbytes
            stored = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in row}
            self._check(name, size, sum(stored.values()))
            afford(size, str(self.path), DatasetError)
            self._take_tensor(torch.stack(tuple(row)), name)  # an image each
            return
        keys = _IN_A_ROW if len(row) == len(_IN_A_ROW) else [str(place) for place in range(len(row))]
        for key, value in zip(keys, row, strict=True):
            self.take(value, f"{name}/{key}" if name else key, depth + 1)

"""Files of ``torch.save``: a tensor, several in a tuple, or by name; what else is in them is never unpickled."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from latentlab.core.data.arrays.stored_array import ArrayFile, StoredArray, of_array
from latentlab.core.data.image_set import DatasetError

_IN_A_ROW = ("images", "labels")  # of a tuple: so MNIST's training.pt has them
_DEEPEST = 3  # dictionaries within dictionaries


def read(path: Path) -> ArrayFile:
    """Read tensors, and nothing else.

    Raises
    ------
    DatasetError
        When other things would have to be unpickled, or the file is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError as error:
        raise DatasetError(f"{path} is larger than memory holds: make a smaller file of it.") from error
    except Exception as error:  # damaged files raise nearly anything
        raise DatasetError(
            f"{path} is damaged, or holds Python objects, which are never unpickled: save its tensors alone, as in "
            "torch.save({'images': images, 'labels': labels}, file)."
        ) from error
    arrays: dict[str, StoredArray] = {}
    others = _collect(content, "", arrays, path, 0)
    return ArrayFile(arrays, (("values that are no tensors", others),) if others else ())


def of_tensor(path: Path, key: str, tensor: torch.Tensor) -> StoredArray:
    """Take a tensor; of a type that numpy has not, such as bfloat16, a part at a time becomes float32."""
    tensor = tensor.detach()
    try:
        return of_array(path, key, tensor.numpy())
    except TypeError:
        few = tensor[:0].float().numpy().dtype
        return StoredArray(path, key, tuple(tensor.shape), few, lambda rows: tensor[rows].float().numpy())


def _collect(content: Any, name: str, arrays: dict[str, StoredArray], path: Path, depth: int) -> int:
    """Take the tensors among a file's content, and count what is left out."""
    if isinstance(content, torch.Tensor):
        if content.is_sparse or content.is_quantized or content.is_complex():
            return 1
        arrays[name] = of_tensor(path, name, content)
        return 0
    if isinstance(content, Mapping) and depth < _DEEPEST:
        named = [(f"{name}/{key}" if name else str(key), value) for key, value in content.items()]
    elif isinstance(content, list | tuple) and depth < _DEEPEST and all(isinstance(v, torch.Tensor) for v in content):
        if len(content) > len(_IN_A_ROW) and len({(v.shape, v.dtype) for v in content}) == 1 and content[0].ndim > 1:
            return _collect(torch.stack(tuple(content)), name, arrays, path, depth)  # an image each
        keys = _IN_A_ROW if len(content) == len(_IN_A_ROW) else [str(place) for place in range(len(content))]
        named = [(f"{name}/{key}" if name else key, value) for key, value in zip(keys, content, strict=True)]
    else:
        return 1
    return sum(_collect(value, key, arrays, path, depth + 1) for key, value in named)

"""The file of a single epoch: the weights of a model, whose they are, and a checksum of them."""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.numpy import save
from safetensors.torch import load
from torch import Tensor

from latentlab.core.errors import reason_of
from latentlab.core.files import NotOrdinaryError, open_ordinary
from latentlab.core.runs.run_header import RunError

_FORMAT = "latentlab-epoch/1"
_OF_NO_FILE_OF_OURS = (ValueError, KeyError, TypeError, AttributeError, RuntimeError, OverflowError)
_LONGEST_HEAD = 2**24  # bytes of what it says of its tensors


def content_of(weights: Mapping[str, Tensor], run_id: str, epoch: int) -> bytes:
    """Give the bytes of a file that has the weights of a run after an epoch."""
    weights = {name: tensor.contiguous() for name, tensor in weights.items()}
    arrays = {name: tensor.numpy() for name, tensor in weights.items()}  # which take a third of the time of tensors
    content: bytes = save(arrays, _said(run_id, epoch) | {"checksum": _checksum(weights)})
    return content


def weights_in(file: Path, expected: Mapping[str, Tensor], run_id: str, epoch: int) -> dict[str, Tensor]:
    """Read the weights of a run after an epoch.

    Parameters
    ----------
    file : Path
    expected : mapping of str to Tensor
        Of the same names and shapes.
    run_id : str
    epoch : int

    Raises
    ------
    RunError
        When it cannot be read, is no ordinary file, or is damaged or another's.
    """
    damaged = f"{file} is damaged: choose another epoch."
    content = _read(file, _LONGEST_HEAD + sum(8 * tensor.numel() for tensor in expected.values()))
    try:
        (length,) = struct.unpack("<Q", content[:8])
        head = json.loads(content[8 : 8 + length])
        said = head.pop("__metadata__", {})
        checksum = said.pop("checksum", None)  # files of earlier versions have none
        if said != _said(run_id, epoch):
            raise RunError(damaged)
        shapes = {name: tuple(each["shape"]) for name, each in head.items()}
        if shapes != {name: tuple(tensor.shape) for name, tensor in expected.items()}:
            raise RunError(damaged)
        weights: dict[str, Tensor] = load(content)
    except (SafetensorError, struct.error, *_OF_NO_FILE_OF_OURS) as error:
        raise RunError(damaged) from error
    if checksum not in (None, _checksum(weights)):
        raise RunError(damaged)
    if not all(torch.isfinite(tensor).all() for tensor in weights.values()):
        raise RunError(damaged)
    return weights


def _said(run_id: str, epoch: int) -> dict[str, str]:
    return {"format": _FORMAT, "run": run_id, "epoch": str(epoch)}


def _checksum(weights: Mapping[str, Tensor]) -> str:
    """Give the CRC-32 of the bytes of all tensors, with their names and types: it takes a fifth of what saving does."""
    found = 0
    for name, tensor in sorted(weights.items()):
        found = zlib.crc32(f"{name}:{tensor.dtype}".encode(), found)
        found = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy().data, found)
    return f"{found:08x}"


def _read(file: Path, most: int) -> bytes:
    """Read an ordinary file of no more than so many bytes; whoever opens a pipe, or reads a device, may wait."""
    try:
        with os.fdopen(open_ordinary(file, os.O_RDONLY), "rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            if size > most:
                raise RunError(f"{file} is damaged: choose another epoch.")
            return opened.read(size)
    except NotOrdinaryError as error:
        raise RunError(f"{file} cannot be read, as it is no ordinary file: choose another epoch.") from error
    except OSError as error:
        raise RunError(f"{file} cannot be opened: {reason_of(error)}.") from error

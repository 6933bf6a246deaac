"""The head of a run's file, read without its weights: what it says it is, and the shapes of what it holds."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentlab.core.errors import LatentlabError, reason_of
from latentlab.core.files import is_file

FORMAT = "latentlab/1"
SUFFIX = ".safetensors"
_MOST_EPOCHS = 1_000_000_000  # of all trainings of a run, of a hundred thousand each
_NO_RUN = f"{{path}} is not a run, or is cut short: choose a {SUFFIX} file saved by latentlab."
MOST_EPOCHS = 115_000  # that a file has the losses of: a training has 100,000 at most
_LONGEST = 96_000_000  # bytes, of which each epoch takes up to 800; safetensors takes 100 MB


class RunError(LatentlabError):
    """A run that cannot be read, written or continued; the message names the file."""


@dataclass(frozen=True, slots=True)
class RunHeader:
    """What the head of a file tells.

    Attributes
    ----------
    values : dict
        The metadata, read from JSON, without the format.
    shapes : dict
        The shape of each tensor.
    """

    values: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]


def is_run(path: Path) -> bool:
    """Whether a file is, or may be, a run, and not a file of other tensors; one that cannot be read may be."""
    try:
        return str(_head(path).get("__metadata__", {}).get("format", "")).startswith(FORMAT.rpartition("/")[0])
    except (RunError, AttributeError):
        return True


def read_header(path: Path) -> RunHeader:
    """Read the head of a run's file, and nothing else of it.

    Raises
    ------
    RunError
        When the file is not there, no run, or cut short.
    """
    head = _head(path)
    try:
        metadata = {str(key): str(value) for key, value in head.pop("__metadata__", {}).items()}
        shapes = {name: tuple(int(side) for side in tensor["shape"]) for name, tensor in head.items()}
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise RunError(_NO_RUN.format(path=path)) from error
    if metadata.pop("format", "") != FORMAT:
        raise RunError(
            f"{path} is not a run that this version can read (it expects format {FORMAT}): "
            f"choose a {SUFFIX} file saved by latentlab."
        )
    try:
        return RunHeader({key: json.loads(value) for key, value in metadata.items()}, shapes)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is damaged: its parts do not fit each other. Use another copy of it.") from error


def _head(path: Path) -> dict[str, Any]:
    """Read what the head says of each tensor, and its metadata."""
    if not is_file(path):  # whoever opens a pipe waits
        raise RunError(f"There is no file {path}: choose a {SUFFIX} file saved by latentlab.")
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            stored = file.read(length) if length <= _LONGEST else b""
    except OSError as error:
        raise RunError(f"{path} cannot be opened: {reason_of(error)}.") from error
    except struct.error as error:
        raise RunError(_NO_RUN.format(path=path)) from error
    if length > _LONGEST or len(stored) < length:
        raise RunError(_NO_RUN.format(path=path))
    try:
        head = json.loads(stored)
    except (ValueError, RecursionError) as error:
        raise RunError(_NO_RUN.format(path=path)) from error
    if not isinstance(head, dict):
        raise RunError(_NO_RUN.format(path=path))
    return head


def check_length(epochs: int) -> None:
    """See that a run's file can have the losses of so many epochs, before they are trained.

    Raises
    ------
    RunError
        When it cannot: it would be written, and not be read again.
    """
    if epochs > MOST_EPOCHS:
        raise RunError(
            f"The run would come to {epochs:,} epochs, and its file has room for the losses of {MOST_EPOCHS:,}: train "
            "it for fewer, or begin a new one."
        )


def count_of_epochs(stored: object) -> int:
    """Read how many epochs a run has been trained for.

    Raises
    ------
    ValueError
        When it is no number, or one that no training comes to.
    """
    count = int(stored)  # type: ignore[call-overload]
    if not 0 <= count <= _MOST_EPOCHS:
        raise ValueError("more epochs than any training has, or fewer than none")
    return int(count)

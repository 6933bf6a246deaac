"""The map that a run's file keeps, read without its weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from latentlab.core.arrays import Floats, Integers
from latentlab.core.errors import reason_of
from latentlab.core.files import utf8_path
from latentlab.core.map.projection import fit
from latentlab.core.runs.run_header import SUFFIX, RunError, read_header

_MOST_CLASSES = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class MapOfRun:
    """The map of a run's file.

    Attributes
    ----------
    path : Path
    points : float32 (N, 2)
    labels : int64 (N,)
        -1 for none.
    classes : int
    """

    path: Path
    points: Floats
    labels: Integers
    classes: int


def map_of(path: Path, most: int) -> MapOfRun:
    """Read the codes in a run's file, and lay them on the plane.

    Parameters
    ----------
    path : Path
    most : int
        Points; of more, some that are spread evenly over the codes.

    Raises
    ------
    RunError
        When the file is not there, no run, cut short, or its codes and labels do not fit each other.
    """
    from safetensors import SafetensorError, safe_open

    header = read_header(path)
    try:
        classes = len(header.values["class_names"])
        codes_shape, labels_shape = header.shapes["codes"], header.shapes["labels"]
        if len(codes_shape) != 2 or labels_shape != codes_shape[:1] or codes_shape[1] < 1:
            raise ValueError("codes and labels of other shapes")
        if classes > _MOST_CLASSES:
            raise ValueError("more classes than there are colours")
        with utf8_path(path) as place, safe_open(place, "np") as file:
            # Copied: they are parts of the mapped file, which another program may cut short.
            codes = np.array(file.get_tensor("codes"), np.float32)
            labels = np.array(file.get_tensor("labels"), np.int64)
        if not np.isfinite(codes).all() or (len(labels) and not -1 <= labels.min() <= labels.max() < max(1, classes)):
            raise ValueError("codes that are not finite, or labels without a class")
    except OSError as error:
        raise RunError(f"{path} cannot be opened: {reason_of(error)}.") from error
    except SafetensorError as error:
        raise RunError(f"{path} is not a run, or is cut short: choose a {SUFFIX} file saved by latentlab.") from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RunError(f"{path} is damaged: its parts do not fit each other. Use another copy of it.") from error
    step = -(-len(codes) // most) or 1
    return MapOfRun(path, fit(codes).to_plane(codes[::step]), labels[::step], classes)

"""Data files that come with scikit-learn, found without importing it: that brings the whole of scipy, in seconds."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from latentlab.core.files import is_file


def find(*parts: str) -> Path | None:
    """Give the path of a file below ``sklearn/datasets``, or None where scikit-learn keeps it elsewhere."""
    spec = importlib.util.find_spec("sklearn")
    path = Path(spec.origin if spec and spec.origin else "").parent.joinpath("datasets", *parts)
    return path if is_file(path) else None

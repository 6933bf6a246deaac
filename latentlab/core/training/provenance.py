"""What a training was computed with, and when."""

from __future__ import annotations

import platform
from datetime import UTC, datetime

import numpy as np
import torch

from latentlab import __version__


def now() -> str:
    """Give this moment in ISO 8601, to the millisecond, with the zone."""
    return datetime.now(UTC).astimezone().isoformat(timespec="milliseconds")


def made_with() -> dict[str, str]:
    """Give the versions of what computes a training, and the kind of machine: no name of it, or of anybody."""
    return {
        "latentlab": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }

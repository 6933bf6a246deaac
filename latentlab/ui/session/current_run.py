"""The run that is shown when nothing trains."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from latentlab.core.map.checkpoints import Checkpoints
from latentlab.core.runs.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class CurrentRun:
    """The run that is shown when nothing trains, where it lies on the disk, and its earlier epochs."""

    run: Run | None = None
    path: Path | None = None
    is_saved: bool = True
    checkpoints: Checkpoints = field(default_factory=Checkpoints)

"""The reading of an image set off the GUI thread: what is done there, and how its progress is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from latentlab.core.data import registry
from latentlab.core.data.reading import Reading, ReadingProgress
from latentlab.core.recipe.settings import DataSettings
from latentlab.ui.threads.background import Report, Work

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet

translate = QCoreApplication.translate

_SECONDS_BETWEEN = 0.05  # two words on the progress of a reading: small pictures come by the thousand a second


def reader(settings: DataSettings, data_dir: Path) -> Work:
    """Give what reads the set that a recipe's settings name, and reports a `ReadingProgress`."""

    def read(cancelled: threading.Event, report: Report) -> ImageSet:
        return registry.load_for(settings, data_dir, Reading(_seldom(report), cancelled))

    return read


def _seldom(report: Report) -> Callable[[ReadingProgress], None]:
    """Report the first and the last of each step, and in between as often as a person can read it."""
    last_told = 0.0

    def tell(progress: ReadingProgress) -> None:
        nonlocal last_told
        now = time.monotonic()
        if progress.done in (0, progress.total) or now - last_told >= _SECONDS_BETWEEN:
            last_told = now
            report(progress)

    return tell


def told(progress: ReadingProgress) -> str:
    """Say how far a reading is."""
    texts = {
        ("looking", "files"): translate("ImageReading", "Looking at {done:,} of {total:,} files …"),
        ("reading", "files"): translate("ImageReading", "Reading {done:,} of {total:,} files …"),
        ("looking", "images"): translate("ImageReading", "Looking at {done:,} of {total:,} images …"),
        ("reading", "images"): translate("ImageReading", "Reading {done:,} of {total:,} images …"),
    }
    return texts[progress.step, progress.what].format(done=progress.done, total=progress.total)

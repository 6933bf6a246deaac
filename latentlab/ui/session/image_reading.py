"""The reading of an image set off the GUI thread: what is done there, and how its progress is told."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from latentlab.core.data import registry
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.reading import Reading, ReadingProgress
from latentlab.core.recipe.settings import DataSettings
from latentlab.ui.threads.background import Report, Work

translate = QCoreApplication.translate


def reader(settings: DataSettings, data_dir: Path) -> Work:
    """Give what reads the set that a recipe's settings name, and reports a `ReadingProgress`."""

    def read(cancelled: threading.Event, report: Report) -> ImageSet:
        return registry.load_for(settings, data_dir, Reading(report, cancelled))

    return read


def told(progress: ReadingProgress) -> str:
    """Say how far a reading is."""
    if progress.step == "looking":
        text = translate("ImageReading", "Looking at {done:,} of {total:,} files …")
    else:
        text = translate("ImageReading", "Reading {done:,} of {total:,} files …")
    return text.format(done=progress.done, total=progress.total)

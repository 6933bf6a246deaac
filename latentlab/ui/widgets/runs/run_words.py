"""What is said of a run in words: its state, and times."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


def state_in_words(state: str) -> str:
    """Name the state of a training."""
    return {
        "finished": translate("Collection", "finished"),
        "stopped": translate("Collection", "stopped"),
        "interrupted": translate("Collection", "broke off"),
        "training": translate("Collection", "training"),
    }.get(state, state)


def time_in_words(seconds: float) -> str:
    """Say how long something took, in the two largest units of time."""
    whole = round(seconds)
    if whole < 60:
        return translate("Collection", "{seconds} s").format(seconds=whole)
    if whole < 3600:
        return translate("Collection", "{minutes} min {seconds} s").format(minutes=whole // 60, seconds=whole % 60)
    hours, minutes = whole // 3600, whole % 3600 // 60
    return translate("Collection", "{hours} h {minutes} min").format(hours=hours, minutes=minutes)


def size_in_words(size: int) -> str:
    """Say how large a file is, in units of a thousand bytes each, as disks are sold."""
    if size < 1_000_000:
        return translate("Collection", "{size:.0f} kB").format(size=size / 1e3)
    if size < 1_000_000_000:
        return translate("Collection", "{size:.1f} MB").format(size=size / 1e6)
    return translate("Collection", "{size:.1f} GB").format(size=size / 1e9)

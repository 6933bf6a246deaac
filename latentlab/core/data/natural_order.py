"""The order that people count in: 9 before 10."""

from __future__ import annotations

import re
from pathlib import Path


def natural_order(name: str | Path) -> list[tuple[int, str]]:
    """Give a key that orders 'image 9' before 'image 10'."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(name).casefold())]

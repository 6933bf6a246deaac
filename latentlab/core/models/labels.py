"""Which labels a code is decoded under at once: all of them, or, of very many, some."""

from __future__ import annotations

AT_ONCE = 39
"""Images of so many labels one can look at side by side; decoding under a thousand would take a drag its flow."""


def around(label: int, count: int) -> tuple[int, ...]:
    """Give the labels of `count` that are shown beside one of them: all, or the nearest in their order."""
    first = min(max(0, label - AT_ONCE // 2), max(0, count - AT_ONCE))
    return tuple(range(first, min(count, first + AT_ONCE)))

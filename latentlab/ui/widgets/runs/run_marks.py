"""Footnotes to runs: why what they say may not be set beside what others say."""

from __future__ import annotations

from collections.abc import Iterable

from latentlab.core.runs.comparable_sets import ComparableSets

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class RunMarks:
    """Gives a raised number for each reason, the same for the same one.

    Parameters
    ----------
    sets : iterable of ComparableSets
        Whose reasons there are.
    """

    def __init__(self, sets: Iterable[ComparableSets]) -> None:
        self._reasons = list(dict.fromkeys(reason for each in sets for reason in each.reasons if reason))

    def of(self, sets: ComparableSets, run: int) -> str:
        """Give the mark of a run: empty where it may be compared with most."""
        reason = self.reason(sets, run)
        return str(self._reasons.index(reason) + 1).translate(_RAISED) if reason else ""

    def reason(self, sets: ComparableSets, run: int) -> str:
        """Give why a run may not be compared with most, in half a sentence, or empty."""
        return sets.reasons[sets.of[run]] if run < len(sets.of) else ""

    def notes(self) -> list[str]:
        """Give the reasons with their marks, in half sentences."""
        return [f"{str(number).translate(_RAISED)} {reason}" for number, reason in enumerate(self._reasons, 1)]

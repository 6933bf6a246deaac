"""What is told of images or of a training that cannot go well: a sentence, and the changes of a recipe that mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "constant",
    "one image",
    "one test image",
    "one class",
    "collapse",
    "inactive",
    "dead units",
    "explosion",
    "diverged",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that one should know before one trusts a map.

    Attributes
    ----------
    kind : str
        Each is told once of a training.
    sentence : str
        What is so, with its numbers.
    remedy : mapping of str to object
        What to change in the recipe, by dotted keys; empty where no setting mends it.
    offer : str
        What a button that makes these changes says.
    """

    kind: Kind
    sentence: str
    remedy: Mapping[str, Any] = field(default_factory=dict)
    offer: str = ""

    @property
    def changes(self) -> tuple[str, ...]:
        """The remedy as the command line takes it: ``"loss.free_bits=0.5"``."""
        return tuple(f"{key}={'none' if value is None else value}" for key, value in self.remedy.items())

    @property
    def with_options(self) -> str:
        """The sentence, and the options that mend it."""
        return f"{self.sentence} Try --set {' '.join(self.changes)}." if self.remedy else self.sentence

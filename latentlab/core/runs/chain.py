"""The trainings that made a run, one after the other: with them it can be made again."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from latentlab.core.events import Changed
from latentlab.core.recipe.recipe import Recipe

MOST_LINKS = 1000
_Count = Field(ge=0, lt=2**53)


class Link(BaseModel):
    """One training, from new weights or from where the one before it was left.

    Attributes
    ----------
    recipe : Recipe
        What it was trained with.
    first_epoch : int
        Whole epochs before it began.
    epochs, steps_done : int
        Whole epochs when it was left, those before it included, and steps of the next.
    is_ended : bool
        Whether it came to its end or was stopped; else a copy was taken on the way, which has the last weights, not the
        best.
    has_state : bool
        Whether its file had what it had come to, and so knew at which step it was left: those of earlier versions did
        not.
    changes : tuple of Changed
        Settings that were changed while it went.
    threads : int or None
        That a processor computed it with; None where nobody knows.
    device : str
        What computed it; empty where nobody knows.
    made_with : dict
        Versions of what computed it.
    fingerprint : str
        Of the whole image set; empty where nobody knows.
    run_id : str
        Of the run that it made; empty in the files of earlier versions.
    is_branched : bool
        Whether the training after it began with its weights alone, and an optimiser and draws of its own.
    """

    model_config = ConfigDict(frozen=True)

    recipe: Recipe
    first_epoch: int = _Count
    epochs: int = _Count
    steps_done: int = _Count
    is_ended: bool = True
    has_state: bool = True
    changes: tuple[Changed, ...] = ()
    threads: int | None = Field(None, ge=1, le=1024)
    device: str = ""
    made_with: dict[str, str] = {}
    fingerprint: str = ""
    run_id: str = ""
    is_branched: bool = False


def branched_after(chain: Sequence[Link]) -> int | None:
    """Give the epoch of another run after which one branched off, by the trainings before it; None where it did not."""
    return chain[-1].epochs if chain and chain[-1].is_branched else None

"""What every view has: a question, which is asked again of every new model, and the answer to it.

A view is one file here: its question, which holds all that the user chose; its answer, frozen, of plain numbers and
numpy arrays, with the id of the run it belongs to; and the function between them. Panels read these files, so they load
no torch before something is computed. Images are float32 in [0, 1].
"""

from __future__ import annotations

from typing import Protocol

from latentlab.core.map.map_update import MapUpdate


class Answer(Protocol):
    """What a view shows; it belongs to a run, so that a stale one can be dropped."""

    @property
    def run(self) -> str:
        """Id of the run."""


class Question(Protocol):
    """What a view asks."""

    def operations(self, model: MapUpdate) -> float:
        """Give the floating-point operations that an answer takes, about: a few are done without another thread."""

    def answer(self, model: MapUpdate) -> Answer:
        """Answer it of a model as it is now.

        Raises
        ------
        LatentlabError
            When there is no answer for this model; the sentence says why.
        """

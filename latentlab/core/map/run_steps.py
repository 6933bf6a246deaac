"""What a person does to runs, titles, notes, deleting and restoring, a step each, which a week long can be taken back.

The steps are kept in a hidden file beside the runs, so that they outlive the program, and every window has them. What
cannot be kept there is done all the same, and told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, FiniteFloat, TypeAdapter

from latentlab.core.errors import LatentlabError, printable
from latentlab.core.files import absolute, is_file, named
from latentlab.core.map.kept_list import KeptList
from latentlab.core.runs import trash
from latentlab.core.runs.run_header import RunError
from latentlab.core.runs.run_notes import RunNotes, notes_of, say

NAME = ".latentlab-steps.json"
_WEEK = 7 * 24 * 3600.0  # seconds
_MOST = 100  # steps

What = Literal["renamed", "noted", "deleted", "restored", "emptied", "undone", "nothing"]


class Step(BaseModel):
    """Something that was done.

    Attributes
    ----------
    what : "renamed", "noted", "deleted" or "restored"
    paths, before : tuple of str
        Where the runs are since, and where they were.
    title, notes : str
        What was said of the run before, where that was changed.
    moment : float
        When it was done, in seconds since 1970.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: Literal["renamed", "noted", "deleted", "restored"]
    paths: tuple[str, ...]
    before: tuple[str, ...]
    title: str = ""
    notes: str = ""
    moment: FiniteFloat


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, to which runs, where they are since, and what went wrong on the way, in sentences, or nothing."""

    what: What
    paths: list[Path]
    problem: str = ""


_STEPS = TypeAdapter(tuple[Step, ...])


@dataclass(frozen=True, slots=True)
class RunSteps:
    """Does things to runs, and takes them back.

    Attributes
    ----------
    folder : Path
        In which the steps are kept: the workspace.
    """

    folder: Path

    def rename(self, path: Path, title: str) -> Done:
        """Give a run another title; an empty one is its file's name again."""
        return self._say(path, "renamed", lambda said: RunNotes(title.strip(), said.notes))

    def note(self, path: Path, notes: str) -> Done:
        """Say something else of a run."""
        return self._say(path, "noted", lambda said: RunNotes(said.title, notes))

    def delete(self, paths: Sequence[Path]) -> Done:
        """Move runs to the trash; those that cannot be are told, and the others moved all the same."""
        return self._move(paths, "deleted")

    def restore(self, paths: Sequence[Path]) -> Done:
        """Bring runs back from the trash; those that cannot be are told, and the others brought back all the same."""
        return self._move(paths, "restored")

    def empty(self, places: Sequence[Path]) -> Done:
        """Remove for good what lies in the trash of some folders; that it was deleted cannot be taken back any more."""
        for place in places:
            trash.empty(place)
        return Done("emptied", [], self._change(lambda steps: tuple(each for each in steps if each.what != "deleted")))

    def undo(self) -> Done:
        """Take back what was done last within a week; `nothing` where there is nothing.

        Raises
        ------
        LatentlabError
            When it cannot be taken back, or the steps cannot be read or written; what was done before can be, then.
        """
        last: list[Step] = []

        def without_last(steps: tuple[Step, ...]) -> tuple[Step, ...]:
            last[:] = steps[-1:]
            return steps[:-1]

        self._kept().change(lambda steps: without_last(_of_week(steps)))
        for step in last:
            paths, before = [named(path) for path in step.paths], [named(path) for path in step.before]
            if step.what in ("renamed", "noted"):
                _say(paths[0], RunNotes(step.title, step.notes))
                return Done("undone", paths)
            moves = [trash.restore] * len(paths) if step.what == "deleted" else [_back_to(place) for place in before]
            pairs, problem = _moved(paths, moves)
            return Done("undone", [place for _, place in pairs], problem)
        return Done("nothing", [])

    def _say(self, path: Path, what: Literal["renamed", "noted"], change: Callable[[RunNotes], RunNotes]) -> Done:
        before = _say(path, change(notes_of(path)))
        return Done(what, [path], self._remember(what, [(path, path)], before))

    def _move(self, paths: Sequence[Path], what: Literal["deleted", "restored"]) -> Done:
        moves: list[Callable[[Path], Path]] = [trash.delete if what == "deleted" else trash.restore] * len(paths)
        pairs, problem = _moved(paths, moves)
        forgotten = self._remember(what, pairs, RunNotes()) if pairs else ""
        return Done(what, [place for _, place in pairs], " ".join(each for each in (problem, forgotten) if each))

    def _remember(
        self, what: Literal["renamed", "noted", "deleted", "restored"], pairs: list[tuple[Path, Path]], said: RunNotes
    ) -> str:
        before, paths = ([printable(str(absolute(each[number]))) for each in pairs] for number in (0, 1))
        step = Step(
            what=what, paths=tuple(paths), before=tuple(before), title=said.title, notes=said.notes, moment=time.time()
        )
        return self._change(lambda steps: (*steps, step))

    def _change(self, change: Callable[[tuple[Step, ...]], tuple[Step, ...]]) -> str:
        """Change the steps that are kept; give why they cannot be kept, or nothing."""
        try:
            self._kept().change(lambda steps: change(_of_week(steps))[-_MOST:])
        except LatentlabError as error:
            return str(error)
        return ""

    def _kept(self) -> KeptList[Step]:
        what = "What can be undone"
        return KeptList(self.folder / NAME, what, RunError, _STEPS.validate_json, lambda kept: _STEPS.dump_json(kept))


def _of_week(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(step for step in steps if step.moment > time.time() - _WEEK)


def _say(path: Path, said: RunNotes) -> RunNotes:
    if not is_file(path):
        raise RunError(f"There is no file {path} any more: it was moved, or deleted.")
    return say(path, said)


def _back_to(place: Path) -> Callable[[Path], Path]:
    return lambda path: trash.delete(path, place)


def _moved(paths: Sequence[Path], moves: Sequence[Callable[[Path], Path]]) -> tuple[list[tuple[Path, Path]], str]:
    """Move runs, each in its way; give where each was and is that could be moved, and why others could not."""
    pairs, problems = [], []
    for path, move in zip(paths, moves, strict=True):
        try:
            pairs.append((path, move(path)))
        except LatentlabError as error:
            problems.append(str(error))
    return pairs, " ".join(problems)

"""A training in a process of its own that is kept in a workspace, and the words that it leaves beside its run."""

from __future__ import annotations

import contextlib
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from latentlab.core.errors import LatentlabError, printable
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import asked, workspace
from latentlab.core.runs.run import dated_name
from latentlab.core.runs.run_header import SUFFIX
from latentlab.core.training import own_process
from latentlab.core.training.words import Words

_WORDS = ".words"
_STARTING_SECONDS = 60.0  # within which a process has said what is wrong, or has begun to train


@dataclass(frozen=True, slots=True)
class Begun:
    """A training that was begun: its process, and where its run will be."""

    process: Popen[bytes]
    path: Path


def begin(recipe: Recipe, folder: Path, data_dir: Path, threads: int | None = None) -> Begun:
    """Train a recipe in a process that goes on when this one ends; it is saved at once, and often at first.

    Parameters
    ----------
    recipe : Recipe
    folder : Path
        The workspace.
    data_dir : Path
        Where downloaded image sets lie.
    threads : int, optional
        To compute with, where the recipe names none.

    Raises
    ------
    LatentlabError
        When it cannot be started, or the workspace not be made.
    """
    workspace.make_folder(folder)
    path = folder / f"{dated_name(recipe, uuid.uuid4().hex)}{SUFFIX}"
    if recipe.training.threads is None and threads is not None:
        recipe = recipe.with_changes({"training.threads": threads})
    asked.follow(path)  # so that it is there to be looked at with the first steps
    places = ["--out", str(path), "--workspace", str(folder), "--data-dir", str(data_dir)]
    return Begun(own_process.start(["train", "-", *places], _words_of(path), recipe.to_toml()), path)


def forget_words(path: Path) -> str:
    """Remove what was said of a run's training, which has ended, and give what went wrong, or nothing."""
    words = _words_of(path)
    problem = _problem(words)
    with contextlib.suppress(OSError):
        words.unlink()
    asked.follow_no_more(path)
    with contextlib.suppress(LatentlabError):  # what was told on the way has ended no training
        problem = "" if workspace.known_of(path).state in ("finished", "stopped") else problem
    return problem


def left_words(folder: Path) -> list[tuple[Path, str]]:
    """Remove what trainings have left that ended while no window was open: the file of each, and what went wrong."""
    found: list[tuple[Path, str]] = []
    with contextlib.suppress(OSError, ValueError):
        for words in sorted(folder.glob(f".*{SUFFIX}{_WORDS}")):
            path = folder / words.name[1 : -len(_WORDS)]
            with contextlib.suppress(OSError):
                is_starting = time.time() - words.stat().st_mtime < _STARTING_SECONDS and not _problem(words)
                if not is_starting and not workspace.is_training(path):
                    found.append((path, forget_words(path)))
    return found


def _problem(words: Path) -> str:
    """Give the last sentence on what went wrong; other programs' warnings are none."""
    said = Words(words)
    said.look()
    return printable(said.problem)


def _words_of(path: Path) -> Path:
    return path.with_name(f".{path.name}{_WORDS}")

"""What a person says of a run, its title and notes: a file of text beside the run's own, which nothing else writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from latentlab.core.errors import printable, reason_of
from latentlab.core.files import is_file
from latentlab.core.runs.run_header import SUFFIX, RunError
from latentlab.core.writing import told, whole_file

NOTES_SUFFIX = ".notes.json"  # no longer than a run's own, so that every name that a run can have has its notes
MOST_TITLE, MOST_NOTES = 200, 100_000  # characters
_LONGEST = 2**20  # bytes: as many as the most characters can take


@dataclass(frozen=True, slots=True)
class RunNotes:
    """A title in one line, and notes in any number of them; both may be empty."""

    title: str = ""
    notes: str = ""


def notes_file(path: Path) -> Path:
    """Give the file that has the notes of a run's file."""
    return path.with_name(path.name.removesuffix(SUFFIX) + NOTES_SUFFIX)


def notes_of(path: Path) -> RunNotes:
    """Read what is said of a run; nothing where there is no file of it, or it cannot be read."""
    file = notes_file(path)
    if not is_file(file):
        return RunNotes()
    try:
        with file.open("rb") as opened:
            stored = json.loads(opened.read(_LONGEST))
        return _tidy(str(stored.get("title", "")), str(stored.get("notes", "")))
    except (OSError, ValueError, AttributeError, RecursionError):
        return RunNotes()


def say(path: Path, said: RunNotes) -> RunNotes:
    """Say something of a run; where there is nothing to say there is no file.

    Returns
    -------
    RunNotes
        What was said of it before.

    Raises
    ------
    RunError
        When it cannot be written, or the title or the notes are too long.
    """
    if len(said.title) > MOST_TITLE or len(said.notes) > MOST_NOTES:
        raise RunError(f"A title has at most {MOST_TITLE} characters, notes {MOST_NOTES:,}: shorten them.")
    before, file, what = notes_of(path), notes_file(path), "The notes"
    if said == RunNotes():
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise RunError(f"{file} cannot be removed: {reason_of(error)}.") from error
        return before
    with told(file, what, RunError), whole_file(file, what, RunError) as partial:
        partial.write_text(json.dumps({"title": said.title, "notes": said.notes}, indent=1) + "\n", encoding="utf-8")
    return before


def _tidy(title: str, notes: str) -> RunNotes:
    """Make of what anyone may have written what every label takes."""
    lines = (printable(line) for line in notes[:MOST_NOTES].split("\n"))
    return RunNotes(printable(title)[:MOST_TITLE], "\n".join(lines))

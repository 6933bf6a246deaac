"""What a training in a process of its own has written to its file of words: how far it is, what went wrong."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from latentlab.core.files import is_file

_BEGINS = ("latentlab: ", "slurmstepd: error: ")  # before what a command says of a problem, or Slurm of its end
_MOST = 2**24  # bytes that are read at once


class Words:
    """Reads what the training of a run writes to its file, as it goes on.

    Parameters
    ----------
    file : Path
    at : int
        How many bytes of it are of an earlier training.

    Attributes
    ----------
    epochs, of_epochs : int
        How far it is.
    problem : str
        The last sentence on what went wrong.
    last : str
        Whatever was said last that is no JSON.
    has_finished : bool
        Whether it says that it has come to its end; then its run is about to be saved.
    """

    def __init__(self, file: Path, at: int = 0) -> None:
        self.epochs, self.of_epochs = 0, 0
        self.problem = self.last = ""
        self.has_finished = False
        self._file, self._at, self._rest = file, at, b""

    def look(self) -> bool:
        """Read what it has said since; give whether it has come further."""
        if not is_file(self._file):  # nobody writes to a pipe, and who reads it waits for ever
            return False
        try:
            with self._file.open("rb") as file:
                if file.seek(0, os.SEEK_END) < self._at:  # begun anew, as by a task that Slurm has put back
                    self._at, self._rest, self.has_finished = 0, b"", False
                file.seek(self._at)
                said = file.read(_MOST)
        except OSError:
            return False
        self._at += len(said)
        *lines, self._rest = (self._rest + said).split(b"\n")
        before = self.epochs, self.of_epochs
        for line in lines:
            self._take(line.decode(errors="replace"))
        return before != (self.epochs, self.of_epochs)

    def _take(self, text: str) -> None:
        for begins in _BEGINS:
            if text.startswith(begins):
                self.problem = text.removeprefix(begins)
        if not text.startswith("{"):
            self.last = text.strip() or self.last
            return
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            told = json.loads(text)
            if told.get("event") == "started":
                self.epochs, self.of_epochs = int(told["first_epoch"]), int(told["epochs"])
            elif told.get("event") == "epoch":
                self.epochs = int(told["epoch"])
            self.has_finished = self.has_finished or told.get("event") == "finished"


def size_of(file: Path) -> int:
    """Give how many bytes a file has; none where there is none."""
    with suppress(OSError):
        return file.stat().st_size
    return 0

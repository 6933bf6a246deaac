"""A list that is kept in a file, and that several windows of the program may change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from latentlab.core.errors import LatentlabError, reason_of
from latentlab.core.files import exists
from latentlab.core.locks import alone
from latentlab.core.writing import told, whole_file

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeptList(Generic[T]):
    """A list and its file, which is read again before each change: what other windows added stays.

    What cannot be read is never overwritten.

    Attributes
    ----------
    path : Path
    what : str
        For sentences, in the plural, such as ``"The bookmarks"``.
    failure : type
        What is raised.
    read : callable
        Makes the list of what is in the file, and raises a ValueError where that is none.
    write : callable
        Makes the file's content of a list.
    """

    path: Path
    what: str
    failure: type[LatentlabError]
    read: Callable[[bytes], tuple[T, ...]]
    write: Callable[[tuple[T, ...]], bytes]

    @staticmethod
    def file(folder: Path, owner: str) -> Path:
        """Give the file of a list that belongs to something: a name may be a path, or an id that a file tells."""
        return folder / f"{hashlib.sha256(owner.encode(errors='surrogatepass')).hexdigest()[:24]}.json"

    def load(self) -> tuple[T, ...]:
        """Read the list, empty where there is no file.

        Raises
        ------
        LatentlabError
            Of the type `failure`: when the file cannot be read, or is damaged; then it is put aside first.
        """
        try:
            return self.read(self.path.read_bytes())
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self.failure(f"{self.what} in {self.path} cannot be read: {reason_of(error)}.") from error
        except ValueError as error:
            raise self.failure(f"{self.what} are damaged; {self._put_aside()}.") from error

    def change(self, change: Callable[[tuple[T, ...]], tuple[T, ...]]) -> tuple[T, ...]:
        """Replace the list by what a function makes of it, and give that; without anything there is no file.

        Raises
        ------
        LatentlabError
            Of the type `failure`, when the list cannot be read or written, which leaves it as it was; and whatever the
            function raises.
        """
        with told(self.path, self.what, self.failure):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with alone(self.path.parent):
                kept = change(self.load())
                if not kept:
                    self.path.unlink(missing_ok=True)
                    return kept
                with whole_file(self.path, self.what, self.failure) as partial:
                    partial.write_bytes(self.write(kept))
                return kept

    def _put_aside(self) -> str:
        """Rename a damaged file, so that a new one does not overwrite it, nor this one an earlier one; say where to."""
        number = 1
        while exists(aside := self.path.with_suffix(f".damaged-{number}")):
            number += 1
        try:
            self.path.rename(aside)
        except OSError:
            return f"put {self.path} elsewhere, then new ones can be kept"
        return f"their file was put aside as {aside}"

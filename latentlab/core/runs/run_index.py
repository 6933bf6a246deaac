"""What is known of the runs in a folder, remembered in a hidden file there, so that none is read twice.

The runs and their notes are the truth. The index holds nothing but what they say: it may be deleted at any time, and is
made anew where it is missing, damaged, or of another version. Each of its rows has the stamp of the files that it was
read from, and a checksum, so that one that is out of date, or has a bit that fell over, is never believed. So programs
may read and write it at once, in any order.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from latentlab.core.errors import printable
from latentlab.core.files import is_file
from latentlab.core.runs.kept_run import KeptRun

NAME = ".latentlab-runs.sqlite"
_VERSION = 2  # another one whenever a row says other things
_PATIENCE = 2.0  # seconds that are waited for another program to write
# What a folder or a disk does not allow, as against what is wrong in the file.
_REFUSALS = {
    *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY),
    *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_AUTH),
}
_SAID = KeptRun._fields[1:-1]  # all but path and stamp

# What is known of a file as JSON, [name, stamp] and, if it is a run, the values of _SAID; and a checksum of that.
_Row = tuple[bytes, int]
_TABLE = "CREATE TABLE runs (name BLOB PRIMARY KEY, said BLOB NOT NULL, checksum INTEGER NOT NULL)"


def look_up(
    folder: Path, stamps: Mapping[str, str], read: Callable[[str], KeptRun | None]
) -> tuple[list[KeptRun], str]:
    """Give what is known of files, from the index as far as it knows them as they are; the others are read.

    Parameters
    ----------
    folder : Path
        Where they and the index lie.
    stamps : mapping of str to str
        By the name of each file, what is another one whenever the file is another.
    read : callable
        Reads the file of a name; None where that is no run.

    Returns
    -------
    list of KeptRun
        In the order of the names that were given.
    str
        Why the index could not be used or kept, in a sentence, or empty; what is listed is right in any case.
    """
    if not stamps and not is_file(folder / NAME):
        return [], ""
    known, problem = _load(folder / NAME)
    found: list[KeptRun] = []
    fresh: list[tuple[bytes, bytes, int]] = []
    for name, stamp in stamps.items():
        row = known.pop(name, None)
        if row is not None and row[1] == stamp:
            run = _run_of(folder / name, row)
        else:
            run = read(name)
            fresh.append(_row_of(name, stamp, run))
        if run is not None:
            found.append(run)
    if (fresh or known) and not problem:
        problem = _store(folder / NAME, fresh, [os.fsencode(name) for name in known])
    if problem:
        problem = f"The index of {printable(str(folder))} cannot be kept ({problem}): listing reads each run again."
    return found, problem


def _load(path: Path) -> tuple[dict[str, list[Any]], str]:
    """Read all rows by their names; none where there is no index, and why there is none if nothing can be done."""
    if not is_file(path):
        return {}, ""
    try:
        with closing(_connected(path)) as index:
            if not _is_current(index):
                return {}, ""
            rows = index.execute("SELECT said, checksum FROM runs").fetchall()
    except sqlite3.Error as error:
        if problem := _refusal(error):
            return {}, problem
        _remove(path)
        return {}, ""
    except (OverflowError, MemoryError, UnicodeError):  # of lengths and texts that nobody wrote
        _remove(path)
        return {}, ""
    return {row[0]: row for row in _whole(rows)}, ""


def _whole(rows: list[_Row]) -> list[list[Any]]:
    """Give what rows say that are as they were written; all at once: one by one takes three times as long."""
    said = [said for said, checksum in rows if isinstance(said, bytes) and zlib.crc32(said) == checksum]
    try:
        found = json.loads(b"[" + b",".join(said) + b"]")
        return [row for row in found if len(row) in (2, 2 + len(_SAID))]
    except (ValueError, TypeError):  # somebody else wrote it
        return []


def _store(path: Path, fresh: list[tuple[bytes, bytes, int]], gone: list[bytes]) -> str:
    """Write rows, and take others away; give why that cannot be, in half a sentence."""
    for is_last in (False, True):
        try:
            with closing(_connected(path)) as index:
                index.execute("BEGIN IMMEDIATE")
                if not _is_current(index):
                    index.execute("DROP TABLE IF EXISTS runs")
                    index.execute(_TABLE)
                    index.execute(f"PRAGMA user_version = {_VERSION}")
                index.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", fresh)
                index.executemany("DELETE FROM runs WHERE name = ?", [(name,) for name in gone])
                index.execute("COMMIT")
                return ""
        except sqlite3.Error as error:
            if (problem := _refusal(error)) or is_last:
                return problem or str(error)
            _remove(path)  # what was read of it was right, but what is written to is damaged
    return ""


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)


def _is_current(index: sqlite3.Connection) -> bool:
    (version,) = index.execute("PRAGMA user_version").fetchone()
    return bool(version == _VERSION)


def _refusal(error: sqlite3.Error) -> str:
    """Say what does not allow an index, in half a sentence; empty where it is the file that is wrong."""
    code = getattr(error, "sqlite_errorcode", None)
    return str(error) if code is not None and code & 0xFF in _REFUSALS else ""


def _remove(path: Path) -> None:
    for each in (path, path.with_name(f"{NAME}-journal")):
        with suppress(OSError):
            each.unlink()


def _row_of(name: str, stamp: str, run: KeptRun | None) -> tuple[bytes, bytes, int]:
    values = [] if run is None else [getattr(run, key) for key in _SAID]
    said = json.dumps([name, stamp, *values]).encode()
    return os.fsencode(name), said, zlib.crc32(said)


def _run_of(path: Path, row: list[Any]) -> KeptRun | None:
    _, stamp, *values = row
    return KeptRun._make([path, *values, stamp]) if values else None

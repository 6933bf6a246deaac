"""What torchrun has started again after a process was lost: it goes on from the last save of the one before.

Beside the runs lies a small file, as long as torchrun may start again, that says which one is its own: what is passed
on the command line does not, and another training of the same recipe may lie there.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from argparse import Namespace
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.cli import terminal, torchrun
from latentlab.core.errors import LatentlabError
from latentlab.core.writing import whole_file

if TYPE_CHECKING:
    from latentlab.core.runs.run import Run

_LEFT_SECONDS = 30 * 86_400.0  # longer than any torchrun


@dataclass(frozen=True, slots=True)
class Own:
    """What a training under torchrun is kept as.

    Attributes
    ----------
    path, out : str
        The file in the workspace, and where it goes in the end, or empty.
    run_id : str
    starter : str
        The process of torchrun that has started the first rank.
    status : int or None
        The exit status, once it has ended.
    """

    path: str
    out: str
    run_id: str
    starter: str
    status: int | None = None

    def saved(self) -> Run | None:
        """Give what was saved last, and say so; None where nothing was."""
        from latentlab.core.runs.run import Run

        with suppress(LatentlabError):
            run = Run.open(self.path)
            if run.snapshot.run_id == self.run_id:
                terminal.say(f"Started again: {self.path} goes on from where it was saved last.")
                return run
        terminal.say("Started again, before anything was saved: the training begins anew.")
        return None


def keep(arguments: Namespace, path: Path, out: Path | None, run_id: str) -> None:
    """Remember, as the first rank, what the training is kept as."""
    torchrun.ranks().keeps(str(path))
    if (place := _place(arguments)) is not None and _left() > 0:
        _sweep(place.parent)
        _write(place, Own(str(path), str(out or ""), run_id, _starter()))


def ended(arguments: Namespace, status: int) -> int:
    """Remember how the training has ended, as the first rank, so that what is started again does not begin anew."""
    if (place := _place(arguments)) is None or torchrun.ranks().rank:
        return status
    if status == 0 or _left() == 0:
        with suppress(OSError):
            place.unlink(missing_ok=True)
    elif (own := _read(place)) is not None:
        _write(place, replace(own, status=status))
    return status


def before(arguments: Namespace) -> Own | None:
    """Give what this torchrun's training was kept as before it started again; None where it did not, or had none."""
    if (place := _place(arguments)) is None:
        return None
    return _parsed(torchrun.ranks().of_first(lambda: json.dumps(asdict(own)) if (own := _mine(place)) else ""))


def _mine(place: Path) -> Own | None:
    """Read what was kept, where it is of this torchrun, and not of another whose jobs have the same name."""
    own = _read(place)
    is_again = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0"  # not counted where machines come and go
    return own if own is not None and (is_again or own.starter == _starter()) else None


def _starter() -> str:
    return f"{platform.node()} {os.getppid()}"


def _sweep(folder: Path) -> None:
    """Remove what was left by those that nobody starts again."""
    with suppress(OSError):
        for each in folder.glob(".torchrun-*.json"):
            if time.time() - each.stat().st_mtime > _LEFT_SECONDS:
                each.unlink()


def _place(arguments: Namespace) -> Path | None:
    """Give the file of this torchrun; None where there is none."""
    if not torchrun.is_used():
        return None
    from latentlab.core.runs import workspace

    name = os.environ["TORCHELASTIC_RUN_ID"]
    if name in ("", "none"):  # nobody gave it one: its own process, by which this one was started, has a number
        name = f"{name} {os.getppid()}"
    folder = arguments.workspace or workspace.default_folder()
    return Path(folder) / f".torchrun-{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"


def _left() -> int:
    """Give how often torchrun may still start again."""
    most, done = (int(os.environ.get(f"TORCHELASTIC_{each}", "0")) for each in ("MAX_RESTARTS", "RESTART_COUNT"))
    return most - done


def _read(place: Path) -> Own | None:
    try:
        return _parsed(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def _parsed(text: str) -> Own | None:
    try:
        return Own(**json.loads(text))
    except (ValueError, TypeError):
        return None


def _write(place: Path, own: Own) -> None:
    with suppress(LatentlabError), whole_file(place, "What torchrun trains", LatentlabError) as partial:
        partial.write_text(json.dumps(asdict(own)), encoding="utf-8")

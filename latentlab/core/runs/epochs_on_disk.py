"""The weights of a run's earlier epochs, kept on the disk beside it: by bytes, not by count, and closer together early.

They lie in a hidden folder of the workspace, below the id of their run: so a run that is renamed still has them, one in
the trash too, and one that is copied elsewhere has none. An epoch is known by its losses as well: where a training was
ended and went on otherwise, what the one way came to is never taken for the other's.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentlab.core.errors import LatentlabError, ranges, reason_of
from latentlab.core.files import absolute, inside, is_folder, is_link
from latentlab.core.runs.run_header import SUFFIX, RunError, is_run, read_header
from latentlab.core.writing import sweep, whole_file

if TYPE_CHECKING:
    from torch import Tensor

    from latentlab.core.events import EpochEnded
    from latentlab.core.runs.run import Run

FOLDER = ".epochs"
MOST = 300_000_000  # bytes of a run
MOST_OF_ALL = 5_000_000_000  # bytes of all runs of a workspace
LEAST_FREE = 1_000_000_000  # bytes of the disk: what is left is for the runs themselves
LEAST_SIZE = 2**16  # bytes that an epoch counts as, however small: thousands can be listed, not hundreds of thousands

_NAME = re.compile(r"([0-9]{7}|[1-9][0-9]{7,14})-[0-9a-f]{8}\.epoch")


def kept(path: Path) -> list[int]:
    """Say which epochs are kept of the run in a file, in order.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of int
        Counted from 1; none where none are kept, as of a run that was copied elsewhere.

    Raises
    ------
    RunError
        When the file is no run.
    """
    return sorted(_files_of(path))


def run_at(path: Path, epoch: int, run: Run | None = None) -> Run:
    """Give a run as it was after one of its epochs.

    Parameters
    ----------
    path : Path
    epoch : int
    run : Run, optional
        What is in the file, where it is read already.

    Returns
    -------
    Run
        The weights and the history of then, without what a training needs to go on as it would have, and without codes.

    Raises
    ------
    RunError
        When the epoch is not kept, or damaged.
    """
    from latentlab.core.runs.run import Run

    files = _files_of(path)
    if epoch not in files:
        raise not_kept(epoch, str(path), sorted(files))
    run = run or Run.open(path)
    with contextlib.suppress(OSError):  # it was looked at: see `thin_all`
        os.utime(files[epoch].parent)
    return as_of(run, epoch, files[epoch])


def as_of(run: Run, epoch: int, file: Path) -> Run:
    """Give a run as it was after an epoch, whose weights are in a file: see `run_at`."""
    from latentlab.core.models.snapshot import Snapshot
    from latentlab.core.runs.epoch_file import weights_in

    mine = run.snapshot
    before = Snapshot(mine.run_id, mine.recipe, mine.model, mine.class_names)
    before.load(weights_in(file, before.state(), mine.run_id, epoch))
    return replace(
        run,
        snapshot=before,
        history=tuple(ended for ended in run.history if ended.epoch <= epoch),
        changes=tuple(changed for changed in run.changes if changed.epochs_done < epoch),
        epochs=epoch,
        codes=np.empty((0, mine.latent), np.float32),
        labels=np.empty(0, np.int64),
        training=None,
    )


def folder_of(folder: Path, run_id: str) -> Path | None:
    """Give where the epochs of a run lie in a workspace; None for an id that anyone may have put into a file."""
    return folder / FOLDER / run_id if re.fullmatch(r"[0-9A-Za-z_-]{1,64}", run_id) else None


def name_of(ended: EpochEnded) -> str:
    """Give the name of an epoch's file."""
    return _name(ended.epoch, ended.train.reconstruction, ended.train.kl, ended.test.reconstruction)


def sizes_in(place: Path) -> dict[str, int]:
    """Tell how many bytes each of the files in the folder of a run's epochs counts as, by its name, in order."""
    sizes: dict[str, int] = {}
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                with contextlib.suppress(OSError):  # it has just gone
                    there = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(there.st_mode):
                        sizes[entry.name] = max(LEAST_SIZE, there.st_size)
    return in_order(sizes)


def in_order(sizes: Mapping[str, int]) -> dict[str, int]:
    """Give the sizes of files in the order of their epochs, which from 10,000,000 on is not that of their names."""
    return dict(sorted(sizes.items(), key=lambda each: (epoch_of(each[0]), each[0])))


def write(place: Path, run_id: str, ended: EpochEnded, weights: Mapping[str, Tensor]) -> int:
    """Write the weights of an epoch into the folder of its run, whole or not at all; give its bytes.

    Raises
    ------
    RunError
        When it cannot be written.
    """
    from latentlab.core.runs.epoch_file import content_of

    path, what = place / name_of(ended), "An epoch"
    if link := next(filter(is_link, (place, path)), None):
        raise RunError(f"{link} is a link, where nothing is written.")
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"The folder {place} cannot be made: {reason_of(error)}.") from error
    content = content_of(weights, run_id, ended.epoch)
    try:
        with whole_file(path, what, RunError) as partial:
            partial.write_bytes(content)
    except RunError:
        _remove_empty(place)
        raise
    return max(LEAST_SIZE, len(content))


def to_let_go(sizes: Mapping[str, int], most: int, every: int | None = None) -> list[str]:
    """Choose which epochs to let go so that the others take no more than so many bytes.

    The first and the last stay. Of those between goes the one whose neighbours' epochs have the least ratio: those that
    stay come to be evenly spaced on a logarithmic scale, as most happens early in a training.

    Parameters
    ----------
    sizes : mapping of str to int
        Bytes of each file, by its name, in the order of epochs.
    most : int
        Bytes.
    every : int, optional
        Multiples of it (a recipe's ``checkpoint_every``) stay when others go, as long as they alone are not too many.
    """
    names, gone, total = list(sizes), list[str](), sum(sizes.values())
    epochs = np.array([epoch_of(name) for name in names], np.int64)
    while total > most and names:
        if len(names) > 2:
            ratios = np.log(epochs[2:]) - np.log(epochs[:-2])
            if every is not None and (others := epochs[1:-1] % every != 0).any():
                ratios = np.where(others, ratios, np.inf)
            place = 1 + int(ratios.argmin())
        else:
            place = 0
        gone.append(names.pop(place))
        epochs = np.delete(epochs, place)
        total -= sizes[gone[-1]]
    return gone


def remove(place: Path, names: Iterable[str]) -> None:
    """Remove files of epochs, and their folder where nothing is left; what cannot be, or a link leads to, stays."""
    if is_link(place):
        return
    for name in names:
        with contextlib.suppress(OSError):
            (place / name).unlink()
    _remove_empty(place)


def check_room(folder: Path, size: int) -> None:
    """See that so many bytes more leave room on the disk for the runs themselves.

    Raises
    ------
    RunError
        When they do not.
    """
    with contextlib.suppress(OSError):
        if shutil.disk_usage(folder).free < LEAST_FREE + size:
            raise RunError(f"less than {LEAST_FREE / 1e9:.3g} GB of the disk is free")


def thin_all(folder: Path, most: int = MOST_OF_ALL, room: int = 0, spared: Path | None = None) -> str:
    """Let epochs of a workspace go until all take no more than so many bytes; never a run.

    What writers that died have left is removed. Those of the run that was longest neither trained nor looked back at
    go first: down to its first and its last, and where that is not enough, of all runs, those too.

    Parameters
    ----------
    folder : Path
        The workspace.
    most, room : int
        Bytes that all may take, and how many of them are for what is just being trained.
    spared : Path, optional
        The folder of a run that keeps what it has.

    Returns
    -------
    str
        What was let go, in a sentence, or empty.
    """
    places = [place for place in inside(folder / FOLDER) if is_folder(place) and not is_link(place)]
    for place in places:
        sweep(place)
    sizes = {place: sizes_in(place) for place in places}
    total, thinned = sum(sum(each.values()) for each in sizes.values()), set[Path]()
    moments = {place: _moment(place) for place in places}
    others = sorted((place for place in places if place != spared), key=lambda place: moments[place])
    for least in (2, 0):
        for place in others:
            if total <= most - room:
                break
            mine = sizes[place]
            ends = sum([*mine.values()][:: max(1, len(mine) - 1)]) if least else 0
            gone = to_let_go(mine, max(ends, sum(mine.values()) - (total - most + room)))
            remove(place, gone)
            with contextlib.suppress(OSError):  # nobody has looked at it now
                os.utime(place, (moments[place], moments[place]))
            total -= sum(mine.pop(name) for name in gone)
            thinned |= {place} if gone else set()
    if not thinned:
        return ""
    count, latest = len(thinned), datetime.fromtimestamp(max(moments[place] for place in thinned))
    which = "a run that was not looked at" if count == 1 else f"{count} runs that were not looked at"
    return (
        f"Fewer earlier epochs are kept of {which} since {latest:%Y-%m-%d %H:%M}, as those of all runs in {folder} may "
        f"take {most / 1e9:.3g} GB; the runs themselves are as they were."
    )


def forget(folder: Path, run_ids: set[str]) -> None:
    """Remove the epochs of runs of which a workspace has no file any more."""
    here = {place.name for place in inside(folder / FOLDER)} & run_ids
    if not here:
        return
    for path in inside(folder):
        if path.name.endswith(SUFFIX) and is_run(path):
            with contextlib.suppress(LatentlabError):
                here.discard(str(read_header(path).values.get("run")))
    for run_id in here:
        if (place := folder_of(folder, run_id)) is not None:
            remove(place, sizes_in(place))


def epoch_of(name: str) -> int:
    """Give the epoch of a file's name."""
    return int(name.partition("-")[0])


def _files_of(path: Path) -> dict[int, Path]:
    """Find the files of the epochs that are kept of a run's file."""
    values = read_header(path).values
    try:
        run_id, epochs = str(values["run"]), int(values["epochs"])
        names = [_stored_name(ended) for ended in values["history"] if int(ended["epoch"]) <= epochs]
    except (KeyError, TypeError, ValueError, OverflowError, struct.error) as error:
        raise RunError(f"{path} is damaged: its parts do not fit each other. Use another copy of it.") from error
    # Beside the run, or where it lay before it came to be in a folder of the trash.
    for folder in (absolute(path).parent, *absolute(path).parents[2:3]):
        place = folder_of(folder, run_id)
        if place is not None and is_folder(place):
            there = sizes_in(place)
            return {epoch_of(name): place / name for name in names if name in there}
    return {}


def _stored_name(stored: dict[str, Any]) -> str:
    train, test = stored["train"], stored["test"]
    losses = (float(each) for each in (train["reconstruction"], train["kl"], test["reconstruction"]))
    return _name(int(stored["epoch"]), *losses)


def _name(epoch: int, *losses: float) -> str:
    return f"{epoch:07}-{zlib.crc32(struct.pack('<3d', *losses)):08x}.epoch"


def _remove_empty(place: Path) -> None:
    """Remove the folder of a run's epochs, and that of all, where nothing is in them."""
    with contextlib.suppress(OSError):
        place.rmdir()
        place.parent.rmdir()


def _moment(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except OSError:
        return 0.0


def not_kept(epoch: int, which: str, kept: Sequence[int]) -> RunError:
    """Say that an epoch of a run is not kept, and which ones are, in their order."""
    said = ranges(kept)
    some = ", ".join(said if len(said) <= 12 else [*said[:6], "...", *said[-5:]])
    others = f"kept are {some}" if kept else "none of it are"
    return RunError(f"Epoch {epoch} of {which} is not kept: {others}.")

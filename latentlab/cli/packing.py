"""The command that packs an image set into shards, or checks one that is packed."""

from __future__ import annotations

import threading
import time
from argparse import Namespace
from pathlib import Path

from latentlab.cli import terminal
from latentlab.cli.image_sets import load, settings_of
from latentlab.core.errors import LatentlabError


def pack(arguments: Namespace) -> int:
    """Pack an image set, or check one that is packed."""
    if arguments.check is not None:
        if arguments.set is not None or arguments.out is not None:
            raise LatentlabError("--check is for a set that is packed already: leave out SET and --out.")
        return _check(arguments.check, arguments.json)
    if arguments.set is None or arguments.out is None:
        raise LatentlabError("Name a set and where its shards go, as in 'latentlab pack mnist --out mnist-shards'.")
    from latentlab.core.data.reading import ReadingCancelledError
    from latentlab.core.data.shards import packed_set, packing

    cancelled = threading.Event()
    with terminal.interrupt_sets(cancelled):
        try:
            images = load(settings_of(arguments.set, arguments), arguments.data_dir, cancelled)
        except ReadingCancelledError:
            return terminal.INTERRUPTED
        terminal.say_what_was_read(images)
        begin = time.perf_counter()
        with terminal.shown_share(f"Packing {images.title}") as show:
            packed = packing.pack(images, arguments.out, arguments.jobs, show, cancelled)
    if packed is None:
        terminal.say(f"Interrupted; the same command goes on with what lies in {arguments.out}.")
        return terminal.INTERRUPTED
    seconds, name = time.perf_counter() - begin, packed_set.name_of(arguments.out)
    training, test = len(images.train_labels), len(images.test_labels)
    if arguments.json:
        terminal.write_json(
            event="finished",
            dataset=name,
            training=training,
            test=test,
            shards=packed.written + packed.kept,
            written=packed.written,
            bytes=packed.bytes,
            seconds=seconds,
        )
    kept = f", {packed.kept:,} were whole already" if packed.kept else ""
    terminal.say(
        f"{training:,} training and {test:,} test images, {packed.bytes / 1e6:,.0f} MB: {packed.written:,} shards were "
        f"written in {seconds:.1f} s{kept}. Train on them by --dataset {name}"
    )
    return 0


def _check(folder: Path, as_json: bool) -> int:
    from latentlab.core.data.shards import checking

    with terminal.shown_share(f"Checking {folder}") as show:
        index = checking.check(folder, show)
    shards = sum(map(len, index.shards.values()))
    if as_json:
        terminal.write_json(event="finished", title=index.title, shards=shards, bytes=index.bytes)
    terminal.say(f"All {shards:,} shards of {index.title} are whole, {index.bytes / 1e6:,.0f} MB.")
    return 0

"""The command that tells of image sets: which there are, what was read of one, and fetching one."""

from __future__ import annotations

import dataclasses
import threading
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentlab.cli import terminal
from latentlab.cli.export import whole
from latentlab.core.errors import LatentlabError
from latentlab.core.writing import make_way

if TYPE_CHECKING:
    from latentlab.core.data.description import Description
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.recipe.settings import DataSettings

_ACROSS = 8  # images on a sheet


def add_options(parser: ArgumentParser) -> None:
    """Give the command its arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="tell what was read of this set; without it, list all")
    parser.add_argument("--sheet", metavar="FILE.png", type=Path, help="write the first 64 training images of NAME")
    parser.add_argument("--size", metavar="SIDES", help="bring the images of NAME to it, as data.size of a recipe")
    parser.add_argument("--fit", choices=("crop", "pad", "stretch"), help="how, as data.fit of a recipe")
    parser.add_argument("--download", metavar="NAME", help="fetch this set and check what arrived")
    parser.add_argument("--clear-cache", action="store_true", help="remove what was kept of one's own images")


def add_packing(commands: _SubParsersAction[Any]) -> None:
    """Add the command that packs an image set to those of the program."""
    parser = commands.add_parser(
        "pack",
        help="pack an image set of any size into shards that are mapped, or check them",
        description="Write an image set as files of one size, the shards, with an index of their checksums: "
        "shards:DIR is the same set, of which a training reads what it looks at, however large it is. What broke off "
        "goes on by the same command, which also checks what is there, and writes what is damaged again.",
    )
    parser.add_argument("set", metavar="SET", nargs="?", help="an image set, by a name that 'data' takes")
    parser.add_argument("--out", metavar="DIR", type=Path, help="where the shards go: a new or an empty folder")
    parser.add_argument("--check", metavar="DIR", type=Path, help="read all shards, and compare their checksums")
    parser.add_argument("--jobs", metavar="N", type=whole(1), default=1, help="shards that are written at a time (1)")
    parser.add_argument("--size", metavar="SIDES", help="bring the images to it, as data.size of a recipe")
    parser.add_argument("--fit", choices=("crop", "pad", "stretch"), help="how, as data.fit of a recipe")
    parser.add_argument("--data-dir", metavar="DIR", type=Path, help="where the image sets lie")
    parser.add_argument("--json", action="store_true", help="write one JSON object a line")


def data(arguments: Namespace) -> int:
    """List the image sets, tell what was read of one, or download one."""
    from latentlab.core.data import registry

    data_dir = arguments.data_dir or registry.default_data_dir()
    if arguments.clear_cache:
        _clear(arguments.json)
        if arguments.download is None and arguments.name is None:
            return 0
    if arguments.download is not None:
        return _download(arguments.download, data_dir, arguments.json)
    if arguments.name is not None:
        return _describe(arguments, data_dir)
    for option in ("sheet", "size", "fit"):
        if getattr(arguments, option) is not None:
            raise LatentlabError(f"--{option} is for one image set: name it, as in 'latentlab data digits --{option}'.")
    return _list(data_dir, arguments.json)


def settings_of(name: str, arguments: Namespace) -> DataSettings:
    """Give the settings of a set by its name, as `--size` and `--fit` have it."""
    from latentlab.core.recipe.recipe import Recipe

    changes = {"data.dataset": name, "data.size": arguments.size, "data.fit": arguments.fit}
    return Recipe().with_changes({key: value for key, value in changes.items() if value is not None}).data


def load(settings: DataSettings, data_dir: Path | None, cancelled: threading.Event | None = None) -> ImageSet:
    """Load the images that a recipe's data settings name, while a person at a terminal sees how far that is."""
    from latentlab.core.data import registry

    with terminal.shown_reading(settings.dataset, cancelled) as reading:
        return registry.load_for(settings, data_dir or registry.default_data_dir(), reading)


def _list(data_dir: Path, as_json: bool) -> int:
    from latentlab.core.data import registry

    found = registry.statuses(data_dir)
    if as_json:
        for each in found:
            terminal.write_json(
                name=each.name,
                title=each.title,
                here=each.is_here,
                bytes=each.download_bytes,
                train=each.train_count,
                test=each.test_count,
                problem=each.problem,
            )
    else:
        rows = [
            (
                each.name,
                each.title,
                "here" if each.is_here else f"{each.download_bytes / 1e6:,.0f} MB to download",
                f"{each.train_count:,}",
                f"{each.test_count:,}",
            )
            for each in found
        ]
        terminal.write_table(("Name", "Title", "Where", "Training", "Test"), rows)
    for each in found:
        if each.problem:
            terminal.say(each.problem)
    return 0


def _describe(arguments: Namespace, data_dir: Path) -> int:
    from latentlab.core.data.description import described
    from latentlab.core.data.reading import ReadingCancelledError

    if arguments.sheet is not None:
        _check_sheet(arguments.sheet)
    settings = settings_of(arguments.name, arguments)
    cancelled = threading.Event()
    try:
        with terminal.interrupt_sets(cancelled):
            images = load(settings, data_dir, cancelled)
    except ReadingCancelledError:
        return terminal.INTERRUPTED
    found = described(images)
    if arguments.json:
        terminal.write_json(**dataclasses.asdict(found))
    else:
        terminal.write_table(("What", "What was read"), _rows(found))
    if arguments.sheet is not None:
        _save_sheet(arguments.sheet, images)
    return 0


def _rows(found: Description) -> list[tuple[str, str]]:
    channels, height, width = found.shape
    classes = [f"{name}: {count:,}" for name, count in zip(found.class_names, found.class_counts, strict=True)]
    return [
        ("Title", found.title),
        ("Images", f"{found.training:,} for training, {found.test:,} for testing"),
        ("Size", f"{height}×{width} pixels, in {'grey' if channels == 1 else 'colour'}"),
        ("Levels", f"{found.range[0]} to {found.range[1]} of 255, {found.mean:.1f} on average"),
        ("Classes", ", ".join(classes) or "none"),
        *(("Left out", f"{count:,} {reason}") for reason, count in found.left_out.items()),
        *(("Note", note) for note in found.notes),
    ]


def _check_sheet(path: Path) -> None:
    """See, before images are read, that the sheet can be saved."""
    if path.suffix.lower() != ".png":
        raise LatentlabError(f"A sheet is saved as a .png file, not as '{path}': change --sheet.")
    make_way(path, LatentlabError, ("name a file for --sheet", "change --sheet"))


def _save_sheet(path: Path, images: ImageSet) -> None:
    """Write the first training images without gaps; where there are fewer, the rest of the last row is black."""
    import numpy as np

    from latentlab.core.data.description import ON_A_SHEET
    from latentlab.core.output.export import save_picture, sheet

    first = images.train_images[:ON_A_SHEET].numpy()
    cells = np.zeros((-(-len(first) // _ACROSS), _ACROSS, *images.image_shape), np.uint8)
    cells.reshape(-1, *images.image_shape)[: len(first)] = first
    save_picture(path, sheet(cells, gap=0))
    terminal.say(f"The first training images are saved as {path}.")


def _clear(as_json: bool) -> None:
    from latentlab.core.data import image_cache, mapped_images

    removed = image_cache.clear()
    if as_json:
        terminal.write_json(event="cleared", **dataclasses.asdict(removed))
    terminal.say(f"{removed.bytes / 1e6:,.0f} MB of images were removed from {mapped_images.cache_dir()}.")


def _download(name: str, data_dir: Path, as_json: bool) -> int:
    from latentlab.core.data import downloads, registry

    cancelled = threading.Event()
    with terminal.interrupt_sets(cancelled), terminal.shown_download(name) as show:
        for progress in downloads.download(name, data_dir, cancelled):
            show(progress)
            if as_json:
                terminal.write_json(event="progress", **dataclasses.asdict(progress))
    status = registry.status(name, data_dir)
    if not status.is_here:
        terminal.say(f"The download of {status.title} was interrupted; nothing of it is kept.")
        return terminal.INTERRUPTED
    if as_json:
        terminal.write_json(event="finished", name=name)
    terminal.say(f"{status.title} is in {data_dir}.")
    return 0

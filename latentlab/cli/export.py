"""The command `latentlab export`: pictures, animations and tables of a run."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.cli import terminal
from latentlab.core.errors import LatentlabError

if TYPE_CHECKING:
    from latentlab.core.arrays import Floats
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.models.snapshot import Snapshot
    from latentlab.core.runs.run import Run

_FRAME_SECONDS = 1 / 30
_STEPS, _FRAMES = 10, 60


@dataclass(frozen=True)
class _Written:
    """What a file holds: `count` things, in rows and columns."""

    rows: int
    columns: int
    count: int
    things: str


def add_options(export: argparse.ArgumentParser) -> None:
    """Tell a parser what can be exported, and how."""
    export.add_argument("run", metavar="RUN", type=Path, help="a .safetensors file saved by latentlab")
    kinds = export.add_subparsers(dest="what", metavar="WHAT", required=True, title="what", prog="latentlab export RUN")
    samples = kinds.add_parser("samples", help="random images; of a CVAE a row for each label")
    samples.add_argument("--rows", metavar="N", type=whole(1), help="10, where there is none for each label")
    samples.add_argument("--columns", metavar="N", type=whole(1), default=20)
    samples.add_argument("--temperature", metavar="T", type=_number, default=1.0)
    samples.add_argument("--seed", metavar="N", type=whole(0), default=0)
    samples.add_argument("--like", metavar="I", type=whole(0), help="more images like this test image")
    samples.add_argument("--like-codes", action="store_true", help="spread like the codes in place of N(0, I)")
    manifold = kinds.add_parser("manifold", help="a grid of codes of the map's plane, decoded")
    manifold.add_argument("--side", metavar="N", type=whole(2), default=20, help="images on a side (%(default)s)")
    manifold.add_argument(
        "--over",
        choices=["radius", "means", "quantiles"],
        default="radius",
        help="around 0, over the range of the means, or at equal steps of the prior's probability (%(default)s)",
    )
    manifold.add_argument("--radius", metavar="R", type=_number, help="to each side of 0 (4), or beyond the means (0)")
    codes = kinds.add_parser("codes", help="index, label, class, mean and deviation of every image, as a table")
    codes.add_argument("--split", choices=["training", "test", "both"], default="test", help="(%(default)s)")
    codes.add_argument("--likelihood", action="store_true", help="also the columns elbo and log_p, nats")
    reconstructions = kinds.add_parser("reconstructions", help="test images above what the decoder makes of them")
    reconstructions.add_argument("--count", metavar="N", type=whole(1), default=10, help="(%(default)s)")
    between = kinds.add_parser("interpolation", help="what lies between two test images")
    between.add_argument(
        "--from", dest="first", metavar="I", type=whole(0), default=0, help="a test image (%(default)s)"
    )
    between.add_argument("--to", dest="last", metavar="J", type=whole(0), default=1, help="another one (%(default)s)")
    between.add_argument("--steps", metavar="N", type=whole(2), help=f"{_STEPS}, or {_FRAMES} frames of a GIF")
    between.add_argument("--spherical", action="store_true", help="on an arc around 0 in place of a straight line")
    for kind in (manifold, between):
        kind.add_argument("--label", metavar="NAME", help="the class that a CVAE decodes under")
    for kind in (codes, reconstructions):
        kind.add_argument("--dataset", metavar="NAME", help="an image set; the recipe's own by default")
        kind.add_argument("--data-dir", metavar="DIR", type=Path, help="where the image sets lie")
    files = {
        samples: ".png, or .npz for an image set",
        codes: ".csv or .npz",
        between: ".png, or .gif for an animation",
    }
    for kind in (samples, manifold, codes, reconstructions, between):
        kind.add_argument("--out", metavar="FILE", type=Path, required=True, help=files.get(kind, ".png"))
        kind.add_argument("--json", action="store_true", help="tell what was written as a JSON object")


def export(arguments: argparse.Namespace) -> int:
    """Write what was asked for."""
    from latentlab.core.output.export import ARRAYS, PICTURE, TABLE, check_target
    from latentlab.core.runs.run import Run

    suffixes = {
        "samples": (PICTURE, ARRAYS),
        "codes": (TABLE, ARRAYS),
        "interpolation": (PICTURE, ".gif"),
    }.get(arguments.what, (PICTURE,))
    run = Run.open(arguments.run)
    check_target(arguments.out, arguments.what, suffixes)
    written = _EXPORTS[arguments.what](run, arguments)
    if arguments.json:
        terminal.write_json(
            event="finished",
            what=arguments.what,
            path=str(arguments.out),
            rows=written.rows,
            columns=written.columns,
            count=written.count,
        )
    terminal.say(f"{written.count:,} {written.things}, saved as {arguments.out}.")
    return 0


def _samples(run: Run, arguments: argparse.Namespace) -> _Written:
    import numpy as np

    from latentlab.core.map.live_map import map_of
    from latentlab.core.output.export import ARRAYS, alike, save_images
    from latentlab.core.views.samples import SamplesQuestion, samples

    rows, columns = arguments.rows or 10, arguments.columns
    if arguments.like is not None:
        images = alike(run, arguments.like, rows, columns, arguments.temperature, arguments.seed)
        labels = np.full(images.shape[:2], run.labels[arguments.like])
    elif arguments.rows is not None and run.snapshot.uses_labels:
        raise LatentlabError("The samples of a CVAE are a row for each label: leave --rows out.")
    else:
        question = SamplesQuestion(rows, columns, arguments.temperature, arguments.seed, arguments.like_codes)
        images = samples(question, map_of(run, None)).images
        labels = np.repeat(np.arange(len(images))[:, None], columns, 1)
    if arguments.out.suffix.lower() != ARRAYS:
        return _save_sheet(arguments.out, images, "samples")
    known = labels.ravel() if run.snapshot.uses_labels or (arguments.like is not None and labels.min() >= 0) else None
    save_images(arguments.out, images.reshape(-1, *images.shape[2:]), known, run.snapshot.class_names)
    return _Written(len(images), columns, len(images) * columns, "samples")


def _manifold(run: Run, arguments: argparse.Namespace) -> _Written:
    from latentlab.core.map.live_map import map_of
    from latentlab.core.views.manifold import ManifoldQuestion, manifold

    radius = arguments.radius
    if radius is None:
        radius = 0.0 if arguments.over == "means" else 4.0
    label = _label(run.snapshot, arguments.label)
    question = ManifoldQuestion(arguments.side, arguments.over, radius, 0 if label is None else label)
    return _save_sheet(arguments.out, manifold(question, map_of(run, None)).images, "images of the manifold", gap=0)


def images_of(run: Run, arguments: argparse.Namespace) -> ImageSet:
    """Load the images of a run, or those that were named for it, and say what was guessed of these."""
    from latentlab.core.runs.images import images_for

    with terminal.shown_reading(arguments.dataset or run.recipe.data.dataset) as reading:
        images = images_for(run, arguments.dataset, arguments.data_dir, reading)
    if arguments.dataset:
        terminal.say_what_was_read(images)
    return images


def _codes(run: Run, arguments: argparse.Namespace) -> _Written:
    from latentlab.core.output.export import encode_split, save_codes
    from latentlab.core.progress import watched

    images = images_of(run, arguments)
    with terminal.shown_share("Encoding") as show, watched(show, lambda: False):
        codes = encode_split(run.snapshot, images, arguments.split, with_likelihood=arguments.likelihood)
    columns = save_codes(arguments.out, codes)
    return _Written(len(codes.index), columns, len(codes.index), "codes")


def _reconstructions(run: Run, arguments: argparse.Namespace) -> _Written:
    from latentlab.core.output.export import rebuilt

    data = images_of(run, arguments)
    part = slice(arguments.count)
    noisy = None if data.test_noisy is None else data.test_noisy[part].numpy()
    images = rebuilt(run.snapshot, data.test_images[part].numpy(), data.test_labels[part].numpy(), noisy)
    return _save_sheet(arguments.out, images, "images and reconstructions")


def _interpolation(run: Run, arguments: argparse.Namespace) -> _Written:
    from latentlab.core.output import animation
    from latentlab.core.output.export import interpolated

    is_animation = arguments.out.suffix.lower() == ".gif"
    images = interpolated(
        run,
        arguments.first,
        arguments.last,
        arguments.steps or (_FRAMES if is_animation else _STEPS),
        is_spherical=arguments.spherical,
        label=_label(run.snapshot, arguments.label),
    )
    if not is_animation:
        return _save_sheet(arguments.out, images[None], "steps")
    frames = animation.there_and_back(images)
    scale = animation.fitting_scale(*frames.shape[2:])
    animation.save_gif(arguments.out, frames, len(frames) * _FRAME_SECONDS, scale)
    return _Written(1, 1, len(frames), "frames")


_EXPORTS: dict[str, Callable[[Run, argparse.Namespace], _Written]] = {
    "samples": _samples,
    "manifold": _manifold,
    "codes": _codes,
    "reconstructions": _reconstructions,
    "interpolation": _interpolation,
}


def _save_sheet(path: Path, images: Floats, things: str, gap: int | None = None) -> _Written:
    from latentlab.core.output.export import SHEET_GAP, save_picture, sheet

    save_picture(path, sheet(images, SHEET_GAP if gap is None else gap))
    rows, columns = images.shape[:2]
    return _Written(rows, columns, rows * columns, things)


def _label(snapshot: Snapshot, name: str | None) -> int | None:
    """Give the label of a class name; None where none was given."""
    if name is None:
        return None
    if not snapshot.uses_labels:
        raise LatentlabError("Only a CVAE decodes under a label, and this run's model is none: leave --label out.")
    if name not in snapshot.class_names:
        raise LatentlabError(f"There is no class '{name}': choose one of {', '.join(snapshot.class_names)}.")
    return snapshot.class_names.index(name)


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Give what reads a whole number that is no smaller than the least, and no larger than the most."""
    wanted = f"from {least} on" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        is_whole = text.isascii() and text.isdecimal() and len(text) < 1000  # what Python reads as a number at all
        if not is_whole or int(text) < least or (most is not None and int(text) > most):
            raise argparse.ArgumentTypeError(f"a whole number {wanted} is needed, not '{text[:50]}'")
        return int(text)

    return read


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"a number from 0 on is needed, not '{text}'")
    return number

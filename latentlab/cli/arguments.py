"""The arguments; then the command line or the window. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import argparse
import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from latentlab import __version__
from latentlab.cli import image_sets
from latentlab.cli.commands import COMMANDS
from latentlab.cli.export import add_options
from latentlab.core.errors import LatentlabError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise LatentlabError(f"{message[0].upper()}{message[1:]}; see {self.prog} --help.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run latentlab as from a shell.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process by default.

    Returns
    -------
    int
        The exit status: 0, or 1 for what went wrong, 2 for bad input, 130 when interrupted.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that has no β is no reason to fail
    try:
        status = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return status
    except LatentlabError as error:
        sys.stderr.write(f"latentlab: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        # Whoever read the output has gone; the interpreter's own flush at exit must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.ENOSPC:
            sys.stderr.write("latentlab: The disk that the output goes to is full: make room on it.\n")
        return 1


def _run(argv: Sequence[str]) -> int:
    if not argv or (argv[0] not in COMMANDS and argv[0] != "tour" and not argv[0].startswith("-")):
        return _app(argv)
    arguments = _parser().parse_args(argv)
    if arguments.command is None:
        return _app([])
    if arguments.command == "tour":
        from latentlab.ui.app import tour

        return tour.play(arguments.out)
    return COMMANDS[arguments.command](arguments)


def _app(argv: Sequence[str]) -> int:
    if len(argv) > 1:
        raise LatentlabError(f"The app opens one run at a time, and '{argv[0]}' is no command; see latentlab --help.")
    path = Path(argv[0]) if argv else None
    if path and not path.is_file():
        raise LatentlabError(f"There is neither a run nor a command '{path}'; see latentlab --help.")
    from latentlab.ui.app import display

    if problem := display.display_problem():
        raise LatentlabError(problem)
    gc.disable()  # until the window is painted: what is imported is no garbage, and looking through it takes long
    # PySide6 reads the source of whatever is imported after it: of torch for half a second, of most of `core` for
    # a tenth of what is left.
    import torch  # noqa: F401

    from latentlab.core.map import live_map  # noqa: F401
    from latentlab.ui.app import application

    return application.run(path)


def _parser() -> _Parser:
    parser = _Parser(
        prog="latentlab",
        usage="latentlab [RUN]\n       latentlab COMMAND ...",
        description="A laboratory for latent spaces. Without a command it opens the app, on RUN if one is given.",
        epilog="latentlab COMMAND --help tells more. LATENTLAB_DATA is the default of --data-dir.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"latentlab {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", prog="latentlab")

    recipes = commands.add_parser("recipes", help="list the recipes", description="List the recipes.")
    data = commands.add_parser(
        "data",
        help="list the image sets, see what is read of one, or download one",
        description="List the image sets, tell what is read of NAME, or download one. NAME may be folder:PATH, "
        "array:FILE or pairs:DIRTY,CLEAN.",
    )
    image_sets.add_options(data)

    train = commands.add_parser(
        "train",
        help="train a recipe and save the run",
        description="Train a recipe and save the run. Ctrl-C stops between two steps and saves the run so far.",
    )
    train.add_argument("recipe", metavar="RECIPE", help="a recipe's name, or a .toml file")
    train.add_argument("--out", metavar="FILE", type=Path, required=True, help="where the run goes (.safetensors)")
    train.add_argument("--epochs", metavar="N", help="passes over the training images")
    train.add_argument("--limit", metavar="N", help="use only the first N training images")
    train.add_argument("--seed", metavar="N", help="same seed, same run on the same machine")
    train.add_argument("--device", metavar="auto|cpu|cuda|mps", help="where it is computed")
    train.add_argument(
        "--set",
        metavar="KEY=VALUE",
        nargs="+",
        action="extend",
        default=[],
        help="change settings of the recipe, e.g. beta=4 model.encoder.layers=512,256",
    )
    train.add_argument("--resume", metavar="RUN", type=Path, help="go on from the weights of a saved run")
    train.add_argument("--tensorboard", metavar="DIR", type=Path, help="also write what TensorBoard reads, below DIR")

    evaluate = commands.add_parser(
        "evaluate",
        help="measure a run on test images",
        description="Measure a run on test images: its losses, and how well its map keeps classes together.",
    )
    evaluate.add_argument("run", metavar="RUN", type=Path, help="a .safetensors file saved by latentlab")
    clean = commands.add_parser(
        "clean",
        help="clean a scanned page with a run",
        description="Clean a scanned page of any size with a run of a page cleaner, and save it as PNG.",
    )
    clean.add_argument("run", metavar="RUN", type=Path, help="a .safetensors file saved by latentlab")
    clean.add_argument("page", metavar="PAGE", type=Path, help="a picture: PNG, JPEG, TIFF, ...")
    clean.add_argument("--out", metavar="FILE", type=Path, required=True, help="where the clean page goes (.png)")
    export = commands.add_parser(
        "export",
        help="write pictures or codes of a run to a file",
        description="Write pictures, an animation or the codes of a run to a file; its suffix says in which format.",
    )
    add_options(export)
    for command in (train, evaluate):
        command.add_argument("--dataset", metavar="NAME", help="an image set; the recipe's own by default")
    for command in (data, train, evaluate):
        command.add_argument("--data-dir", metavar="DIR", type=Path, help="where the image sets lie")
    for command in (recipes, data, train, evaluate):
        command.add_argument("--json", action="store_true", help="write one JSON object a line")

    tour = commands.add_parser(
        "tour",
        help="play a session without a screen and save pictures of it",
        description="Play a session without a screen and save a picture of each stage.",
    )
    tour.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the pictures go")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""The arguments of the commands, and what `--help` says of them."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path
from typing import NoReturn

from latentlab import __version__
from latentlab.cli import image_sets, sweep
from latentlab.cli.export import add_options, whole
from latentlab.core.errors import LatentlabError
from latentlab.core.runs.collection import ORDERS


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise LatentlabError(f"{message[0].upper()}{message[1:]}; see {self.prog} --help.")


@functools.cache  # it is the same for all; the tests alone call one command after the other in a process
def parser() -> argparse.ArgumentParser:
    """Give what reads the arguments; what is wrong with them is a `LatentlabError`."""
    program = _Parser(
        prog="latentlab",
        usage="latentlab [RUN]\n       latentlab COMMAND ...",
        description="A laboratory for latent spaces. Without a command it opens the app, on RUN if one is given.",
        epilog="latentlab COMMAND --help tells more. LATENTLAB_DATA is the default of --data-dir, "
        "LATENTLAB_WORKSPACE that of --workspace.",
        allow_abbrev=False,
    )
    program.add_argument("--version", action="version", version=f"latentlab {__version__}")
    commands = program.add_subparsers(dest="command", metavar="COMMAND", title="commands", prog="latentlab")

    recipes = commands.add_parser("recipes", help="list the recipes", description="List the recipes.")
    data = commands.add_parser(
        "data",
        help="list the image sets, see what is read of one, or download one",
        description="List the image sets, tell what is read of NAME, or download one. NAME may be folder:PATH, "
        "array:FILE, strokes:FILE, pairs:DIRTY,CLEAN or shards:DIR.",
    )
    image_sets.add_options(data)
    image_sets.add_packing(commands)

    train = commands.add_parser(
        "train",
        help="train a recipe and save the run",
        description="Train a recipe and save the run. It is kept in the workspace as it goes, so that a training that "
        "breaks off can be finished: see resume. Ctrl-C stops between two steps and saves the run so far.",
    )
    train.add_argument(
        "recipe",
        metavar="RECIPE",
        help="a recipe's name, a .toml file, - for TOML on standard input, or a run to repeat",
    )
    train.add_argument(
        "--out", metavar="FILE", type=Path, help="where the run goes (.safetensors); else it is in the workspace alone"
    )
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
    train.add_argument("--resume", metavar="RUN", type=Path, help="go on from a saved run, for so many epochs more")
    train.add_argument(
        "--from-epoch",
        metavar="N",
        type=whole(0),
        help="branch: with RECIPE a run, go on from its epoch N, if that is kept, for so many epochs more",
    )

    train.add_argument("--group", metavar="JSON", help=argparse.SUPPRESS)  # what a sweep says of the run
    sweep.add_options(commands)

    resume = commands.add_parser(
        "resume",
        help="finish a training that was stopped, killed or broke",
        description="Finish a training that was stopped, killed or broke, exactly as it would have gone on. Without "
        "--out it is saved where it is.",
    )
    resume.add_argument("run", metavar="RUN", type=Path, help="a .safetensors file saved by latentlab")
    resume.add_argument("--out", metavar="FILE", type=Path, help="where the finished run goes, too (.safetensors)")
    runs = commands.add_parser(
        "runs",
        help="list the runs in the workspace",
        description="List the runs in the workspace, where every training is kept as it goes.",
    )
    runs.add_argument("--search", metavar="WORDS", default="", help="only those with all of these words somewhere")
    runs.add_argument("--sort", metavar="BY", default="saved", choices=ORDERS, help=f"by {', '.join(ORDERS)}")
    runs.add_argument("--reverse", action="store_true", help="in the other direction")

    evaluate = commands.add_parser(
        "evaluate",
        help="measure a run on test images",
        description="Measure a run on test images: its losses, and how well its map keeps classes together.",
    )
    evaluate.add_argument("run", metavar="RUN", type=Path, help="a .safetensors file saved by latentlab")
    evaluate.add_argument(
        "--likelihood",
        action="store_true",
        help="also how probable the images are: ELBO, importance-weighted bound and, for 1 to 3 dimensions, log p(x)",
    )
    evaluate.add_argument(
        "--binarised",
        choices=("static", "dynamic"),
        help="the likelihood of images of ones and zeros, each drawn with the grey level's probability: once for all, "
        "or anew for every --seed",
    )
    evaluate.add_argument("--seed", metavar="N", type=whole(0), help="of the dynamic drawing (0)")
    evaluate.add_argument(
        "--samples",
        metavar="K",
        type=whole(1, 10_000),
        help="of each image, for the importance-weighted bound (50); papers have up to 5,000",
    )
    evaluate.add_argument(
        "--annealed",
        metavar="N",
        type=whole(0),
        help="also annealed importance sampling, of the first N test images; of more than 3 dimensions 20, otherwise 0",
    )
    finalise = commands.add_parser(
        "finalise",
        help="make a finished run ready to be handed on",
        description="Fit a prior to a finished VAE, calibrate a CVAE, and leave out what only its training needs: the "
        "file is a third as large.",
    )
    finalise.add_argument("run", metavar="RUN", type=Path, help="a .safetensors file saved by latentlab")
    finalise.add_argument("--out", metavar="FILE", type=Path, required=True, help="where the run goes (.safetensors)")
    finalise.add_argument(
        "--prior", metavar="N", type=whole(1), help="fit a prior of N Gaussians to the codes of a VAE"
    )
    finalise.add_argument("--data-dir", metavar="DIR", type=Path, help="where the image sets lie")
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
    for command in (train, resume):
        command.add_argument(
            "--tensorboard", metavar="DIR", type=Path, help="also write what TensorBoard reads, below DIR"
        )
    for command in (train, resume, runs):
        command.add_argument("--workspace", metavar="DIR", type=Path, help="where trainings are kept as they go")
    for command in (data, train, resume, evaluate):
        command.add_argument("--data-dir", metavar="DIR", type=Path, help="where the image sets lie")
    for command in (recipes, data, train, resume, runs, evaluate):
        command.add_argument("--json", action="store_true", help="write one JSON object a line")

    tour = commands.add_parser(
        "tour",
        help="play a session without a screen and save pictures of it",
        description="Play a session without a screen and save a picture of each stage.",
    )
    tour.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the pictures go")
    return program

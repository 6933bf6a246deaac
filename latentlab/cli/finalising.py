"""The command that makes a finished run ready to be handed on."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from latentlab.cli import terminal
from latentlab.cli.export import whole


def add_options(parser: ArgumentParser) -> None:
    """Give the command its arguments."""
    parser.add_argument("run", metavar="RUN", type=Path, help="a .safetensors file saved by latentlab")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="where the run goes (.safetensors)")
    parser.add_argument("--prior", metavar="N", type=whole(1), help="fit a prior of N Gaussians to the codes of a VAE")
    parser.add_argument("--data-dir", metavar="DIR", type=Path, help="where the image sets lie")


def finalise(arguments: Namespace) -> int:
    """Fit a prior, calibrate a CVAE, and save the run without what only its training needs."""
    from latentlab.core.data import registry
    from latentlab.core.runs.run import Run
    from latentlab.core.training.finalising import finalised

    run = Run.open(arguments.run)
    with terminal.shown_reading(run.recipe.data.dataset) as reading:
        images = registry.load_for(run.recipe.data, arguments.data_dir or registry.default_data_dir(), reading)
    made = finalised(run, images, arguments.prior)
    made.save(arguments.out)
    found = [] if made.snapshot.fitted_prior is None else [f"a prior of {made.recipe.training.fit_prior} Gaussians"]
    if made.snapshot.calibration is not None:
        found.append("a calibration of its labels")
    terminal.say(f"The run has {' and '.join(found) or 'its weights and what made it'}, saved as {arguments.out}.")
    return 0

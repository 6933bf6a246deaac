"""The command that makes a finished run ready to be handed on."""

from __future__ import annotations

from argparse import Namespace

from latentlab.cli import image_sets, terminal


def finalise(arguments: Namespace) -> int:
    """Fit a prior, calibrate a CVAE, and save the run without what only its training needs."""
    from latentlab.cli.training import check_out
    from latentlab.core.runs.run import Run
    from latentlab.core.training.finalising import finalised

    check_out(arguments.out)
    run = Run.open(arguments.run)
    made = finalised(run, image_sets.load(run.recipe.data, arguments.data_dir), arguments.prior)
    made.save(arguments.out)
    found = [] if made.snapshot.fitted_prior is None else [f"a prior of {made.recipe.training.fit_prior} Gaussians"]
    if made.snapshot.calibration is not None:
        found.append("a calibration of its labels")
    terminal.say(f"The run has {' and '.join(found) or 'its weights and what made it'}, saved as {arguments.out}.")
    return 0

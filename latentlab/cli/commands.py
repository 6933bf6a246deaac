"""The commands that need no window: the same core, told to a terminal or as JSON."""

from __future__ import annotations

import dataclasses
import threading
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from latentlab.cli import export, image_sets, likelihood, runs, sweep, terminal, training
from latentlab.core.errors import LatentlabError
from latentlab.core.files import exists

if TYPE_CHECKING:
    from latentlab.core.runs.evaluation import Evaluation


def recipes(arguments: Namespace) -> int:
    """List the bundled recipes."""
    from latentlab.core.recipe.recipe import Recipe

    found = [Recipe.load(name) for name in Recipe.names()]
    if arguments.json:
        parts = {"data", "model", "loss", "corruption", "training"}
        for recipe in found:
            settings = recipe.model_dump(mode="json", include=parts)
            terminal.write_json(name=recipe.name, title=recipe.title, summary=recipe.summary, settings=settings)
    else:
        rows = [(recipe.name, recipe.title, recipe.summary) for recipe in found]
        terminal.write_table(("Recipe", "Title", "What it is"), rows)
    return 0


def evaluate(arguments: Namespace) -> int:
    """Measure a run on test images: those of the whole set, or those that its recipe names."""
    from latentlab.cli import torchrun
    from latentlab.core.runs import evaluation
    from latentlab.core.runs.run import Run

    run = Run.open(arguments.run)
    snapshot = run.snapshot
    likelihood.check(snapshot, arguments)
    images = export.images_of(run, arguments)
    likelihood.check_images(snapshot, images, arguments)
    with (ranks := torchrun.ranks()).watched():
        if ranks.rank:
            evaluation.take_part(snapshot, images, ranks)
            likelihood.measured(snapshot, images, arguments)
            return 0
        found = evaluation.evaluate(snapshot, images, ranks)
        # What the first does alone comes last, however long that takes: nobody waits for its numbers then.
        probable = likelihood.measured(snapshot, images, arguments)
    if arguments.json:
        applies = {key: value for key, value in dataclasses.asdict(found).items() if value is not None}
        if probable is not None:
            applies["likelihood"] = probable.summary()
        terminal.write_json(event="finished", dataset=images.name, **({"agreement": None} | applies))
    else:
        rows = _measures(found, images.title, snapshot.latent)
        if probable is not None:
            rows += probable.rows()
        terminal.write_table(("Measure", "Value"), rows)
    return 0


def clean(arguments: Namespace) -> int:
    """Clean a scanned page with a run, and save it."""
    from latentlab.core.output import clean_page
    from latentlab.core.runs.run import Run

    page, out = arguments.page, arguments.out
    snapshot = Run.open(arguments.run).snapshot
    pixels = clean_page.read_page(page)
    clean_page.check_fits(snapshot, pixels.shape[1:])
    clean_page.check_page_target(out)
    if exists(out) and out.samefile(page):
        raise LatentlabError(f"{out} is the page itself, which would be lost: change --out.")
    cancelled = threading.Event()
    with terminal.interrupt_sets(cancelled), terminal.shown_share(f"Cleaning {page.name}") as show:
        restored = clean_page.clean(snapshot, pixels, cancelled=cancelled, report=show)
    if restored is None:
        terminal.say("Interrupted; nothing is saved.")
        return terminal.INTERRUPTED
    clean_page.save_page(out, restored)
    _, height, width = restored.shape
    terminal.say(f"{height}×{width} pixels cleaned, saved as {out}.")
    return 0


def finalise(arguments: Namespace) -> int:
    """Make a finished run ready to be handed on."""
    from latentlab.cli import finalising  # the app starts without it

    return finalising.finalise(arguments)


def pack(arguments: Namespace) -> int:
    """Pack an image set, or check one that is packed."""
    from latentlab.cli import packing  # the app starts without it

    return packing.pack(arguments)


def _sweep(arguments: Namespace) -> int:
    """Train a sweep, or the run of it that a task of Slurm's has."""
    if arguments.task is None:
        return sweep.sweep(arguments)
    from latentlab.cli import sweep_task

    return sweep_task.task(arguments)


COMMANDS: Mapping[str, Callable[[Namespace], int]] = {
    "recipes": recipes,
    "data": image_sets.data,
    "pack": pack,
    "train": training.train,
    "resume": training.resume,
    "runs": runs.runs,
    "sweep": _sweep,
    "evaluate": evaluate,
    "finalise": finalise,
    "clean": clean,
    "export": export.export,
}


def _sure(value: float, error: float | None) -> str:
    """Write nats with their standard error, where that is known."""
    return f"{value:.2f} nats" if error is None else f"{value:.2f} ± {error:.2f} nats"


def _agreement(found: Evaluation) -> str:
    if found.agreement is None:
        return "unknown"
    error = "" if found.agreement_standard_error is None else f" ± {found.agreement_standard_error:.1%}"
    return f"{found.agreement:.1%}{error} of {found.agreement_images:,} images"


def _measures(found: Evaluation, title: str, latent: int) -> list[tuple[str, str]]:
    """Give what is known of a run as rows of a table."""
    test = found.test
    rows = [
        ("Test images", f"{found.images:,} of {title}"),
        ("Loss" if found.beta is None else f"Loss, β = {found.beta:g}", _sure(test.loss, test.standard_error)),
        ("Reconstruction", f"{test.reconstruction:.2f} nats"),
        ("KL", f"{test.kl:.2f} nats"),
    ]
    if test.penalty:
        rows.append(("Penalty", f"{test.penalty:.2f} nats"))
    if found.elbo is not None:
        rows.append(("ELBO, one sample each", _sure(found.elbo, found.elbo_standard_error)))
    if found.prior_components is not None:
        rows.append(("Prior", f"mixture of {found.prior_components:,} Gaussians; KL of one sample each"))
    rows.append(("Agreement of 15 neighbours", _agreement(found)))
    if found.psnr is not None:
        rows.append(("PSNR, noisy to restored", f"{found.psnr.noisy:.1f} to {found.psnr.restored:.1f} dB"))
    if found.active_units is not None:
        rows.append(("Active dimensions", f"{found.active_units} of {latent}"))
    if found.active_share is not None:
        rows.append(("Units that an image switches on", f"{found.active_share:.1%} of {latent}"))
    if found.movement is not None:
        rows.append(("Movement of the code under noise of 0.1", f"{found.movement:.3f} of its spread"))
    if found.principal_angles is not None:
        angles = ", ".join(f"{angle:.1f}°" for angle in found.principal_angles)
        rows.append(("Angles to the principal components", angles))
    return rows

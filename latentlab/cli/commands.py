"""The commands that need no window: the same core, told to a terminal or as JSON."""

from __future__ import annotations

import dataclasses
import os
import threading
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.cli import export, image_sets, terminal
from latentlab.core.errors import LatentlabError
from latentlab.core.files import make_way

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


def train(arguments: Namespace) -> int:
    """Train a recipe and save the run; when interrupted, or when the loss diverges, the run so far."""
    from latentlab.core.recipe.recipe import Recipe

    recipe = Recipe.load(arguments.recipe).with_changes(_changes(arguments))
    _check_out(arguments.out)

    from latentlab.cli import training_outputs
    from latentlab.core.data import registry
    from latentlab.core.data.recipe_images import located
    from latentlab.core.events import Diverged
    from latentlab.core.output import event_files
    from latentlab.core.runs import kept_runs
    from latentlab.core.runs.run import Run
    from latentlab.core.training.trainer import Control, Trainer

    if arguments.tensorboard:
        event_files.check(arguments.tensorboard)
    recipe = located(recipe)
    with terminal.shown_reading(recipe.data.dataset) as reading:
        images = registry.load_for(recipe.data, arguments.data_dir or registry.default_data_dir(), reading)
    terminal.say_what_was_read(images)
    start = Run.open(arguments.resume) if arguments.resume else None
    if start is not None and (changed := start.changed_images(images)):
        terminal.say(f"{changed} Training goes on with them as they are now.")
    control = Control()
    trainer = Trainer(recipe, images, control=control, start=start)
    has_diverged = False
    save_checkpoint = training_outputs.checkpoints(trainer, arguments.out)
    with (
        terminal.interrupt_sets(control.stop),
        terminal.shown_training(f"{recipe.name} on {images.title}") as show,
        training_outputs.tensorboard(trainer, arguments.tensorboard) as write_tensorboard,
    ):
        for event in trainer.events():
            if isinstance(event, Diverged):
                has_diverged = True
                control.stop.set()
            for take in (show, save_checkpoint, write_tensorboard):
                take(event)
            if arguments.json:
                terminal.write_event(event)
        run = trainer.result()
        problem = kept_runs.save_or_keep(run, arguments.out)
    saved = f"{run.epochs} {'epoch' if run.epochs == 1 else 'epochs'}, saved as {arguments.out}"
    if problem:
        terminal.say(f"latentlab: {problem}")
        return 1
    if has_diverged:
        terminal.say(
            f"latentlab: The loss was no longer a finite number; the last good model, after {saved}, "
            f"can be trained further with --resume and a lower learning rate."
        )
        return 1
    if control.stop.is_set():
        terminal.say(f"Interrupted after {saved}; --resume goes on from there.")
        return terminal.INTERRUPTED
    terminal.say(f"Trained {saved}.")
    return 0


def evaluate(arguments: Namespace) -> int:
    """Measure a run on test images: those of the whole set, or those that its recipe names."""
    from latentlab.core.runs import evaluation
    from latentlab.core.runs.run import Run

    run = Run.open(arguments.run)
    snapshot = run.snapshot
    images = export.images_of(run, arguments)
    found = evaluation.evaluate(snapshot, images)
    if arguments.json:
        applies = {key: value for key, value in dataclasses.asdict(found).items() if value is not None}
        terminal.write_json(event="finished", dataset=images.name, **({"agreement": None} | applies))
    else:
        terminal.write_table(("Measure", "Value"), _measures(found, images.title, snapshot.latent))
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
    if out.exists() and out.samefile(page):
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


COMMANDS: Mapping[str, Callable[[Namespace], int]] = {
    "recipes": recipes,
    "data": image_sets.data,
    "train": train,
    "evaluate": evaluate,
    "clean": clean,
    "export": export.export,
}


def _measures(found: Evaluation, title: str, latent: int) -> list[tuple[str, str]]:
    """Give what is known of a run as rows of a table."""
    test = found.test
    rows = [
        ("Test images", f"{found.images:,} of {title}"),
        ("Loss", f"{test.loss:.2f} nats"),
        ("Reconstruction", f"{test.reconstruction:.2f} nats"),
        ("KL", f"{test.kl:.2f} nats"),
        ("Agreement of 15 neighbours", "unknown" if found.agreement is None else f"{found.agreement:.1%}"),
    ]
    if test.penalty:
        rows.insert(4, ("Penalty", f"{test.penalty:.2f} nats"))
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


def _changes(arguments: Namespace) -> dict[str, str]:
    """Give what the options change in the recipe; an option of its own weighs more than --set."""
    changes = {}
    for pair in arguments.set:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise LatentlabError(f"--set takes key=value, not '{pair}': e.g. --set beta=4.")
        changes[key] = value
    options = {
        "data.dataset": arguments.dataset,
        "data.limit": arguments.limit,
        "training.epochs": arguments.epochs,
        "training.seed": arguments.seed,
        "training.device": arguments.device,
    }
    return changes | {key: value for key, value in options.items() if value is not None}


def _check_out(path: Path) -> None:
    """See, before hours of training, that the run can be saved."""
    if path.suffix != ".safetensors":
        raise LatentlabError(f"A run is saved as a .safetensors file, not as '{path}': change --out.")
    make_way(path, LatentlabError, ("name a file for --out", "change --out"))
    if not os.access(path.parent, os.W_OK):
        raise LatentlabError(f"The folder {path.parent} cannot be written to: change --out.")

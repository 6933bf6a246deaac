"""Training from the command line: begun, gone on with, finished after it broke off; kept as it goes, and saved."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.cli import terminal
from latentlab.core import writing
from latentlab.core.errors import LatentlabError
from latentlab.core.runs.run_header import SUFFIX

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.runs.run import Run
    from latentlab.core.training.autosave import Autosave
    from latentlab.core.training.trainer import Trainer


def train(arguments: Namespace) -> int:
    """Train a recipe, or what a run was made of, and save the run; when interrupted, the run so far."""
    from latentlab.core.recipe.recipe import Recipe

    repeated = _repeated(arguments.recipe) if str(arguments.recipe).endswith(SUFFIX) else None
    recipe = (repeated.recipe if repeated else Recipe.load(arguments.recipe)).with_changes(_changes(arguments))
    _check_out(arguments.out)

    from latentlab.core.data.recipe_images import located
    from latentlab.core.output import event_files
    from latentlab.core.runs.run import Run
    from latentlab.core.training.control import Control
    from latentlab.core.training.trainer import Trainer

    if arguments.tensorboard:
        event_files.check(arguments.tensorboard)
    recipe = located(recipe)
    images = _images(recipe, arguments)
    start = Run.open(arguments.resume) if arguments.resume else None
    if start is not None and (changed := start.changed_images(images)):
        terminal.say(f"{changed} Training goes on with them as they are now.")
    if repeated is not None and (changed := repeated.changed_images(images)):
        terminal.say(f"{changed} The run will not be the same.")
    trainer = Trainer(recipe, images, control=Control(), start=start, repeats=repeated)
    return _train(trainer, images, arguments, out=arguments.out)


def resume(arguments: Namespace) -> int:
    """Finish a training that was stopped, killed or broke, exactly as it would have gone on."""
    from latentlab.core.runs.run import Run

    path, out = arguments.run, arguments.out
    run = Run.open(path)
    if run.training is not None and run.training.state == "finished":
        raise LatentlabError(
            f"{path} came to its end, after {_epochs(run.epochs)}: to train it for longer, use latentlab train with "
            "--resume."
        )
    if out is not None:
        _check_out(out)

    from latentlab.core.training.control import Control
    from latentlab.core.training.trainer import Trainer

    images = _images(run.recipe, arguments)
    trainer = Trainer.resumed(run, images, control=Control())
    return _train(trainer, images, arguments, out=out, path=path)


def _train(
    trainer: Trainer, images: ImageSet, arguments: Namespace, *, out: Path | None, path: Path | None = None
) -> int:
    """Train, telling what happens; whatever ends it, it is saved, or kept as it was saved last."""
    from latentlab.cli import training_outputs
    from latentlab.cli.health import telling
    from latentlab.core.events import Diverged
    from latentlab.core.measures.health import slower
    from latentlab.core.runs import workspace
    from latentlab.core.training.autosave import Autosave

    folder = arguments.workspace or workspace.default_folder()
    autosave = Autosave(trainer, folder, lambda problem: terminal.say(f"latentlab: {problem}"), path)
    for each in {folder, autosave.path.parent}:
        workspace.sweep(each)
    stop = trainer.control.stop
    has_diverged = False
    tell_health = telling(trainer, images)
    save_checkpoint = training_outputs.checkpoints(trainer, out or autosave.path)
    with terminal.interrupt_sets(stop):
        try:
            with (
                terminal.shown_training(f"{trainer.recipe.name} on {images.title}") as show,
                training_outputs.tensorboard(trainer, arguments.tensorboard) as write_tensorboard,
            ):
                for event in trainer.events():
                    if isinstance(event, Diverged):
                        has_diverged = True
                        stop.set()
                    autosave.take(event)
                    for take in (show, tell_health, save_checkpoint, write_tensorboard):
                        take(event)
                    if arguments.json:
                        terminal.write_event(event)
            run = trainer.result()
            place = _save(run, out, autosave)
        except MemoryError as error:
            autosave.end()
            raise LatentlabError(f"There is not enough memory to go on. {_where(autosave)}") from error
        except Exception as error:
            autosave.end()
            if not isinstance(error, LatentlabError):
                terminal.say(f"latentlab: {_where(autosave)}")
            raise
        finally:
            autosave.end()
    if place is None:
        terminal.say(f"latentlab: No place takes the run, so it is lost: make room on the disk. {_where(autosave)}")
        return 1
    problem = place != (out or autosave.path)
    saved = f"{_epochs(run.epochs)}, saved as {place}"
    if has_diverged:
        terminal.say(
            f"latentlab: The loss was no longer a finite number; the last good model, after {saved}, "
            f"can be trained further with --resume and a lower learning rate: "
            f"--set learning_rate={slower(trainer.recipe.training.learning_rate):g}."
        )
        return 1
    if run.training is not None and run.training.state == "stopped":
        terminal.say(f"Interrupted after {saved}; latentlab resume {place} goes on from there.")
        return 1 if problem else terminal.INTERRUPTED
    terminal.say(f"Trained {saved}.")
    return 1 if problem else 0


def _save(run: Run, out: Path | None, autosave: Autosave) -> Path | None:
    """Save a run in the workspace and where it should be, and ask for room as long as no place takes it.

    Returns
    -------
    Path or None
        Where it is now: where it should be, or in the workspace, or where that could keep it. What went wrong is told.
    """
    from latentlab.core.runs import workspace
    from latentlab.core.runs.run import RunError

    while True:
        kept = autosave.finish(run)
        if out is not None:
            try:
                run.save(out)
                return out
            except RunError as error:
                if kept is not None:
                    terminal.say(f"latentlab: {workspace.without_advice(error)}; it is kept as {kept}.")
        if kept is not None:
            return kept
        if not terminal.wait_for_enter("latentlab: No place takes the run: make room on the disk, then press Enter."):
            return None


def _repeated(path: str) -> Run:
    """Open a run that is to be repeated."""
    from latentlab.core.runs.run import Run

    run = Run.open(path)
    begun_at = run.training.first_epoch if run.training else run.epochs - min(run.epochs, run.recipe.training.epochs)
    if begun_at:
        raise LatentlabError(
            f"{path} went on from an earlier run after {_epochs(begun_at)}, and its file does not say what that was "
            "trained with: repeat the earlier one, then use --resume."
        )
    return run


def _images(recipe: Recipe, arguments: Namespace) -> ImageSet:
    from latentlab.core.data import registry

    with terminal.shown_reading(recipe.data.dataset) as reading:
        images = registry.load_for(recipe.data, arguments.data_dir or registry.default_data_dir(), reading)
    terminal.say_what_was_read(images)
    return images


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
    if path.suffix != SUFFIX:
        raise LatentlabError(f"A run is saved as a {SUFFIX} file, not as '{path}': change --out.")
    writing.make_way(path, LatentlabError, ("name a file for --out", "change --out"))
    try:
        writing.prove(path, "The run", LatentlabError)
    except LatentlabError as error:
        raise LatentlabError(f"{str(error).removesuffix('; choose another place.')}: change --out.") from error


def _where(autosave: Autosave) -> str:
    if autosave.kept is None:
        return "Nothing of the training was saved yet."
    return f"The training is kept as it was saved last; latentlab resume {autosave.kept} goes on from there."


def _epochs(count: int) -> str:
    return f"{count} {'epoch' if count == 1 else 'epochs'}"

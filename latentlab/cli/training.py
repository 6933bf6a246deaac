"""Training from the command line: begun, gone on with, finished after it broke off; kept as it goes, and saved."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.cli import branching, image_sets, terminal
from latentlab.core import writing
from latentlab.core.budgets import RECIPE
from latentlab.core.errors import LatentlabError
from latentlab.core.files import absolute, exists
from latentlab.core.runs.run_group import RunGroup, group_of
from latentlab.core.runs.run_header import SUFFIX

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.runs.chain import Link
    from latentlab.core.runs.run import Run
    from latentlab.core.training.autosave import Autosave
    from latentlab.core.training.trainer import Trainer


def train(arguments: Namespace) -> int:
    """Train a recipe, or what a run was made of, and save the run; when interrupted, the run so far."""
    from latentlab.cli import restarts, torchrun

    torchrun.check_train(arguments)
    if (own := restarts.before(arguments)) is not None:
        if own.status is not None:
            return restarts.ended(arguments, own.status)
        if (saved := own.saved()) is not None:
            return _finish(saved, Path(own.path), Path(own.out) if own.out else None, arguments)
    branch, changes = branching.branch(arguments), _changes(arguments)
    links = () if branch else _links(arguments.recipe)
    if len(links) > 1 and (changes or arguments.resume):
        raise LatentlabError(
            f"{arguments.recipe} was made by {len(links)} trainings, one after the other, and is repeated as it was "
            "made: leave out whatever changes the recipe, and --resume."
        )
    if len(links) > 1 and torchrun.ranks().count > 1:
        raise LatentlabError(
            f"{arguments.recipe} was made by {len(links)} trainings, one after the other: repeat it without torchrun."
        )
    base = branch.recipe if branch else links[-1].recipe if links else read_recipe(arguments.recipe)
    recipe = base.with_changes(changes)
    branching.check(branch, recipe)
    (out, path), group = _places(arguments), _group(arguments)

    from latentlab.core.data.recipe_images import located
    from latentlab.core.output import event_files
    from latentlab.core.runs.run import Run
    from latentlab.core.training import repeating
    from latentlab.core.training.control import Control
    from latentlab.core.training.trainer import Trainer

    if arguments.tensorboard:
        event_files.check(arguments.tensorboard)
    recipe = located(recipe)
    try:
        start = Run.open(arguments.resume) if arguments.resume else branch or _repeated_so_far(links, arguments)
    except _Interrupted:
        return terminal.INTERRUPTED
    images = _images(recipe, arguments)
    if (arguments.resume or branch) and start is not None and (changed := start.changed_images(images)):
        terminal.say(f"{changed} Training goes on with them as they are now.")
    if links:
        _tell_unlike(links[-1], images)
    repeats, ranks = links[-1] if links else None, torchrun.ranks()
    trainer = Trainer(recipe, images, control=Control(), start=start, repeats=repeats, ranks=ranks)
    trainer.group = group
    if links and not changes and (unlike := repeating.unlike(links[-1], trainer)):
        terminal.say(unlike)
    return restarts.ended(arguments, _train(trainer, images, arguments, out=out, path=path))


def read_recipe(name_or_path: str) -> Recipe:
    """Read a recipe, from standard input where its name is a dash."""
    from latentlab.core.recipe.recipe import Recipe, RecipeError

    if name_or_path != "-":
        return Recipe.load(name_or_path)
    try:
        text = sys.stdin.buffer.read(RECIPE + 1).decode()
    except UnicodeDecodeError as error:
        raise RecipeError("The recipe on standard input is not UTF-8 text.") from error
    return Recipe.from_toml(text, source="the recipe on standard input")


def _group(arguments: Namespace) -> RunGroup | None:
    """Read what a sweep says of the run: see `sweep_processes`."""
    try:
        return group_of(json.loads(arguments.group)) if arguments.group else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise LatentlabError("--group takes what a sweep says of its run, as JSON.") from error


def _places(arguments: Namespace) -> tuple[Path | None, Path | None]:
    """Give where the run goes, and the file that it is kept as on the way, if that is not a new one in the workspace.

    A file in the workspace that is not there yet is both: so it lies there once.
    """
    from latentlab.core.runs import workspace

    out = arguments.out
    if out is None:
        return None, None
    check_out(out)
    folder = arguments.workspace or workspace.default_folder()
    is_inside = exists(folder) and absolute(out).parent.samefile(folder)
    return (None, out) if is_inside and not exists(out) else (out, None)


def _links(recipe: Path | str) -> tuple[Link, ...]:
    """Give the trainings of a run that is to be repeated; none where it is no run."""
    if not str(recipe).endswith(SUFFIX):
        return ()
    from latentlab.core.runs.run import Run
    from latentlab.core.training import repeating

    return repeating.to_repeat(Run.open(recipe))


def resume(arguments: Namespace) -> int:
    """Finish a training that was stopped, killed or broke, exactly as it would have gone on."""
    path, out = arguments.run, arguments.out
    from latentlab.cli import restarts
    from latentlab.core.runs.run import Run

    if (own := restarts.before(arguments)) is not None and own.status is not None:
        return restarts.ended(arguments, own.status)
    run = Run.open(path)
    if run.training is not None and run.training.state == "finished":
        raise LatentlabError(
            f"{path} came to its end, after {_epochs(run.epochs)}: to train it for longer, use latentlab train with "
            "--resume."
        )
    if out is not None:
        check_out(out)
    return _finish(run, path, out, arguments)


def _finish(run: Run, path: Path, out: Path | None, arguments: Namespace) -> int:
    """Go on with a run's training, kept as a file; where that came to its end, save it where it goes."""
    from latentlab.cli import restarts, torchrun
    from latentlab.core.training.control import Control
    from latentlab.core.training.trainer import Trainer

    if run.training is not None and run.training.state == "finished":
        if out is not None and torchrun.ranks().rank == 0:
            run.save(out)
        return restarts.ended(arguments, 0)
    images = _images(run.recipe, arguments)
    trainer = Trainer.resumed(run, images, control=Control(), ranks=torchrun.ranks())
    return restarts.ended(arguments, _train(trainer, images, arguments, out=out, path=path))


def _train(
    trainer: Trainer, images: ImageSet, arguments: Namespace, *, out: Path | None, path: Path | None = None
) -> int:
    """Train, telling what happens; whatever ends it, it is saved, or kept as it was saved last."""
    from latentlab.cli import restarts, torchrun, training_outputs
    from latentlab.cli.health import telling
    from latentlab.core.events import Diverged
    from latentlab.core.measures.health import slower
    from latentlab.core.runs import workspace
    from latentlab.core.training.autosave import Autosave
    from latentlab.core.training.kept_epochs import KeptEpochs

    if trainer.ranks.rank:
        return torchrun.follow(trainer)
    folder = arguments.workspace or workspace.default_folder()
    autosave = Autosave(trainer, folder, lambda problem: terminal.say(f"latentlab: {problem}"), path)
    epochs = KeptEpochs(
        trainer, autosave.path, lambda said: terminal.say(f"latentlab: {said}"), lambda: autosave.kept != autosave.path
    )
    restarts.keep(arguments, autosave.path, out, trainer.run_id)
    for each in {folder, autosave.path.parent}:
        workspace.sweep(each)
    stop = trainer.control.stop
    has_diverged = False
    tell_health = telling(trainer, images)
    save_checkpoint = training_outputs.checkpoints(trainer, out or autosave.path)
    with terminal.interrupt_sets(stop):
        try:
            with (
                terminal.shown_training(branching.title(trainer, images)) as show,
                training_outputs.tensorboard(trainer, arguments.tensorboard) as write_tensorboard,
            ):
                for event in trainer.events():
                    if isinstance(event, Diverged):
                        has_diverged = True
                        stop.set()
                    autosave.take(event)
                    for take in (epochs.take, show, tell_health, save_checkpoint, write_tensorboard):
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
            epochs.end()
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


def _repeated_so_far(links: tuple[Link, ...], arguments: Namespace) -> Run | None:
    """Repeat the trainings before the last, and give what they came to.

    Returns
    -------
    Run or None
        None where there are none.

    Raises
    ------
    _Interrupted
        When that was interrupted; what there is is kept.
    """
    so_far: Run | None = None
    for number, link in enumerate(links[:-1], 1):
        so_far = _repeated(link, so_far, arguments, f"training {number} of {len(links)}")
    return so_far


class _Interrupted(Exception):
    """A repetition was interrupted before its last training."""


def _repeated(link: Link, before: Run | None, arguments: Namespace, which: str) -> Run:
    """Repeat a training that another one followed, up to where that began; it is kept like any other."""
    from latentlab.core.runs import workspace
    from latentlab.core.training import repeating
    from latentlab.core.training.autosave import Autosave
    from latentlab.core.training.branching import as_left
    from latentlab.core.training.control import Control

    images = _images(link.recipe, arguments)
    _tell_unlike(link, images)
    trainer = repeating.trainer_of(link, images, before, control=Control())
    if unlike := repeating.unlike(link, trainer):
        terminal.say(unlike)
    folder, stop = arguments.workspace or workspace.default_folder(), trainer.control.stop
    autosave = Autosave(trainer, folder, lambda problem: terminal.say(f"latentlab: {problem}"))
    try:
        title = f"Repeating {which}: {link.recipe.name} on {images.title}"
        with terminal.interrupt_sets(stop), terminal.shown_training(title) as show:
            for event in trainer.events():
                autosave.take(event)
                show(event)
        run = trainer.result()
        place = autosave.finish(repeating.as_ended(run))
    finally:
        autosave.end()
    if stop.is_set():
        kept = f"what there is of it is kept as {place}" if place else "nothing of it could be kept"
        terminal.say(f"Interrupted while {which} was repeated; {kept}.")
        raise _Interrupted
    return as_left(run, link)


def _tell_unlike(link: Link, images: ImageSet) -> None:
    from latentlab.core.training import repeating

    if repeating.is_of_other_images(link, images):
        terminal.say(f"The images of '{images.name}' are not those that the run learned from: it will not be the same.")


def _images(recipe: Recipe, arguments: Namespace) -> ImageSet:
    images = image_sets.load(recipe.data, arguments.data_dir)
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


def check_out(path: Path) -> None:
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

"""What the command line keeps beside a training: runs of earlier epochs, and what TensorBoard reads."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from latentlab.cli import terminal
from latentlab.core.errors import LatentlabError
from latentlab.core.events import EpochEnded, Event, Finished, Started
from latentlab.core.output.tensorboard import TensorBoardWriter
from latentlab.core.training.trainer import Trainer

Watch = Callable[[Event], None]


def checkpoints(trainer: Trainer, out: Path) -> Watch:
    """Give what saves the run so far beside `out` after every so many epochs, as the recipe says."""
    every = trainer.recipe.training.checkpoint_every
    digits = 1

    def watch(event: Event) -> None:
        nonlocal digits
        if isinstance(event, Started):
            digits = len(str(event.epochs))
        if every is not None and isinstance(event, EpochEnded) and event.epoch % every == 0:
            try:
                trainer.result().save(out.with_name(f"{out.stem}-epoch{event.epoch:0{digits}}{out.suffix}"))
            except LatentlabError as error:  # no reason to lose the training
                terminal.say(f"latentlab: {error}")

    return watch


@contextmanager
def tensorboard(trainer: Trainer, folder: Path | None) -> Iterator[Watch]:
    """Give what writes a training for TensorBoard, below a folder; for None it does nothing.

    Raises
    ------
    TensorBoardError
        When there is nothing to write with, or to; later, training goes on without it.
    """
    if folder is None:
        yield lambda event: None
        return
    writer = TensorBoardWriter(folder, trainer.recipe, trainer.data, trainer.run_id)
    has_failed = False

    def watch(event: Event) -> None:
        nonlocal has_failed
        if has_failed:
            return
        try:
            writer.take(event)
            if isinstance(event, EpochEnded) and writer.wants(event.epoch):
                writer.take_model(event.epoch, trainer.snapshot())
            elif isinstance(event, Finished):
                writer.take_model(event.epochs, trainer.snapshot(), is_last=True)
        except LatentlabError as error:
            has_failed = True
            terminal.say(f"latentlab: {error}")

    try:
        yield watch
    finally:
        with contextlib.suppress(LatentlabError):  # told already
            writer.close()

"""What is wrong with a training, told on the command line with the options that mend it."""

from __future__ import annotations

from collections.abc import Callable

from latentlab.cli import terminal
from latentlab.core.data.image_findings import of_images
from latentlab.core.data.image_set import ImageSet
from latentlab.core.events import Diverged, EpochEnded, Event
from latentlab.core.measures.health import MOST_CODES, Watch
from latentlab.core.recipe.finding import Finding
from latentlab.core.training.trainer import Trainer


def telling(trainer: Trainer, images: ImageSet) -> Callable[[Event], None]:
    """Tell what speaks against the images, and give what tells, event by event, what is wrong with the training."""
    of_set = of_images(images, trainer.recipe)
    for finding in of_set:
        _tell(finding)
    watch = Watch(trainer.recipe, of_set)
    shown, labels = trainer.data.test_images[:MOST_CODES], trainer.data.test_labels[:MOST_CODES]

    def take(event: Event) -> None:
        found = watch.take(event)
        if isinstance(event, EpochEnded) and found is None and watch.is_due(event.epoch):
            found = watch.look(event.epoch, *trainer.snapshot().posterior(shown, labels))
        if found is not None and not isinstance(event, Diverged):  # that one ends the training, and is told there
            _tell(found)

    return take


def _tell(finding: Finding) -> None:
    terminal.say(f"latentlab: {finding.with_options}")

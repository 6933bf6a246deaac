"""What tests of runs share."""

import pytest

from latentlab.core.events import Progress
from latentlab.core.training.trainer import Trainer
from tests.core.runs.small import SMALL


@pytest.fixture(scope="session")
def states(tiny_images):
    """Give a run as it was on the way, after an epoch, when it was stopped and when it was finished."""
    trainer = Trainer(SMALL, tiny_images, run_id="abcdef")
    found = {}
    for event in trainer.events():
        if isinstance(event, Progress) and trainer.epochs_done > 1:
            found.setdefault("training", trainer.result(with_codes=False))
    found["finished"] = trainer.result()
    trainer = Trainer(SMALL, tiny_images, run_id="stopped")
    trainer.control.stop.set()
    list(trainer.events())
    return found | {"stopped": trainer.result()}


@pytest.fixture
def run(states):
    """Give the one that was finished."""
    return states["finished"]

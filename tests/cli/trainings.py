"""Trainings of a tiny model by the command line, and what may happen to them on the way."""

from dataclasses import replace

import torch

from latentlab.__main__ import main
from latentlab.core.training.autosave import Autosave
from latentlab.core.training.trainer import Trainer

TINY = ["--set", "encoder.layers=16", "decoder.layers=16", "batch_size=64"]


def train(out, array, *more, recipe="mlp-vae-2d"):
    dataset = ["--dataset", array, *TINY] if recipe == "mlp-vae-2d" else []
    return main(["train", str(recipe), "--out", str(out), *dataset, *more])


def said(capsys):
    return capsys.readouterr().err.splitlines()


def weights(run):
    return run.snapshot.state()


def same(first, second):
    """Whether two runs have the same weights, to the last bit, and the same history."""
    mine, theirs = weights(first), weights(second)
    return [replace(each, run_id="") for each in first.history] == [
        replace(each, run_id="") for each in second.history
    ] and all(torch.equal(mine[name], theirs[name]) for name in theirs)


def at_event(happens, monkeypatch, number=3):
    """Have something happen at an event of a training, before the event is told."""
    events = Trainer.events

    def patched(self):
        for count, event in enumerate(events(self)):
            if count == number:
                happens(self)
            yield event

    monkeypatch.setattr(Trainer, "events", patched)


def each_event(monkeypatch):
    """Save at each event, whatever it costs, and wait until that is done."""
    take = Autosave.take
    monkeypatch.setattr("latentlab.core.training.autosave.SECONDS", 0)
    monkeypatch.setattr("latentlab.core.training.autosave._SHARE", 1e9)
    monkeypatch.setattr(Autosave, "take", lambda self, event: (take(self, event), self._wait()))

"""A training told to TensorBoard: losses, settings, images, and the codes of test images for its projector."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from latentlab.core.arrays import Floats, Integers
from latentlab.core.data.image_set import ImageSet
from latentlab.core.errors import LatentlabError
from latentlab.core.events import Changed, EpochEnded, Event, Finished, Progress, Started
from latentlab.core.map.checkpoints import SpacedEpochs
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import Projection
from latentlab.core.models.operations import Operations
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.output.event_files import EventFiles
from latentlab.core.output.export import rebuilt, sheet
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import dated_name
from latentlab.core.sketch.preparation import measure
from latentlab.core.training.optimisers import one_cycle
from latentlab.core.training.phases import phase_of
from latentlab.core.views.manifold import ManifoldQuestion, manifold
from latentlab.core.views.samples import SamplesQuestion, samples

MOST_EMBEDDED = 2000  # at most so many are in an embedding
_TERMS = ("loss", "reconstruction", "kl", "penalty")
_MOST_POINTS = 2000  # of a curve over steps; TensorBoard itself draws half as many
_MOST_EMBEDDINGS = 10  # before the last
_SHOWN, _SIDE, _SHEET_PIXELS = 10, 16, 1000  # images and pixels on a side of a picture, at most
_RADIUS = 4.0
_FITTED = 500  # codes, where samples are drawn like them


class TensorBoardWriter:
    """Writes what a training tells into a folder of its own below another.

    Losses of steps and the settings in force then are curves over steps; the losses of epochs, images and
    embeddings are over epochs. Whoever drives it may be on any thread, on one at a time.

    Parameters
    ----------
    folder : Path
        Where `tensorboard --logdir` will look.
    recipe : Recipe
    data : ImageSet
        What it is trained with; its test images are shown.
    run_id : str
        The training's id.

    Attributes
    ----------
    folder : Path
        The training's own, named after recipe, date and id.

    Raises
    ------
    TensorBoardError
        From everything here: when TensorBoard is not installed, or the disk does not take what is written.
    """

    def __init__(self, folder: Path, recipe: Recipe, data: ImageSet, run_id: str) -> None:
        self.folder = folder / dated_name(recipe, run_id)
        self._recipe, self._data = recipe, data
        has_penalty = recipe.loss.sparsity or recipe.loss.contraction
        absent = {"kl": recipe.model.kind == "autoencoder", "penalty": not has_penalty}
        self._terms = [term for term in _TERMS if not absent.get(term)]
        self._files = EventFiles(self.folder)
        try:
            self._files.text("recipe", f"```\n{recipe.to_toml()}\n```\n\n{data.title}")
        except BaseException:
            with contextlib.suppress(LatentlabError):  # of a disk that has refused already
                self._files.close()
            raise
        self._preparation = measure(data.train_images[:100].numpy())
        self._learning_rate, self._beta = recipe.training.learning_rate, recipe.loss.beta
        self._first_epoch, self._epochs, self._steps_per_epoch = 0, recipe.training.epochs, 1
        self._steps: list[Floats] = []  # losses not yet written
        self._written_step = 0
        self._spaced = SpacedEpochs(recipe.training.checkpoint_every)
        self._shown_epoch: int | None = None

    def wants(self, epoch: int) -> bool:
        """Whether the model of the end of an epoch, counted from 1, would be shown."""
        return self._spaced.wants(epoch)

    def take(self, event: Event) -> None:
        """Write what there is in an event."""
        match event:
            case Started():
                self._first_epoch, self._epochs = event.first_epoch, event.epochs
                self._steps_per_epoch = event.steps_per_epoch
                self._written_step = event.first_epoch * event.steps_per_epoch
            case Progress():
                self._take_steps(event)
            case EpochEnded():
                self._take_epoch(event)
            case Changed(setting="beta"):
                self._beta = event.value
            case Changed():
                self._learning_rate = event.value
            case Finished():
                self._files.flush()

    def take_model(self, epoch: int, snapshot: Snapshot, *, is_last: bool = False) -> None:
        """Write images of the model at the end of an epoch; at the last, and at some checkpoints, its codes."""
        if epoch != self._shown_epoch:
            self._shown_epoch = epoch
            self._spaced.add(epoch)
            self._files.picture("reconstructions", self._reconstructions(snapshot), epoch)
            if (surface := self._surface(epoch, snapshot)) is not None:
                self._files.picture(*surface, epoch)
        if is_last:
            self._embed("codes", snapshot)
        elif self._is_checkpoint(epoch):
            self._embed(f"codes-epoch{epoch:0{len(str(self._epochs))}}", snapshot)
        self._files.flush()

    def close(self) -> None:
        """Write what is left."""
        self._files.close()

    def _take_steps(self, progress: Progress) -> None:
        """Write the mean over the steps since the last point, where that is far enough back."""
        if not len(progress.losses):
            return
        minimised = progress.losses[:, 0] if progress.objectives is None else progress.objectives
        self._steps.append(np.column_stack([progress.losses, minimised]))
        done = float(progress.epochs_done[-1])
        step = round(done * self._steps_per_epoch)
        epochs = self._epochs - self._first_epoch
        if step - self._written_step < epochs * self._steps_per_epoch / _MOST_POINTS:
            return
        means = dict(zip((*_TERMS, "objective"), np.concatenate(self._steps).mean(0).tolist(), strict=True))
        self._steps, self._written_step = [], step
        for term in self._terms:
            self._files.scalar(f"batch/{term}", means[term], step)
        if not math.isclose(means["loss"], means["objective"], rel_tol=1e-5):
            self._files.scalar("batch/objective", means["objective"], step)
        settings, share = self._recipe.training, (done - self._first_epoch) / epochs
        factor = one_cycle(phase_of(share, settings).done) if settings.schedule == "one-cycle" else 1
        self._files.scalar("settings/learning rate", factor * self._learning_rate, step)
        if "kl" in self._terms:
            self._files.scalar("settings/beta", self._beta, step)

    def _take_epoch(self, ended: EpochEnded) -> None:
        for term in self._terms:
            self._files.scalar(f"{term}/train", getattr(ended.train, term), ended.epoch)
            self._files.scalar(f"{term}/test", getattr(ended.test, term), ended.epoch)
            if ended.validation is not None:
                self._files.scalar(f"{term}/validation", getattr(ended.validation, term), ended.epoch)
        if ended.has_own_objective and ended.objective is not None:
            self._files.scalar("objective/train", ended.objective, ended.epoch)
        self._files.flush()

    def _is_checkpoint(self, epoch: int) -> bool:
        """Whether an epoch is one of the recipe's checkpoints, of which a long run has its codes shown of a few."""
        every = self._recipe.training.checkpoint_every
        if every is None:
            return False
        return epoch < self._epochs and epoch % (every * -(-self._epochs // (every * _MOST_EMBEDDINGS))) == 0

    def _reconstructions(self, snapshot: Snapshot) -> npt.NDArray[np.uint8]:
        rows = self._rows(max(2, min(_SHOWN, _SHEET_PIXELS // snapshot.image_shape[2])))
        data = self._data
        noisy = None if data.test_noisy is None else data.test_noisy[rows].numpy()
        return sheet(rebuilt(snapshot, data.test_images[rows].numpy(), data.test_labels[rows].numpy(), noisy))

    def _surface(self, epoch: int, snapshot: Snapshot) -> tuple[str, npt.NDArray[np.uint8]] | None:
        """Give the manifold where the map is the latent space itself, else samples; and what they are."""
        rows = self._rows(2 if snapshot.is_variational else _FITTED)  # a prior needs no codes
        means, labels, images = self._encoded(snapshot, rows)
        # That of two dimensions; samples need none, and for a wide code it takes seconds to fit one.
        origin, directions = np.zeros(snapshot.latent, np.float32), np.eye(2, snapshot.latent, dtype=np.float32)
        model = MapUpdate(
            run_id=snapshot.run_id,
            epochs_done=float(epoch),
            snapshot=snapshot,
            means=means,
            labels=labels,
            projection=Projection(origin, directions, ("", "")),
            images=images,
            preparation=self._preparation,
            operations=Operations(0, 0),
        )
        side = max(2, min(_SIDE, _SHEET_PIXELS // max(snapshot.image_shape[1:])))
        try:
            if snapshot.latent == 2 and not snapshot.uses_labels:
                over: Literal["radius", "means"] = "radius" if snapshot.is_variational else "means"
                question = ManifoldQuestion(side, over, _RADIUS if snapshot.is_variational else 0, 0)
                return "manifold", sheet(manifold(question, model).images, 0)
            drawn = SamplesQuestion(side // 2 + 1, side, 1.0, 0, like_codes=not snapshot.is_variational)
            return "samples", sheet(samples(drawn, model).images)
        except LatentlabError:
            return None  # a code that is no point has neither

    def _embed(self, name: str, snapshot: Snapshot) -> None:
        means, labels, images = self._encoded(snapshot, self._rows(MOST_EMBEDDED))
        classes = self._data.class_names
        names = [classes[label] if label >= 0 else "no class" for label in labels.tolist()]
        self._files.embedding(name, means, names, images)

    def _encoded(self, snapshot: Snapshot, rows: Tensor) -> tuple[Floats, Integers, npt.NDArray[np.uint8]]:
        images, labels = self._data.test_images[rows], self._data.test_labels[rows].numpy()
        return snapshot.encode(images, labels)[0], labels, images.numpy()

    def _rows(self, count: int) -> Tensor:
        """Choose test images, the same ones each time, from the whole set: one of folders lies sorted by class."""
        total = len(self._data.test_images)
        return torch.linspace(0, total - 1, min(count, total), dtype=torch.float64).round().long()

"""Training as a generator: recipe and images in, events out. Whoever drives it may stop between two steps.

Nothing waits for the device at each step: losses stay where they are computed until a message is due, about
twenty times a second, and are read, checked and reported together.
"""

from __future__ import annotations

import math
import queue
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from latentlab.core.data.augmentation import augmented
from latentlab.core.data.corruption import corrupted
from latentlab.core.data.image_set import ImageSet
from latentlab.core.events import Changed, Diverged, EpochEnded, Event, Finished, Progress, Started
from latentlab.core.measures import metrics
from latentlab.core.models.autoencoders import build
from latentlab.core.models.snapshot import Snapshot, as_input
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run, codes_of
from latentlab.core.sketch import preparation as sketch
from latentlab.core.training.optimisers import new_optimiser, one_cycle, pick_device

_MESSAGE_SECONDS = 1 / 20
_SAFE_COPY_SECONDS = 1.0
_AVERAGED = 2000  # images, at least, whose mean a decoder begins at
_TERMS = 3  # reconstruction, KL, penalty

Setting = Literal["learning_rate", "beta"]


def of_recipe(data: ImageSet, recipe: Recipe) -> ImageSet:
    """Give the part of an image set that a recipe learns from and is tested on.

    What it excludes is taken from what its `images` and its `limit` leave: excluding brings no other images in.

    Raises
    ------
    DatasetError
        For an image that the set does not have, or where none would be left.
    """
    images, limit, exclude = recipe.data.images, recipe.data.limit, recipe.data.exclude
    part = data.selected(images).limited(limit)
    if not exclude:
        return part
    split = len(data.train_labels)
    training = np.array(images or range(split), np.int64)[:limit]
    test = np.array(images or range(split, split + len(data.test_labels)), np.int64)
    gone = data.numbered(exclude)
    return part.kept(~np.isin(training, gone), ~np.isin(test, gone))


class Control:
    """What a driver, on any thread, tells a running training."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._changes: queue.SimpleQueue[tuple[Setting, float]] = queue.SimpleQueue()

    def change(self, setting: Setting, value: float) -> None:
        """Put a new learning rate or beta in force from the next step on."""
        self._changes.put((setting, value))

    def take_changes(self) -> Iterator[tuple[Setting, float]]:
        """Give what was changed since the last call, oldest first."""
        while not self._changes.empty():
            yield self._changes.get()


class Trainer:
    """One training of one model.

    Parameters
    ----------
    recipe : Recipe
    data : ImageSet
    run : str, optional
        Id that every message carries; a new one by default.
    control : Control, optional
        What other threads tell it.
    start : Run, optional
        Goes on from its weights (with a fresh optimiser) and its history, for as many epochs as the recipe says.

    Raises
    ------
    LatentlabError
        When recipe, images, device or the run to start from do not fit each other.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: ImageSet,
        *,
        run: str | None = None,
        control: Control | None = None,
        start: Run | None = None,
    ) -> None:
        self.recipe = recipe
        self.run = run or uuid.uuid4().hex[:12]
        self.control = control or Control()
        self.data = of_recipe(data, recipe).repeated(recipe.data.repeat)
        self.device = pick_device(recipe.training.device)
        self._precision: AbstractContextManager[object] = nullcontext()
        if recipe.training.precision == "bfloat16":
            self._precision = torch.autocast(self.device.type, torch.bfloat16)
        self.history: list[EpochEnded] = list(start.history) if start else []
        self.changes: list[Changed] = list(start.changes) if start else []
        self._first_epoch = start.epochs if start else 0
        with torch.random.fork_rng(devices=[]):  # the global generator stays as others left it
            torch.manual_seed(recipe.training.seed)
            classes = len(self.data.class_names) if self.data.has_labels else 0
            self.model = build(recipe, self.data.image_shape, classes)
        if start:
            start.check_fits(recipe, self.data)
            self.model.load_state_dict(start.snapshot.state())
        else:
            some = self.data.train_images[:: max(1, len(self.data.train_images) // _AVERAGED)]
            self.model.begin_at(some.mean(0, dtype=torch.float32) / 255)
        self.model.to(self.device)
        self._generator = torch.Generator(self.device).manual_seed(recipe.training.seed + self._first_epoch)
        self._order = torch.Generator().manual_seed(recipe.training.seed + self._first_epoch)
        self._learning_rate = recipe.training.learning_rate
        self._weigh(recipe.loss.beta)
        self._optimiser = new_optimiser(self.model, recipe.training, self._learning_rate)
        # What gathers a parameter's gradient holds the parameter. Were it made anew for each step, Python alone would
        # hold that between two, and a backward pass would wait for Python's lock, so for a window, to give it back.
        self._gathering = [parameter.view_as(parameter).grad_fn for parameter in self.model.parameters()]
        self._safe, self._candidate = self._copied_weights(), self._copied_weights()
        self._safe_time = self._mark = 0.0
        self._images, self._seconds, self._tests, self._test_seconds = 0, 0.0, 0, 0.0
        self._pending: list[Tensor] = []
        self._sizes: list[int] = []
        self._steps_done = 0  # in this epoch, those pending included
        self._epoch = self._first_epoch  # whole epochs done
        self._sums, self._summed = np.zeros(_TERMS), 0
        self._lowest = min((ended.test.loss for ended in self.history), default=math.inf)
        self._best: EpochEnded | None = None  # with its weights, where the recipe waits for no better one
        self._best_weights: list[Tensor] = []
        self._steps_per_epoch = math.ceil(len(self.data.train_images) / recipe.training.batch_size)

    @property
    def epochs_done(self) -> float:
        """Position on the axis of epochs."""
        return self._epoch + self._steps_done / self._steps_per_epoch

    @cached_property
    def preparation(self) -> sketch.Preparation:
        """How a sketch is made like the images; measured when it is first asked for."""
        return sketch.measure(self.data.train_images[:100].numpy())

    def snapshot(self) -> Snapshot:
        """Give a frozen copy of the model as it is between two steps."""
        return Snapshot(self.run, self.recipe, self.model, self.data.class_names)

    def result(self) -> Run:
        """Give the run so far, with the codes of its test images."""
        snapshot = self.snapshot()
        codes, labels = codes_of(snapshot, self.data)
        return Run(
            snapshot=snapshot,
            history=tuple(self.history),
            changes=tuple(self.changes),
            epochs=self._epoch,
            preparation=self.preparation,
            codes=codes,
            labels=labels,
        )

    def events(self) -> Iterator[Event]:
        """Train, telling what happens.

        Yields
        ------
        Event
            Started; Progress about 20 times a second, or after each step where steps are slower, and during
            tests; Changed; EpochEnded; Diverged when the loss is not finite (going on means going on from the last
            good weights); at the end Finished, with the losses of the last whole epoch.
        """
        settings = self.recipe.training
        count = len(self.data.train_images)
        images, labels = self.data.train_images.to(self.device), self.data.train_labels.to(self.device)
        noisy = None if self.data.train_noisy is None else self.data.train_noisy.to(self.device)
        last_epoch = self._first_epoch + settings.epochs
        if settings.threads is not None:
            torch.set_num_threads(settings.threads)
        yield Started(
            self.run,
            last_epoch,
            self._first_epoch,
            self._steps_per_epoch,
            count,
            str(self.device),
            torch.get_num_threads(),
        )
        self.model.train()
        self._resume_clock()
        while self._epoch < last_epoch and not self.control.stop.is_set() and not self._has_settled():
            order = torch.randperm(count, generator=self._order).to(self.device)
            for rows in torch.split(order, settings.batch_size):
                if self.control.stop.is_set():
                    break
                yield from self._apply_changes()
                # Copies whole images, where indexing goes pixel by pixel: nine times as quick on a CPU.
                self._step(
                    images.index_select(0, rows),
                    labels.index_select(0, rows),
                    None if noisy is None else noisy.index_select(0, rows),
                )
                if time.perf_counter() - self._mark >= _MESSAGE_SECONDS:
                    yield self._report(last_epoch)
                    self._resume_clock()
            yield self._report(last_epoch)
            self._resume_clock()
            if self._steps_done == self._steps_per_epoch:
                yield from self._end_epoch(last_epoch)
        has_settled = self._has_settled()
        self._take_best_back()
        last = self._best or (self.history[-1] if self.history else None)
        yield Finished(
            self.run,
            self._epoch,
            last.train if last else None,
            last.test if last else None,
            self._images / self._seconds if self._seconds else 0.0,
            self._seconds + self._test_seconds,
            self._epoch < last_epoch and not has_settled,
        )

    def _weigh(self, beta: float) -> None:
        """Put a beta in force, by the matrix that turns the terms' means into the loss, and themselves after it."""
        self._beta = beta
        self._weighing = torch.tensor(
            [[1.0, 1.0, 0.0, 0.0], [beta, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]], device=self.device
        )

    def _step(self, images: Tensor, labels: Tensor, noisy: Tensor | None) -> None:
        settings = self.recipe.training
        done = (self.epochs_done - self._first_epoch) / settings.epochs
        x = as_input(images)
        seen = x if noisy is None else as_input(noisy)
        if done < settings.augmentation.until:
            seen = augmented(seen, settings.augmentation, self._generator)
        seen = corrupted(seen, self.recipe.corruption, self._generator)
        noise = torch.randn(len(x), self.recipe.model.latent, generator=self._generator, device=self.device)
        with self._precision:
            terms = self.model.loss_terms(x, labels, noise * settings.temperature, seen)
        means = torch.stack(terms).mean(1)
        losses = means @ self._weighing
        if settings.schedule == "one-cycle":
            for group in self._optimiser.param_groups:
                group["lr"] = self._learning_rate * one_cycle(done)
        self._optimiser.zero_grad(set_to_none=True)
        losses[0].backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        self._pending.append(losses.detach())
        self._sizes.append(len(x))
        self._steps_done += 1

    def _report(self, last_epoch: int) -> Progress | Diverged:
        """Read what the steps since the last message have left, put it into sums and tell it."""
        count = len(self._sizes)
        losses = torch.stack(self._pending).cpu().double().numpy() if count else np.empty((0, 1 + _TERMS))
        sizes = np.array(self._sizes, np.int64)
        self._pending, self._sizes = [], []
        self._stop_clock(int(sizes.sum()))
        # The losses speak for the weights before the last step only; whoever drives this may look at those after it.
        if not (np.isfinite(losses).all() and self._weights_are_finite()):
            return self._recover()
        self._sums += (losses[:, 1:] * sizes[:, None]).sum(0)
        self._summed += int(sizes.sum())
        self._keep_safe_copy()
        positions = self._epoch + (self._steps_done - np.arange(count)[::-1]) / self._steps_per_epoch
        speed = self._images / self._seconds if self._seconds else 0.0
        left = (last_epoch - self.epochs_done) * len(self.data.train_images) / speed if speed else 0.0
        if self._tests:
            left += self._test_seconds / self._tests * (last_epoch - self._epoch)
        return Progress(
            self.run,
            positions.astype(np.float32),
            losses.astype(np.float32),
            speed,
            self._seconds + self._test_seconds,
            left,
        )

    def _end_epoch(self, last_epoch: int) -> Iterator[Event]:
        """Test the model and tell the epoch's losses; nothing is told when stopped in the middle of it."""
        parts = []
        self.model.eval()
        data = self.data
        for part in metrics.loss_sums(
            self.model, self.recipe, data.test_images, data.test_labels, data.test_noisy, self.device
        ):
            parts.append(part)
            if self.control.stop.is_set():
                break
            if time.perf_counter() - self._mark >= _MESSAGE_SECONDS:
                self._test_seconds += time.perf_counter() - self._mark
                self._mark = time.perf_counter()
                yield self._report(last_epoch)
                self._resume_clock()
        self.model.train()
        self._test_seconds += time.perf_counter() - self._mark
        self._tests += 1
        self._epoch, self._steps_done = self._epoch + 1, 0
        sums, summed = self._sums, self._summed
        self._sums, self._summed = np.zeros(_TERMS), 0
        if summed and sum(size for size, _ in parts) == len(self.data.test_images):
            train = metrics.weighted((sums / summed).tolist(), self._beta)
            test = metrics.mean_losses(parts, self._beta)
            if not math.isfinite(test.loss):
                yield self._recover()
                self._resume_clock()
                return
            is_best = test.loss < self._lowest
            self._lowest = min(test.loss, self._lowest)
            self.history.append(EpochEnded(self.run, self._epoch, train, test, is_best))
            if self.recipe.training.patience and (self._best is None or test.loss < self._best.test.loss):
                self._best, self._best_weights = self.history[-1], self._copied_weights()
            yield self.history[-1]
        self._resume_clock()

    def _has_settled(self) -> bool:
        """Whether the test loss has not become better for as many epochs as the recipe waits."""
        patience = self.recipe.training.patience
        return patience is not None and self._best is not None and self._epoch - self._best.epoch >= patience

    def _take_best_back(self) -> None:
        if self._best is not None:
            self._put_weights(self._best_weights)

    def _apply_changes(self) -> Iterator[Changed]:
        for setting, value in self.control.take_changes():
            if setting == "beta":
                self._weigh(value)
            else:
                self._learning_rate = value
                for group in self._optimiser.param_groups:
                    group["lr"] = value
            self.changes.append(Changed(self.run, self.epochs_done, setting, value))
            yield self.changes[-1]

    def _recover(self) -> Diverged:
        self._put_weights(self._safe)
        self._candidate = self._copied_weights()
        self._optimiser = new_optimiser(self.model, self.recipe.training, self._learning_rate)
        return Diverged(
            self.run,
            self.epochs_done,
            "The loss was no longer a finite number, so training pauses at the last good model: "
            "lower the learning rate, then resume.",
        )

    def _keep_safe_copy(self) -> None:
        # Finite weights may still give a loss that is not: a copy counts as safe when the losses after it were finite.
        if time.perf_counter() - self._safe_time >= _SAFE_COPY_SECONDS:
            self._safe, self._candidate = self._candidate, self._copied_weights()
            self._safe_time = time.perf_counter()

    def _weights_are_finite(self) -> bool:
        with torch.no_grad():
            return bool(torch.stack([parameter.sum() for parameter in self.model.parameters()]).isfinite().all())

    def _copied_weights(self) -> list[Tensor]:
        return [parameter.detach().clone() for parameter in self.model.parameters()]

    def _put_weights(self, weights: list[Tensor]) -> None:
        with torch.no_grad():
            for parameter, kept in zip(self.model.parameters(), weights, strict=True):
                parameter.copy_(kept)

    def _resume_clock(self) -> None:
        self._mark = time.perf_counter()

    def _stop_clock(self, images: int) -> None:
        self._seconds += time.perf_counter() - self._mark if images else 0.0
        self._images += images

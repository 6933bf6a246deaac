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
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from latentlab.core import metrics, sketch
from latentlab.core.augmentation import augmented
from latentlab.core.errors import LatentlabError
from latentlab.core.events import Changed, Diverged, EpochEnded, Event, Finished, Losses, Progress, Started
from latentlab.core.image_set import ImageSet
from latentlab.core.models import VAE
from latentlab.core.recipe import Recipe
from latentlab.core.runs import Run, codes_of
from latentlab.core.snapshot import Snapshot, as_input

_MESSAGE_SECONDS = 1 / 20
_SAFE_COPY_SECONDS = 1.0

Setting = Literal["learning_rate", "beta"]


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


def pick_device(name: str) -> torch.device:
    """Give the device of a recipe's ``training.device``; ``auto`` takes CUDA, then Apple's MPS, then the CPU.

    Raises
    ------
    LatentlabError
        When the device that is asked for is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(device for device, is_there in there.items() if is_there)
    if not there[name]:
        raise LatentlabError(f"This machine offers torch no '{name}' device: set device to 'auto' or 'cpu'.")
    return torch.device(name)


def warm_up() -> None:
    """Have torch load what it loads with the first optimiser, so that the first training does not wait for it."""
    torch.optim.Adam([torch.zeros(1, requires_grad=True)], fused=True)


def one_cycle(progress: float) -> float:
    """Give the factor on the learning rate at a share of the run in [0, 1].

    Smith and Topin (2019), section 3: up from 1/25 over the first 30 %, then down to nothing, along cosines.
    """
    if progress < 0.3:
        return 1 / 25 + (1 - 1 / 25) * (1 - math.cos(math.pi * progress / 0.3)) / 2
    return max(1e-5, (1 + math.cos(math.pi * (progress - 0.3) / 0.7)) / 2)


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
        self.data = data.limited(recipe.data.limit)
        self.device = pick_device(recipe.training.device)
        self.history: list[EpochEnded] = list(start.history) if start else []
        self.changes: list[Changed] = list(start.changes) if start else []
        self._first_epoch = start.epochs if start else 0
        self.preparation = sketch.measure(self.data.train_images[:100].numpy())
        with torch.random.fork_rng(devices=[]):  # the global generator stays as others left it
            torch.manual_seed(recipe.training.seed)
            self.model = VAE(recipe, self.data.image_shape, len(self.data.class_names) if self.data.has_labels else 0)
        if start:
            start.check_fits(recipe, self.data)
            self.model.load_state_dict(start.snapshot.state())
        self.model.to(self.device)
        self._generator = torch.Generator(self.device).manual_seed(recipe.training.seed + self._first_epoch)
        self._order = torch.Generator().manual_seed(recipe.training.seed + self._first_epoch)
        self._learning_rate, self._beta = recipe.training.learning_rate, recipe.loss.beta
        self._optimiser = self._new_optimiser()
        self._safe, self._candidate = self._copied_weights(), self._copied_weights()
        self._safe_time = self._mark = 0.0
        self._images, self._seconds, self._tests, self._test_seconds = 0, 0.0, 0, 0.0
        self._pending: list[Tensor] = []
        self._sizes: list[int] = []
        self._steps_done = 0  # in this epoch, those pending included
        self._epoch = self._first_epoch  # whole epochs done
        self._sums, self._summed = np.zeros(2), 0
        self._steps_per_epoch = math.ceil(len(self.data.train_images) / recipe.training.batch_size)

    @property
    def epochs_done(self) -> float:
        """Position on the axis of epochs."""
        return self._epoch + self._steps_done / self._steps_per_epoch

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
        images, labels = self.data.train_images.to(self.device), self.data.train_labels.to(self.device)
        last_epoch = self._first_epoch + settings.epochs
        yield Started(self.run, last_epoch, self._first_epoch, self._steps_per_epoch, len(images), str(self.device))
        self.model.train()
        self._resume_clock()
        while self._epoch < last_epoch and not self.control.stop.is_set():
            order = torch.randperm(len(images), generator=self._order).to(self.device)
            for rows in torch.split(order, settings.batch_size):
                if self.control.stop.is_set():
                    break
                yield from self._apply_changes()
                self._step(images[rows], labels[rows])
                if time.perf_counter() - self._mark >= _MESSAGE_SECONDS:
                    yield self._report(last_epoch)
                    self._resume_clock()
            yield self._report(last_epoch)
            self._resume_clock()
            if self._steps_done == self._steps_per_epoch:
                yield from self._end_epoch(last_epoch)
        last = self.history[-1] if self.history else None
        yield Finished(
            self.run,
            self._epoch,
            last.train if last else None,
            last.test if last else None,
            self._images / self._seconds if self._seconds else 0.0,
            self._seconds + self._test_seconds,
            self._epoch < last_epoch,
        )

    def _step(self, images: Tensor, labels: Tensor) -> None:
        settings = self.recipe.training
        done = (self.epochs_done - self._first_epoch) / settings.epochs
        x = as_input(images)
        seen = augmented(x, settings.augmentation, self._generator) if done < settings.augmentation.until else x
        noise = torch.randn(len(x), self.recipe.model.latent, generator=self._generator, device=self.device)
        terms = self.model.loss_terms(x, labels, noise, seen)
        reconstruction, kl = terms.reconstruction.mean(), terms.kl.mean()
        loss = reconstruction + self._beta * kl
        if settings.schedule == "one-cycle":
            for group in self._optimiser.param_groups:
                group["lr"] = self._learning_rate * one_cycle(done)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        self._pending.append(torch.stack([loss.detach(), reconstruction.detach(), kl.detach()]))
        self._sizes.append(len(x))
        self._steps_done += 1

    def _report(self, last_epoch: int) -> Progress | Diverged:
        """Read what the steps since the last message have left, put it into sums and tell it."""
        count = len(self._sizes)
        losses = torch.stack(self._pending).cpu().double().numpy() if count else np.empty((0, 3))
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
        for part in metrics.loss_sums(self.model, self.data.test_images, self.data.test_labels, self.device):
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
        self._sums, self._summed = np.zeros(2), 0
        if summed and sum(size for size, _ in parts) == len(self.data.test_images):
            reconstruction, kl = (float(value) for value in sums / summed)
            train = Losses(reconstruction + self._beta * kl, reconstruction, kl)
            test = metrics.mean_losses(parts, self._beta)
            if not math.isfinite(test.loss):
                yield self._recover()
                self._resume_clock()
                return
            is_best = all(test.loss < earlier.test.loss for earlier in self.history)
            self.history.append(EpochEnded(self.run, self._epoch, train, test, is_best))
            yield self.history[-1]
        self._resume_clock()

    def _apply_changes(self) -> Iterator[Changed]:
        for setting, value in self.control.take_changes():
            if setting == "beta":
                self._beta = value
            else:
                self._learning_rate = value
                for group in self._optimiser.param_groups:
                    group["lr"] = value
            self.changes.append(Changed(self.run, self.epochs_done, setting, value))
            yield self.changes[-1]

    def _recover(self) -> Diverged:
        with torch.no_grad():
            for parameter, safe in zip(self.model.parameters(), self._safe, strict=True):
                parameter.copy_(safe)
        self._candidate = self._copied_weights()
        self._optimiser = self._new_optimiser()
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
        return bool(torch.nn.utils.get_total_norm(self.model.parameters()).isfinite())

    def _copied_weights(self) -> list[Tensor]:
        return [parameter.detach().clone() for parameter in self.model.parameters()]

    def _new_optimiser(self) -> torch.optim.Optimizer:
        settings = self.recipe.training
        kind = torch.optim.Adam if settings.optimiser == "adam" else torch.optim.AdamW
        return kind(
            self.model.parameters(),
            lr=self._learning_rate,
            betas=(settings.beta1, 0.999),
            fused=self.device.type in {"cpu", "cuda"},
        )

    def _resume_clock(self) -> None:
        self._mark = time.perf_counter()

    def _stop_clock(self, images: int) -> None:
        self._seconds += time.perf_counter() - self._mark if images else 0.0
        self._images += images

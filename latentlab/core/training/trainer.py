"""Training as a generator: recipe and images in, events out. Whoever drives it may stop between two steps.

A training that was stopped, or broke, goes on exactly as it would have: see `Trainer.resumed`.

Nothing waits for the device at each step: losses stay where they are computed until a message is due, about
twenty times a second, and are read, checked and reported together.
"""

from __future__ import annotations

import math
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from latentlab.core.data.batches_on_device import on_device
from latentlab.core.data.binarisation import binarised
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.mapped_images import Batches, looking_ahead
from latentlab.core.data.recipe_images import located
from latentlab.core.events import Changed, Diverged, EpochEnded, Event, Finished, Progress, Started
from latentlab.core.measures import metrics
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.ranks.ranks import ALONE, Ranks
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.chain import Link
from latentlab.core.runs.run import CODES, Run, RunError, RunGroup, codes_of
from latentlab.core.runs.run_header import check_length
from latentlab.core.runs.training_state import State, TrainingState
from latentlab.core.sketch import preparation as sketch
from latentlab.core.training.clock import TrainingClock
from latentlab.core.training.control import Control
from latentlab.core.training.draws import Draws
from latentlab.core.training.epoch_losses import EpochLosses
from latentlab.core.training.first_model import first_model
from latentlab.core.training.kept_weights import RECOVERED, EarlyStopping, Recovery, are_finite, copied, put_back
from latentlab.core.training.meetings import Meetings
from latentlab.core.training.optimisers import kept_of, pick_device, put_kept_back, takes
from latentlab.core.training.phases import Phase, phase_of
from latentlab.core.training.provenance import made_with, now
from latentlab.core.training.shared_losses import check
from latentlab.core.training.steps import Steps
from latentlab.core.training.training_images import TrainingImages

_MESSAGE_SECONDS = 1 / 20


class Trainer:
    """One training of one model.

    Parameters
    ----------
    recipe : Recipe
    data : ImageSet
    run_id : str, optional
        Id that every message carries; a new one by default.
    control : Control, optional
        What other threads tell it.
    start : Run, optional
        Goes on from its weights and its history, for as many epochs as the recipe says; with what its optimiser and
        its generators had come to, where the run has them and the recipe asks for the same.
    repeats : Link, optional
        A training whose settings were changed on the way: they are changed where they were, and as many threads compute
        this one.
    until : Link, optional
        A training that was left on its way: this one is left at the same step.
    ranks : Ranks, optional
        The processes that take a part of each batch; each makes such a trainer, and what it tells is the same.

    Attributes
    ----------
    model : Autoencoder
        As the last step left it.
    history : list of EpochEnded
    changes : list of Changed
    chain : tuple of Link
        The trainings before this one.
    group : RunGroup or None
        The sweep that its run is one of; told by whoever makes it.

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
        run_id: str | None = None,
        control: Control | None = None,
        start: Run | None = None,
        repeats: Link | None = None,
        until: Link | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        settings = recipe.training
        self.recipe = recipe = located(recipe)
        self.run_id = run_id or uuid.uuid4().hex[:12]
        self.control, self.ranks = control or Control(), ranks
        self._block = settings.micro_batch or 1
        self._images = TrainingImages.of(data, recipe, start)
        self.data = self._images.learned
        check(ranks, len(self.data.train_images), settings)
        self.device = pick_device(settings.device, ranks.local)
        self._steps_per_epoch = math.ceil(len(self.data.train_images) / settings.batch_size)
        self._first_epoch = start.epochs if start else 0
        self._last_epoch = self._first_epoch + settings.epochs

        # The state: a training that has these between two steps goes on as this one would; see `TrainingState`.
        self.model = first_model(recipe, self.data, start).to(self.device)
        self._draws = Draws(settings.seed + self._first_epoch, self.device)
        self._steps = Steps(self.model, recipe, self.device, self._draws, ranks)
        self._epoch, self._steps_done = self._first_epoch, 0  # whole epochs, and steps of the next
        self._losses = EpochLosses()
        self.history = [ended.under(recipe.loss.beta) for ended in start.history] if start else list[EpochEnded]()
        self.changes: list[Changed] = list(start.changes) if start else []
        self._early_stopping = EarlyStopping(self.model, settings.patience)
        self._last_weights: list[Tensor] = []  # where the model has the best epoch's in their place
        self._state: State = "training"
        self._finished: Snapshot | None = None  # the model, once it learns no more
        self._clock, self._started = TrainingClock(), now()
        self._threads: int | None = settings.threads
        self.chain = start.trainings() if start else ()
        self.group: RunGroup | None = None  # of this training's run, and of none that goes on from it
        if repeats and self._threads is None:
            self._compute_as(repeats)
        if start and start.training and start.goes_on_like(recipe, self.device.type):
            self._take_draws(start.training)

        self._leave_at = (until.epochs, until.steps_done) if until else None
        self._ends = until is None or until.is_ended  # else it is left with its last weights
        # No state: what follows from it, what is only told, and what goes by the time of the day.
        self._to_repeat = deque(repeats.changes if repeats else ())
        self._meetings = Meetings(ranks, self.control, self._clock)
        comparable = filter(self._images.compare, self.history)
        self._lowest = min((ended.chooses.loss for ended in comparable), default=math.inf)
        self._recovery = Recovery(self.model)
        self._pending: list[Tensor] = []  # losses of the steps since the last message, on the device; none at a message

    @classmethod
    def resumed(cls, run: Run, data: ImageSet, *, control: Control | None = None, ranks: Ranks = ALONE) -> Trainer:
        """Make a training that goes on with one that was stopped, or broke, exactly as that would have gone on.

        On the same machine it gives the same run, to the last bit, and under the same id.

        Raises
        ------
        LatentlabError
            When the run does not say how to go on, or these are not its images.
        """
        trainer = cls(run.recipe, data, run_id=run.snapshot.run_id, control=control, start=run, ranks=ranks)
        trainer.chain, trainer.group = run.chain, run.group
        trainer._take(run.training_to_resume(data, trainer.device.type, trainer._steps_per_epoch))
        return trainer

    def _take(self, state: TrainingState) -> None:
        """Put everything back as it was between two steps."""
        self._first_epoch, self._last_epoch = state.first_epoch, state.last_epoch
        if last := state.parameters("last"):
            put_back(self.model, last)
        self._recovery = Recovery(self.model)
        self._steps.go_on(state.learning_rate, state.beta)
        self._take_draws(state)
        self._steps_done, self._losses = state.steps_done, EpochLosses.of(state)
        comparable = filter(self._images.compare, self.history)
        best = next((ended for ended in comparable if ended.epoch == state.best_epoch), None)
        if best is not None:
            self._early_stopping.best, self._early_stopping.best_weights = best, state.parameters("best")
        self._clock.go_on(state)
        self._started = state.started
        self._compute_as(state)

    def _compute_as(self, state: TrainingState | Link) -> None:
        """Compute with as many threads: one more, or one less, would add in another order."""
        if state.device == self.device.type == "cpu":
            self._threads = state.threads

    def _take_draws(self, state: TrainingState) -> None:
        """Go on with what an optimiser, and the generators, had come to."""
        try:
            put_kept_back(self.optimiser, state.tensors)
            self._draws.take(state.tensors)
            if self._steps.mode_search is not None:
                self._steps.mode_search.take(state)
        except (RuntimeError, ValueError) as error:
            raise RunError(
                "What the training needs to go on is damaged in the run's file: use another copy."
            ) from error

    def state(self) -> TrainingState:
        """Give a copy of what the training has, beside its weights and its history, as it is between two steps."""
        best = self._early_stopping
        tensors = self._draws.state() | kept_of(self.optimiser)
        if self._steps.mode_search is not None:
            tensors |= self._steps.mode_search.state()
        for name, kept in (("best", best.best_weights), ("last", self._last_weights)):
            tensors |= {f"{name}.{number}": tensor.cpu() for number, tensor in enumerate(kept)}
        return TrainingState(
            state=self._state,
            first_epoch=self._first_epoch,
            last_epoch=self._last_epoch,
            steps_done=self._steps_done,
            steps_per_epoch=self._steps_per_epoch,
            learning_rate=self._steps.learning_rate,
            beta=self._steps.beta,
            **self._losses.summed(),
            best_epoch=best.best.epoch if best.best else None,
            split_seed=self._images.split_seed,
            **self._clock.counted(),
            threads=torch.get_num_threads(),
            device=self.device.type,
            ranks=self.ranks.count,
            started=self._started,
            saved=now(),
            made_with=made_with(),
            tensors=tensors,
        )

    @property
    def optimiser(self) -> torch.optim.Optimizer:
        """The model's; another one after a recovery."""
        return self._steps.optimiser

    @property
    def epochs_done(self) -> float:
        """Position on the axis of epochs."""
        return self._epoch + self._steps_done / self._steps_per_epoch

    @property
    def _phase(self) -> Phase:
        settings = self.recipe.training
        return phase_of((self.epochs_done - self._first_epoch) / settings.epochs, settings)

    @property
    def _is_finished(self) -> bool:
        return self._epoch >= self._last_epoch or self._early_stopping.is_due(self._epoch)

    @property
    def _is_left(self) -> bool:
        """Whether the training that this one repeats was left here."""
        return (self._epoch, self._steps_done) == self._leave_at

    @cached_property
    def preparation(self) -> sketch.Preparation:
        """How a sketch is made like the images; measured when it is first asked for."""
        return sketch.measure(self.data.train_images[:100].numpy())

    def snapshot(self) -> Snapshot:
        """Give a frozen copy of the model as it is between two steps."""
        return self._finished or Snapshot(self.run_id, self.recipe, self.model, self.data.class_names)

    def result(self, *, with_codes: bool = True) -> Run:
        """Give the run so far, to be asked for at an event: with the codes of its test images, or without.

        Returns
        -------
        Run
            Of copies; training may go on.
        """
        return self.copy()(CODES if with_codes else 0)

    def copy(self) -> Callable[[int], Run]:
        """Copy, at an event, what the run so far is made of.

        Returns
        -------
        callable
            Makes the run, with the codes of so many test images, on any thread; training may go on meanwhile.
        """
        snapshot, state, of = self.snapshot(), self.state(), (self.chain, self.group)
        history, changes, epochs = tuple(self.history), tuple(self.changes), self._epoch

        fingerprint = self.data.fingerprint if self.data.is_for(self.recipe.data) else ""

        def make(most: int) -> Run:
            codes = codes_of(snapshot, self.data, most)
            return Run(snapshot, history, changes, epochs, self.preparation, *codes, fingerprint, state, *of)

        return make

    def events(self) -> Iterator[Event]:
        """Train, telling what happens.

        Yields
        ------
        Event
            Started; Progress about 20 times a second, or after each step where steps are slower, and during
            tests; Changed; EpochEnded; Diverged when the loss is not finite (going on means going on from the last
            good weights); at the end Finished, with the losses of the last whole epoch.
        """
        with self.ranks.watched():
            for event in self._train():
                with self._clock.paused():
                    yield event
                if isinstance(event, Diverged):  # whoever stops for it stops all, before the next step
                    self._meetings.meet(_MESSAGE_SECONDS)

    def _train(self) -> Iterator[Event]:
        check_length(self._last_epoch)
        settings, data = self.recipe.training, self.data
        images, labels, noisy = data.train_images, data.train_labels, data.train_noisy
        if self.recipe.data.binarised == "static":
            images = binarised(images)
        if takes(self.device, images.nbytes + (0 if noisy is None else noisy.nbytes)):
            images, labels = images.to(self.device), labels.to(self.device)
            noisy = None if noisy is None else noisy.to(self.device)
        if self._threads is not None:
            torch.set_num_threads(self._threads)
        yield Started(
            self.run_id,
            self._last_epoch,
            self._epoch,
            self._steps_per_epoch,
            len(images),
            str(self.device),
            torch.get_num_threads(),
            self._images.note,
            self._images.to_test[1],
        )
        self.model.train()
        self._steps.prepare(self._phase)
        self._clock.start()
        while not (self._is_finished or self._is_left or self._meetings.stops):
            order = self._draws.order(len(images), self._images.at_once).to(images.device)
            batches = Batches(order, settings.batch_size, self._steps_done, self.ranks, self._block)
            ahead = looking_ahead(images, batches, labels, noisy)
            for batch in on_device(ahead, (images, labels, noisy), self.device):
                if self._is_left or self._meetings.stops:
                    break
                yield from self._apply_changes()
                self._step(*batch)
                if self._meetings.is_due(_MESSAGE_SECONDS):
                    yield self._report()
            yield self._report()
            if self._steps_done == self._steps_per_epoch and not self._is_left:
                yield from self._end_epoch()
        if self._is_left:  # perhaps between a change and the step after it
            yield from self._apply_changes()
            if not self._ends:
                return
        self._state = "finished" if self._is_finished else "stopped"
        if self._early_stopping.best is not None:
            self._last_weights = copied(self.model)
            self._early_stopping.put_best_back()
        if self._is_finished and self.ranks.rank == 0:
            self._finished = self._images.finish(self.snapshot(), self.preparation)
        last = self._early_stopping.best or (self.history[-1] if self.history else None)
        train, test, validation = (last.train, last.test, last.validation) if last else (None, None, None)
        speed, seconds, stopped = self._clock.images_per_second, self._clock.seconds, not self._is_finished
        yield Finished(self.run_id, self._epoch, train, test, speed, seconds, stopped=stopped, validation=validation)

    def _apply_changes(self) -> Iterator[Event]:
        changes = list(self.control.take_changes())
        while self._to_repeat and self._to_repeat[0].epochs_done <= self.epochs_done:
            repeated = self._to_repeat.popleft()
            changes.append((repeated.setting, repeated.value))
        if changes and self._pending:
            yield self._report()
        for setting, value in changes:
            self._steps.change(setting, value)
            self.changes.append(Changed(self.run_id, self.epochs_done, setting, value))
            yield self.changes[-1]

    def _step(self, images: Tensor, labels: Tensor, noisy: Tensor | None) -> None:
        """Take one step: see `Steps`."""
        settings, epochs_done = self.recipe.training, self.epochs_done - self._first_epoch
        left = len(self.data.train_images) - self._steps_done * settings.batch_size
        part = self.ranks.part(min(settings.batch_size, left), self._block)
        self._pending.append(self._steps(images, labels, noisy, self._phase, epochs_done, part, self._steps_done))
        self._steps_done += 1

    def _report(self) -> Progress | Diverged:
        """Read what the steps since the last message have left, put it into sums and tell it: all ranks at once."""
        settings, count = self.recipe.training, len(self._pending)
        steps = self._steps_done - np.arange(count)[::-1]  # in this epoch, counted from 1
        sizes = np.minimum(settings.batch_size, len(self.data.train_images) - (steps - 1) * settings.batch_size)
        own = torch.stack(self._pending).cpu().double() if count else None
        self._pending = []
        self._clock.count_steps(int(sizes.sum()))
        losses = np.empty((0, 5))
        if own is not None:
            losses = self._meetings.meet(_MESSAGE_SECONDS, own).numpy() / self.ranks.count
        # The losses speak for the weights before the last step only; whoever drives this may look at those after it.
        if not (np.isfinite(losses).all() and are_finite(self.model)):
            return self._recover()
        self._recovery.keep()
        self._losses.add(losses[:, 1:], sizes)
        return Progress(
            self.run_id,
            (self._epoch + steps / self._steps_per_epoch).astype(np.float32),
            losses[:, :4].astype(np.float32),
            self._clock.images_per_second,
            self._clock.seconds,
            self._clock.seconds_left(
                (self._last_epoch - self.epochs_done) * len(self.data.train_images), self._last_epoch - self._epoch
            ),
            None if np.allclose(losses[:, 0], losses[:, 4], rtol=1e-6, atol=0) else losses[:, 4].astype(np.float32),
        )

    def _end_epoch(self) -> Iterator[Event]:
        """Test the model and tell the epoch's losses; stopped in the middle of it, the epoch has not ended."""
        parts: tuple[list[Tensor], list[Tensor]] = [], []
        self.model.eval()
        for is_validation, part in self._images.tested(self.model, self.recipe, self.device, self.ranks):
            parts[is_validation].append(part)
            self._meetings.meet(_MESSAGE_SECONDS)
            if self._meetings.stops:
                break
            if self._clock.uncounted() >= _MESSAGE_SECONDS:
                self._clock.count_test(is_whole=False)
                yield self._report()
        self.model.train()
        is_whole = tuple(sum(map(len, each)) for each in parts) == self._images.to_test
        self._clock.count_test(is_whole=is_whole)
        if not is_whole:
            return
        losses, self._losses, seconds = self._losses, EpochLosses(), self._clock.end_epoch()
        self._epoch, self._steps_done = self._epoch + 1, 0
        self._draws.end_epoch()
        if not losses.images:
            return
        train = losses.means(self.recipe.loss.beta)
        test, *rest = (metrics.mean_losses(each, self.recipe.loss.beta) for each in parts if each)
        validation, chooses = rest[0] if rest else None, rest[0] if rest else test
        if not (math.isfinite(test.loss) and math.isfinite(chooses.loss)):
            yield self._recover()
            return
        is_best, temperatures = chooses.loss < self._lowest, (self.recipe.sampling_temperature, 1.0)
        minimised = losses.objective()
        which, counted = (self.run_id, self._epoch), (losses.images, seconds)
        ended = EpochEnded(*which, train, test, is_best, temperatures, minimised, validation, *counted)
        self.history.append(ended)
        self._lowest = min(chooses.loss, self._lowest)
        # Before, a better loss may be that of less KL alone, and none is no sign to stop.
        if self._epoch - self._first_epoch >= self.recipe.loss.warm_up:
            self._early_stopping.add(ended)
        yield ended

    def _recover(self) -> Diverged:
        self._recovery.recover()
        self._steps.begin_anew()  # each rank copies by its own clock
        return Diverged(self.run_id, self.epochs_done, RECOVERED)

"""The numbers behind the loss curves: finite, in order, and bounded in memory however long a run is."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from latentlab.core.events import Changed, EpochEnded, Losses, Progress

Numbers = npt.NDArray[np.float64]
QUANTITIES = ("loss", "reconstruction", "kl", "penalty", "objective")
SPLITS = ("train", "test", "validation")
_COLUMNS = 1 + len(QUANTITIES)
_TOLD = len(QUANTITIES) - 1  # of each split; an objective is of training alone
# Where a table of epochs has them, after the epoch itself; validation last, since most runs have none.
_CURVES = [("train", name) for name in QUANTITIES] + [(split, name) for split in SPLITS[1:] for name in QUANTITIES[:-1]]
_PLACES = {curve: place for place, curve in enumerate(_CURVES, 1)}
MAX_STEPS = 20_000


class StepSeries:
    """The losses of steps; when there are too many, each kept row becomes the mean of twice as many."""

    def __init__(self, max_rows: int = MAX_STEPS) -> None:
        self._rows = np.empty((max_rows, _COLUMNS))
        self._count = 0
        self._steps_per_row = 1
        self._waiting = np.empty((0, _COLUMNS))

    def append(
        self, epochs_done: npt.ArrayLike, losses: npt.ArrayLike, objectives: npt.ArrayLike | None = None
    ) -> None:
        """Add steps: their positions (K,), losses (K, 4) and objectives (K,), the same as the losses if there are none.

        A step with a value that is not finite is left out.
        """
        values = np.asarray(losses, np.float64).reshape(-1, len(QUANTITIES) - 1)
        minimised = values[:, 0] if objectives is None else np.asarray(objectives, np.float64)
        rows = np.column_stack([np.asarray(epochs_done, np.float64), values, minimised])
        rows = np.concatenate([self._waiting, rows[np.isfinite(rows).all(axis=1)]])
        while True:
            whole = len(rows) // self._steps_per_row
            if self._count + whole <= len(self._rows):
                break
            self._thin()
        size = whole * self._steps_per_row
        self._rows[self._count : self._count + whole] = _means(rows[:size], self._steps_per_row)
        self._count += whole
        self._waiting = rows[size:]

    def rows(self) -> Numbers:
        """Give what is kept: position, loss, reconstruction, KL, penalty and objective, float64 (N, 6)."""
        return self._rows[: self._count]

    def cut(self, position: float) -> None:
        """Forget what lies after a position on the axis of epochs."""
        self._count = int(np.searchsorted(self._rows[: self._count, 0], position, side="right"))
        self._waiting = np.empty((0, _COLUMNS))

    def _thin(self) -> None:
        pairs = self._count // 2
        odd = self._rows[2 * pairs : self._count]
        self._rows[:pairs] = _means(self._rows[: 2 * pairs], 2)
        if len(odd):
            # A last row without a partner stands for half the steps of the others, which no one can see.
            self._rows[pairs] = odd[0]
        self._count = pairs + len(odd)
        self._steps_per_row *= 2


class EpochTable:
    """The losses of epochs, in order; another epoch costs the same however many there are."""

    def __init__(self) -> None:
        self._rows = np.empty((64, 1 + len(_PLACES) - _TOLD), order="F")  # curves are read column by column
        self._count = 0

    def add(self, ended: EpochEnded) -> None:
        """Add an epoch, or put it in the place of the same one."""
        if ended.validation is not None and self._rows.shape[1] <= len(_PLACES):
            none = np.full((len(self._rows), _TOLD), np.nan)
            self._rows = np.asfortranarray(np.hstack([self._rows, none]))
        at = int(np.searchsorted(self.rows()[:, 0], ended.epoch))
        if at == self._count or self._rows[at, 0] != ended.epoch:
            if self._count == len(self._rows):
                self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
            self._rows[at + 1 : self._count + 1] = self._rows[at : self._count]
            self._count += 1
        objective = math.nan if ended.objective is None else ended.objective
        values = [float(ended.epoch), *_values(ended.train), objective, *_values(ended.test)]
        self._rows[at, : len(values)] = values
        if self._rows.shape[1] > len(values):
            self._rows[at, len(values) :] = math.nan if ended.validation is None else _values(ended.validation)

    def rows(self) -> Numbers:
        """Give the epochs, their training losses with the objective, and their test losses: float64 (N, 10).

        Where any has validation losses they come last: float64 (N, 14).
        """
        return self._rows[: self._count]

    def curve(self, split: str, quantity: str) -> Numbers:
        """Give a loss at each epoch, float64 (N,); NaN where there is none."""
        place = _PLACES.get((split, quantity))
        if place is None or place >= self._rows.shape[1]:
            return np.full(self._count, np.nan)
        return self._rows[: self._count, place]

    def cut(self, epoch: int) -> None:
        """Forget what lies after an epoch."""
        self._count = int(np.searchsorted(self.rows()[:, 0], epoch, side="right"))


class LossHistory:
    """Steps, epochs and changes of one run, continued ones included."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.steps = StepSeries()
        self._epochs = EpochTable()
        self._changes: dict[tuple[str, float], float] = {}
        self._temperatures: dict[int, tuple[float, float]] = {}  # of the epochs where they are not both 1

    def is_empty(self) -> bool:
        """Tell whether there is nothing to draw."""
        return not len(self.steps.rows()) and not len(self._epochs.rows())

    def add_progress(self, progress: Progress) -> None:
        """Add the steps of a message."""
        self.steps.append(progress.epochs_done, progress.losses, progress.objectives)

    def add_epoch(self, ended: EpochEnded) -> None:
        """Add an epoch; a loss that is not finite is left out of its curve."""
        self._epochs.add(ended)
        self._temperatures.pop(ended.epoch, None)
        if ended.temperatures != (1.0, 1.0):
            self._temperatures[ended.epoch] = ended.temperatures

    def add_change(self, changed: Changed) -> None:
        """Add a change of a setting; at the same place, the last one counts."""
        if np.isfinite(changed.epochs_done) and np.isfinite(changed.value):
            self._changes[(changed.setting, changed.epochs_done)] = changed.value

    def cut(self, epoch: int) -> None:
        """Forget what lies after an epoch: training goes on from there."""
        self.steps.cut(epoch)
        self._epochs.cut(epoch)
        self._changes = {place: value for place, value in self._changes.items() if place[1] <= epoch}

    def temperatures(self, epoch: float) -> dict[str, float]:
        """Give the temperature of codes in the training losses and in the test losses of an epoch."""
        return dict(zip(("train", "test"), self._temperatures.get(int(epoch), (1.0, 1.0)), strict=True))

    def changes(self) -> Mapping[tuple[str, float], float]:
        """Give the changes: setting and position, to value."""
        return self._changes

    def epoch_curve(self, split: str, quantity: str) -> tuple[Numbers, Numbers]:
        """Give the epochs at which a loss of one of `SPLITS` is finite, and its values.

        What is given may change with the history.
        """
        rows, values = self._epochs.rows(), self._epochs.curve(split, quantity)
        finite = np.isfinite(values)
        return (rows[:, 0], values) if finite.all() else (rows[finite, 0], values[finite])

    def has(self, quantity: str) -> bool:
        """Tell whether a quantity is ever other than zero: an autoencoder has no KL, and most have no penalty.

        An objective is ever other than the loss: where beta is changed or warms up, or some of the KL is free.
        """
        if quantity == "objective":
            losses, objectives = (self._epochs.curve("train", name) for name in ("loss", "objective"))
            steps, at = self.steps.rows(), 1 + QUANTITIES.index("objective")
            return _differ(losses, objectives) or _differ(steps[:, 1], steps[:, at])
        return any(y.any() for _, y in (self.epoch_curve("train", quantity), self.step_curve(quantity)))

    def step_curve(self, quantity: str) -> tuple[Numbers, Numbers]:
        """Give the positions of the steps and a loss at each; what is given changes with the history."""
        steps = self.steps.rows()
        return steps[:, 0], steps[:, 1 + QUANTITIES.index(quantity)]

    def series(self) -> dict[str, tuple[Numbers, Numbers]]:
        """Give every curve as positions on the axis of epochs and values, e.g. ``"train/loss"``, ``"step/kl"``."""
        curves = {}
        for quantity in QUANTITIES:
            for split in SPLITS[:1] if quantity == "objective" else SPLITS:
                curves[f"{split}/{quantity}"] = self.epoch_curve(split, quantity)
            curves[f"step/{quantity}"] = self.step_curve(quantity)
        return {name: (x.copy(), y.copy()) for name, (x, y) in curves.items()}

    def last_position(self) -> float:
        """Give how far the curves reach on the axis of epochs."""
        return max([0.0, *self._epochs.rows()[-1:, 0], *self.steps.rows()[-1:, 0]])

    def has_validation(self) -> bool:
        """Tell whether images are set apart to choose the best epoch by."""
        return bool(len(self.epoch_curve("validation", "loss")[0]))

    def best_epoch(self) -> int | None:
        """Give the epoch of the lowest loss, of validation images where some are set apart, else of test images."""
        epochs, losses = self.epoch_curve("validation" if self.has_validation() else "test", "loss")
        return int(epochs[np.argmin(losses)]) if len(epochs) else None


def gathered(
    changes: Mapping[tuple[str, float], float], left: float, right: float, most: int
) -> dict[tuple[str, float], tuple[float, int]]:
    """Give at most so many changes to mark, the last one of each piece of an axis where there are more.

    Parameters
    ----------
    changes : mapping
        Setting and position, to value.
    left, right : float
        What is seen of the axis; where there are more changes, those beyond are left out.
    most : int

    Returns
    -------
    dict
        Setting and position, to value, and how many others it stands for.
    """
    if len(changes) <= most:
        return {place: (value, 0) for place, value in changes.items()}
    places = list(changes)
    positions = np.array([position for _, position in places])
    order = np.argsort(positions, kind="stable")
    pieces = np.floor((positions[order] - left) / (right - left) * most)
    is_seen = (pieces >= 0) & (pieces < most)
    _, counts = np.unique(pieces[is_seen], return_counts=True)
    lasts = order[is_seen][np.cumsum(counts) - 1]
    last_of = [places[index] for index in lasts.tolist()]
    return {place: (changes[place], count - 1) for place, count in zip(last_of, counts.tolist(), strict=True)}


def envelope(x: Numbers, y: Numbers, columns: int) -> tuple[Numbers, Numbers]:
    """Give what a curve of many points looks like in so many columns of a screen: lowest and highest of each."""
    size = -(-len(x) // columns)
    if size <= 2:
        return x, y
    whole = len(x) // size * size
    bins = y[:whole].reshape(-1, size)
    drawn = np.column_stack([bins.min(axis=1), bins.max(axis=1)]).ravel()
    places = np.repeat(x[:whole:size], 2)
    return np.concatenate([places, x[whole:]]), np.concatenate([drawn, y[whole:]])


def _some(values: Numbers) -> Numbers:
    # Medians and hundredths of two thousand values are told as well as of all, in a tenth of the time.
    return values[:: max(1, len(values) // 2000)]


def robust_range(steps: Numbers, *curves: Numbers) -> tuple[float, float] | None:
    """Give the range of values worth showing: a spike, or the plunge of the first steps, does not flatten the rest.

    Parameters
    ----------
    steps : float64 (N,)
        The many noisy values, of which the outermost hundredths may fall outside.
    *curves : float64 (M,)
        The few that matter, shown whole but for what lies far outside of its own kind.

    Returns
    -------
    tuple of float, or None
        Lowest and highest, never equal; None where there is no value.
    """
    bounds: list[float] = []
    if len(steps):
        steps = _some(steps)
        bounds += np.quantile(steps, (0.01, 0.97) if len(steps) >= 50 else (0, 0.9)).tolist()
    for curve in curves:
        if len(curve):
            middle = np.median(_some(curve))
            spread = np.median(np.abs(_some(curve) - middle))
            near = curve[np.abs(curve - middle) <= max(20 * spread, 1e-3 * abs(middle))]
            bounds += [near.min(), near.max()] if len(near) else [middle]
    if not bounds:
        return None
    low, high = float(min(bounds)), float(max(bounds))
    margin = max(0.06 * (high - low), 1e-3 * max(abs(low), abs(high)), 1e-6)
    return low - margin, high + margin


def _differ(losses: Numbers, objectives: Numbers) -> bool:
    """Whether what was minimised is known to be anything but the loss, by more than rounding."""
    return bool((np.abs(objectives - losses) > 1e-5 * np.abs(losses)).any())


def _means(rows: Numbers, size: int) -> Numbers:
    return rows.reshape(-1, size, rows.shape[1]).mean(axis=1)


def _values(losses: Losses) -> list[float]:
    return [losses.loss, losses.reconstruction, losses.kl, losses.penalty]

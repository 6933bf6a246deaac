"""What is wrong with a training, told from its losses and from the codes of some images; nothing of a healthy one.

A dimension is inactive where its mean varies by no more than 0.01 over the images, as by Burda et al. (2016), section
5.2, and its KL is below 0.01 nats too: at first a convolutional encoder varies its means by less, and says ten nats.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from latentlab.core.arrays import Floats
from latentlab.core.events import Changed, Diverged, EpochEnded, Event, Progress, Started
from latentlab.core.measures.latent import active_units
from latentlab.core.recipe.finding import Finding, Kind
from latentlab.core.recipe.recipe import Recipe

MOST_CODES = 500  # that are looked at

_SILENT_KL = 0.01  # nats
_FEW_DIMENSIONS = 8  # of more, a VAE switches off those that it does not need
_DEAD_SHARE, _DEAD_SHARE_OF_SPARSE = 0.5, 0.99  # units that nobody needs are silent by intent in a sparse code
_HIGH_LEARNING_RATE = 0.01  # from which on large steps kill units, whatever the penalty
_EXPLODED = 10.0  # times the lowest loss
_LEAST_CODES = 20
_LEAST_EPOCHS, _LEAST_STEPS = 2, 100  # before codes are judged: at first every mean lies near zero
_NEXT_LOOK = 1.25  # times the epochs of the one before, where nothing was found


def of_posterior(recipe: Recipe, means: Floats, deviations: Floats) -> Finding | None:
    """Tell posterior collapse, or that some of a few dimensions are inactive.

    Parameters
    ----------
    recipe : Recipe
        Of the VAE or CVAE.
    means, deviations : float32 (N, L)
        μ and σ of the posteriors of some images.
    """
    variance = np.square(deviations, dtype=np.float64)
    kl = 0.5 * (np.square(means, dtype=np.float64) + variance - 1 - np.log(np.maximum(variance, 1e-300))).mean(0)
    active = active_units(means)
    if recipe.model.prior == "normal":  # from a mixture one that says nothing may be far
        active |= kl >= _SILENT_KL
    count, total = int(active.sum()), len(active)
    if count == total or (count and total > _FEW_DIMENSIONS):
        return None
    remedy, offer = _against_collapse(recipe)
    silent = f"the KL of the {'other' if total - count == 1 else 'others'} is below {_SILENT_KL} nats"
    told = f" active, with a KL of {kl.sum():.3f} nats in all"
    if recipe.model.prior != "normal":
        silent, told = f"the mean of the {'other' if total - count == 1 else 'others'} does not vary", " active"
    if count:
        they_say = "it says" if total - count == 1 else "they say"
        sentence = (
            f"{count} of {total} latent dimensions {'is' if count == 1 else 'are'} active; {silent}, so {they_say} "
            "nothing of the images."
        )
        return Finding("inactive", sentence, remedy, offer)
    sentence = f"The posterior has collapsed: {_none_of(total)}{told}, so codes say nothing of the images."
    return Finding("collapse", sentence, remedy, offer)


def of_code(recipe: Recipe, codes: Floats) -> Finding | None:
    """Tell units of an autoencoder's code that are dead: a ReLU that lets nothing through for any image, (N, L)."""
    if recipe.model.code_activation != "relu":
        return None
    dead, total = int((codes == 0).all(0).sum()), codes.shape[1]
    if dead < (_DEAD_SHARE_OF_SPARSE if recipe.loss.sparsity else _DEAD_SHARE) * total:
        return None
    sentence = f"{dead:,} of {total:,} units of the code are dead: no image switches them on, and they learn no more."
    if recipe.loss.sparsity and recipe.training.learning_rate < _HIGH_LEARNING_RATE:
        sparsity = _rounded(recipe.loss.sparsity / 10)
        return Finding("dead units", sentence, {"loss.sparsity": sparsity}, f"Set sparsity to {sparsity:g}")
    return Finding("dead units", sentence, *_slower(recipe.training.learning_rate))


def of_losses(losses: Sequence[float], learning_rate: float) -> Finding | None:
    """Tell a loss that has exploded: ten times the lowest, and above where it began.

    Parameters
    ----------
    losses : sequence of float
        Of the first step, and the mean of each epoch after it.
    learning_rate : float
        In force.
    """
    if len(losses) < 2 or losses[-1] <= max(losses[0], _EXPLODED * min(losses)):
        return None
    sentence = (
        f"The loss explodes: it is {losses[-1]:,.0f} nats and was {min(losses):,.0f} before, at a learning rate of "
        f"{learning_rate:g}."
    )
    return Finding("explosion", sentence, *_slower(learning_rate))


def slower(learning_rate: float) -> float:
    """Give the learning rate to try after one that was too high."""
    return _rounded(learning_rate / 10)


class Watch:
    """Follows one training, and tells each kind of finding once.

    Codes are judged only when the training has had time to find some: after 100 steps and two epochs, and after its
    warm-up; then again at the next epoch, and told if both times agree, or none follows.

    Parameters
    ----------
    recipe : Recipe
    told : iterable of Finding
        What was told of its images already: of equal ones every code is the same.
    """

    def __init__(self, recipe: Recipe, told: Iterable[Finding] = ()) -> None:
        self._recipe = recipe
        self._told: set[Kind] = {finding.kind for finding in told}
        self._learning_rate = recipe.training.learning_rate
        self._losses: list[float] = []
        self._next_look, self._last_epoch = math.inf, 0
        self._warm_from = 0.0  # on the axis of epochs
        self._suspected: Kind | None = None

    def take(self, event: Event) -> Finding | None:
        """Hear what a training tells."""
        found = None
        match event:
            case Started():
                self._warm_from = event.first_epoch + self._recipe.loss.warm_up
                steps = math.ceil(_LEAST_STEPS / event.steps_per_epoch)
                self._next_look = event.first_epoch + max(_LEAST_EPOCHS, steps, self._recipe.loss.warm_up)
                self._last_epoch = event.epochs
            case Progress() if len(event.losses) and not self._losses:
                self._losses = [float(event.losses[0, 0])]
            case Changed():
                self._losses = []  # another beta makes another loss, and another learning rate is a remedy
                if event.setting == "learning_rate":
                    self._learning_rate = event.value
            case EpochEnded() if event.epoch <= self._warm_from:
                self._losses = []
            case EpochEnded() if self._losses:
                self._losses.append(event.train.loss)
                found = of_losses(self._losses, self._learning_rate)
            case Diverged():
                self._losses = []
                self._told.discard("diverged")  # each time it waits for an answer
                found = Finding("diverged", event.message, *_slower(self._learning_rate))
        return self._once(found)

    def is_due(self, epochs_done: float) -> bool:
        """Whether codes of the model should be looked at, after so many epochs."""
        return epochs_done >= self._next_look and "constant" not in self._told

    def look(self, epochs_done: float, means: Floats, deviations: Floats | None) -> Finding | None:
        """Look at codes of the model after so many epochs.

        Parameters
        ----------
        epochs_done : float
            On the axis of epochs.
        means : float32 (N, L)
            Of images of the set, in no order that matters; NaN where one is not encoded yet.
        deviations : float32 (N, L) or None
            σ of a VAE's posteriors.
        """
        rows = np.flatnonzero(~np.isnan(means[:, 0]))
        rows = rows[:: max(1, len(rows) // MOST_CODES)][:MOST_CODES]
        if len(rows) < _LEAST_CODES:
            return None
        if self._recipe.model.kind == "autoencoder":
            found = of_code(self._recipe, means[rows])
        else:
            found = None if deviations is None else of_posterior(self._recipe, means[rows], deviations[rows])
        epoch = math.floor(epochs_done)
        is_last = epoch >= self._last_epoch
        is_sure = found is not None and (found.kind == self._suspected or is_last)
        self._suspected = None if found is None else found.kind
        later = epoch + 1 if found and not is_sure else math.ceil(_NEXT_LOOK * epoch + 1)
        self._next_look = math.inf if is_last else min(later, self._last_epoch)
        return self._once(found) if is_sure else None

    def _once(self, found: Finding | None) -> Finding | None:
        if found is None or found.kind in self._told:
            return None
        self._told.add(found.kind)
        return found


def _against_collapse(recipe: Recipe) -> tuple[dict[str, float], str]:
    """Give what is not tried yet: free bits, whatever made it collapse; then a warm-up of beta; then less of beta."""
    loss = recipe.loss
    # Some four nats in all, so that many dimensions are not freed of all that they need.
    free_bits = _rounded(min(0.5, 4 / recipe.model.latent))
    may_be_free = recipe.model.prior == "normal" and loss.samples == 1 and recipe.training.micro_batch is None
    if loss.free_bits < free_bits and may_be_free:
        return {"loss.free_bits": free_bits}, f"Set free bits to {free_bits:g}"
    if loss.warm_up < 10:
        return {"loss.warm_up": 10.0}, "Warm β up over 10 epochs"
    beta = _rounded(loss.beta / 10)
    return {"loss.beta": beta}, f"Set β to {beta:g}"


def _slower(learning_rate: float) -> tuple[dict[str, float], str]:
    rate = slower(learning_rate)
    return {"training.learning_rate": rate}, f"Set learning rate to {rate:g}"


def _rounded(value: float) -> float:
    """Give a number of two digits, as one would type it."""
    return float(f"{value:.2g}")


def _none_of(total: int) -> str:
    return "its one latent dimension is not" if total == 1 else f"none of {total:,} latent dimensions is"

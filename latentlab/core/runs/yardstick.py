"""What the test figures of a run were measured with: those of two runs may be compared where it is the same."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.recipe.settings import DataSettings

_BETWEEN = "|"  # of the parts, when written: one that JSON need not escape, or thousands take half as long again
_NO_TEMPERATURE = "1"


class Yardstick(NamedTuple):
    """What nats, and test figures, are measured with.

    Attributes
    ----------
    kind : str
        ``"vae"``, ``"cvae"`` or ``"autoencoder"``.
    error : str
        ``"bernoulli"`` or ``"squared-error"``.
    pixels : str
        ``"signed"`` where they are in [-1, 1], else ``"unsigned"``.
    dataset : str
    part, damage : str
        Which images of the set, brought to which size, and how they are damaged: equal where these are, empty for all
        as they are.
    temperature : str
        T of the codes in the test: other than 1 in some files of earlier versions, where the figures are no bound.
    """

    kind: str
    error: str
    pixels: str
    dataset: str
    part: str
    damage: str
    temperature: str = _NO_TEMPERATURE

    @classmethod
    def of(cls, recipe: Recipe, temperature: float = 1.0) -> Yardstick:
        """Give that of a run with this recipe, whose codes had this temperature when it was tested."""
        data = recipe.data
        usual = DataSettings.model_fields["fit"].default
        part = data.images, data.exclude, data.size, data.fit if data.fit != usual else "", data.binarised
        return cls(
            kind=recipe.model.kind,
            error=recipe.loss.reconstruction,
            pixels="signed" if recipe.model.output == "tanh" else "unsigned",
            dataset=data.dataset.replace(_BETWEEN, " "),
            part=_digest(*part) if any(part) else "",
            damage=_digest(recipe.corruption.model_dump()) if recipe.corruption.is_on else "",
            temperature=f"{temperature:g}",
        )

    @classmethod
    def read(cls, written: str) -> Yardstick | None:
        """Read what `written` gave; None for anything else."""
        parts = written.split(_BETWEEN)
        return cls(*parts) if len(parts) == len(cls._fields) else None

    def written(self) -> str:
        """Give it as a text, as an index keeps it."""
        return _BETWEEN.join(self)

    @property
    def is_of_bound(self) -> bool:
        """Whether reconstruction and KL add up to a negative ELBO: those of a VAE that was tested at T = 1."""
        return self.kind != "autoencoder" and self.temperature == _NO_TEMPERATURE


def why_no_nats(first: Yardstick, second: Yardstick) -> str:
    """Say in half a sentence why no nats of two models are compared; empty where they are of the same kind."""
    if first.kind != second.kind:
        if "autoencoder" in (first.kind, second.kind):
            return "an autoencoder has no ELBO"
        return "one model is told the class of each image, the other is not"
    if first.error != second.error:
        return "one model's error is Bernoulli's, the other's is squared"
    if first.pixels != second.pixels:
        return "one model's pixels are in [0, 1], the other's in [−1, 1]"
    return ""


def why_no_tests(first: Yardstick, second: Yardstick) -> str:
    """Say in half a sentence why no test figures of two models are compared; empty where they are measured alike."""
    if why := why_no_nats(first, second):
        return why
    if (first.dataset, first.part) != (second.dataset, second.part):
        return "the models were tested on different images"
    if first.damage != second.damage:
        return "the models were tested with different damage"
    if first.temperature != second.temperature:
        return f"one model was tested at T = {first.temperature}, the other at T = {second.temperature}"
    return ""


def _digest(*values: object) -> str:
    return hashlib.blake2b(repr(values).encode(), digest_size=6).hexdigest()

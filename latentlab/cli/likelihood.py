"""How probable test images are, as `evaluate --likelihood` tells it: of grey levels, or of ones and zeros."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from latentlab.cli import terminal
from latentlab.core.errors import LatentlabError

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.measures.likelihood import Likelihoods
    from latentlab.core.models.snapshot import Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class Probable:
    """What was measured, and of what.

    Attributes
    ----------
    found : Likelihoods
    binarised : str or None
        By which protocol the images were made ones and zeros, the recipe's if no other is asked for; None of their
        grey levels.
    seed : int or None
        Of that drawing.
    """

    found: Likelihoods
    binarised: Literal["static", "dynamic"] | None
    seed: int | None

    def summary(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return self.found.summary() | {"binarised": self.binarised, "seed": self.seed}

    def rows(self) -> list[tuple[str, str]]:
        """Give it as rows of a table: means, and their standard errors."""
        told = self.found.summary()
        papers = {"static": "Salakhutdinov and Murray, 2008", "dynamic": "Burda et al., 2016"}
        images = "grey levels" if self.binarised is None else f"binarised, {self.binarised} protocol, seed {self.seed}"
        rows = [
            ("Likelihood of images as", images + (f" ({papers[self.binarised]})" if self.binarised else "")),
            ("ELBO", f"{told['elbo']:.2f} ± {told['elbo_standard_error']:.2f} nats"),
            (
                f"Importance-weighted bound, k = {self.found.k}",
                f"{told['iwae']:.2f} ± {told['iwae_standard_error']:.2f} nats",
            ),
        ]
        if self.found.log_p is None:
            return [*rows, ("log p(x)", "unknown: it is integrated over 1 to 3 dimensions")]
        return [*rows, ("log p(x), integrated", f"{told['log_p']:.2f} ± {told['standard_error']:.2f} nats")]


def measured(snapshot: Snapshot, images: ImageSet, arguments: Namespace) -> Probable | None:
    """Measure how probable the test images are, if that is asked for, and say where it is not known well.

    Raises
    ------
    LatentlabError
        When options do not go together, or the model makes no such images probable.
    """
    if not arguments.likelihood:
        for option in ("binarised", "seed"):
            if getattr(arguments, option) is not None:
                raise LatentlabError(f"--{option} says of which images the likelihood is: add --likelihood.")
        return None

    from latentlab.core.data.binarisation import STATIC_SEED, binarised
    from latentlab.core.measures.likelihood import likelihoods
    from latentlab.core.measures.quadrature import ERROR
    from latentlab.core.progress import watched

    protocol, seed, shown = arguments.binarised or snapshot.recipe.data.binarised, arguments.seed, images.test_images
    if protocol is None and seed is not None:
        raise LatentlabError("--seed is of the drawing of ones and zeros: add --binarised dynamic.")
    if protocol == "static" and seed is not None:
        raise LatentlabError(f"The static protocol has one seed, {STATIC_SEED}: leave out --seed, or choose dynamic.")
    if protocol is not None:
        if snapshot.recipe.loss.reconstruction != "bernoulli":
            raise LatentlabError(
                "Ones and zeros are of a Bernoulli decoder, and this one has squared error: leave out --binarised."
            )
        seed = STATIC_SEED if seed is None else seed
        shown = binarised(shown, seed)
    with terminal.shown_share("Integrating") as show, watched(show, lambda: False):
        found = likelihoods(snapshot, shown, images.test_labels)
    if found.error is not None and (worse := int((found.error > ERROR).sum())):
        terminal.say(f"log p(x) of {worse:,} of the images may be off by more than {ERROR} nats each.")
    return Probable(found, protocol, seed)

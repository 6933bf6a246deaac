"""How probable test images are, as `evaluate --likelihood` tells it: of grey levels, or of ones and zeros."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from latentlab.cli import terminal
from latentlab.core.errors import LatentlabError

if TYPE_CHECKING:
    from torch import Tensor

    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.measures.annealed import Annealed
    from latentlab.core.measures.likelihood import Likelihoods
    from latentlab.core.models.snapshot import Snapshot

_ANNEALED = 20  # images, where nobody says how many


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
    annealed : Annealed or None
        Of the first of the images.
    """

    found: Likelihoods
    binarised: Literal["static", "dynamic"] | None
    seed: int | None
    annealed: Annealed | None

    def summary(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        told = self.found.summary() | {"binarised": self.binarised, "seed": self.seed, "annealed": None}
        if (known := self.annealed) is not None:
            from latentlab.core.measures.likelihood import standard_error

            count = len(known.log_p)
            told["annealed"] = {
                "log_p": float(known.log_p.mean()),
                "standard_error": standard_error(known.log_p),
                "error": float(known.error.max()),
                "iwae": float(self.found.iwae[:count].mean()),
                "images": count,
                "distributions": known.distributions,
                "chains": known.chains,
                "accepted": known.accepted,
                "seconds": known.seconds,
            }
        return told

    def warning(self) -> str:
        """Say where both estimates of log p(x) disagree; nothing where they do not, or there is one."""
        if self.annealed is None:
            return ""

        from latentlab.core.measures.annealed import disagreement

        count = len(self.annealed.log_p)
        below = disagreement(self.annealed, self.found.iwae[:count], self.found.iwae_error[:count])
        if below is None:
            return ""
        first = f"the first {count:,} images"
        if below > 0:
            return (
                f"The importance-weighted bound of {self.found.k} samples lies {below:.2f} nats below annealed "
                f"importance sampling of {first}, more than both may err: it is loose by at least that."
            )
        return (
            f"Annealed importance sampling of {first} lies {-below:.2f} nats below the importance-weighted bound, more "
            f"than both may err: {self.annealed.distributions} distributions are too few for it here."
        )

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
        if (known := self.summary()["annealed"]) is not None:
            first = f"first {known['images']:,} images"
            rows += [
                (f"Annealed sampling, {first}", f"{known['log_p']:.2f} ± {known['standard_error']:.2f} nats"),
                ("… of each", f"{known['distributions']} distributions, {known['chains']} chains"),
                (f"Weighted bound, {first}", f"{known['iwae']:.2f} nats"),
            ]
        if self.found.log_p is None:
            return [*rows, ("log p(x)", "unknown: it is integrated over 1 to 3 dimensions")]
        return [*rows, ("log p(x), integrated", f"{told['log_p']:.2f} ± {told['standard_error']:.2f} nats")]


def check(snapshot: Snapshot, arguments: Namespace) -> None:
    """See that the options go together, before anything is measured.

    Raises
    ------
    LatentlabError
        When they do not.
    """
    from latentlab.core.data.binarisation import STATIC_SEED

    if not arguments.likelihood:
        for option in ("binarised", "seed", "samples", "annealed"):
            if getattr(arguments, option) is not None:
                raise LatentlabError(f"--{option} says how the likelihood is measured: add --likelihood.")
        return
    protocol = _protocol(snapshot, arguments)
    if protocol is None and arguments.seed is not None:
        raise LatentlabError("--seed is of the drawing of ones and zeros: add --binarised dynamic.")
    if protocol == "static" and arguments.seed is not None:
        raise LatentlabError(f"The static protocol has one seed, {STATIC_SEED}: leave out --seed, or choose dynamic.")
    if protocol is not None and snapshot.recipe.loss.reconstruction != "bernoulli":
        raise LatentlabError(
            "Ones and zeros are of a Bernoulli decoder, and this one has squared error: leave out --binarised."
        )


def check_images(snapshot: Snapshot, images: ImageSet, arguments: Namespace) -> None:
    """See that the model makes the test images probable, if that is asked for, before anything is measured.

    Raises
    ------
    LatentlabError
        When it does not.
    """
    from latentlab.core.measures.likelihood import need_probability

    if arguments.likelihood:
        need_probability(snapshot, images.test_labels)


def measured(snapshot: Snapshot, images: ImageSet, arguments: Namespace) -> Probable | None:
    """Measure how probable the test images are, if that is asked for, and say where it is not known well.

    Raises
    ------
    LatentlabError
        When the model makes no such images probable.
    """
    if not arguments.likelihood:
        return None

    from latentlab.cli import torchrun
    from latentlab.core.data.binarisation import STATIC_SEED, binarised
    from latentlab.core.measures.likelihood import SAMPLES, likelihoods
    from latentlab.core.measures.quadrature import ERROR
    from latentlab.core.progress import watched

    protocol, seed, shown = _protocol(snapshot, arguments), arguments.seed, images.test_images
    if protocol is not None:
        seed = STATIC_SEED if seed is None else seed
        shown = binarised(shown, seed)
    with terminal.shown_share("Integrating") as show, watched(show, lambda: False):
        found = likelihoods(snapshot, shown, images.test_labels, arguments.samples or SAMPLES, torchrun.ranks())
    if found.error is not None and (worse := int((found.error > ERROR).sum())):
        terminal.say(f"log p(x) of {worse:,} of the images may be off by more than {ERROR} nats each.")
    if torchrun.ranks().rank:  # the rest is for the first alone
        return None
    probable = Probable(found, protocol, seed, _annealed(snapshot, shown, images.test_labels, arguments.annealed))
    if warning := probable.warning():
        terminal.say(warning)
    return probable


def _protocol(snapshot: Snapshot, arguments: Namespace) -> Literal["static", "dynamic"] | None:
    protocol: Literal["static", "dynamic"] | None = arguments.binarised or snapshot.recipe.data.binarised
    return protocol


def _annealed(snapshot: Snapshot, images: Tensor, labels: Tensor, count: int | None) -> Annealed | None:
    """Anneal the first so many images; of a latent space that is integrated over none, unless that is asked for."""
    from latentlab.core.measures.annealed import annealed
    from latentlab.core.measures.quadrature import MOST_DIMENSIONS
    from latentlab.core.progress import watched

    if count is None:
        count = _ANNEALED if snapshot.latent > MOST_DIMENSIONS else 0
    if not count:
        return None
    with terminal.shown_share("Annealing") as show, watched(show, lambda: False):
        return annealed(snapshot, images[:count], labels[:count])

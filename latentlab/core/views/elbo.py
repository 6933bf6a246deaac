"""The ELBO taken apart: reconstruction, and what the KL divergence is the sum of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from latentlab.core.arrays import row_order
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_images, need_posterior

if TYPE_CHECKING:
    from latentlab.core.measures.elbo_parts import KlParts
    from latentlab.core.measures.likelihood import Likelihoods


@dataclass(frozen=True, slots=True)
class ElboQuestion:
    """What the ELBO of the map's images is the sum of.

    Attributes
    ----------
    with_likelihood : bool
        And how far it is below the likelihood, of fewer of the images.
    is_quick : bool
        Of a few images alone and without the likelihood, which is answered in a moment.
    """

    with_likelihood: bool = False
    is_quick: bool = False

    def operations(self, model: MapUpdate) -> float:
        """Say what an answer costs."""
        is_quick = self.is_quick and len(model.labels) > _QUICK_IMAGES
        if self.with_likelihood and not is_quick:
            return math.inf
        images = _QUICK_IMAGES if is_quick else min(len(model.labels), _MOST_IMAGES)
        pairs = images * images * model.snapshot.latent
        return images * (model.operations.encode + model.operations.decode) + _OPERATIONS * pairs

    def answer(self, model: MapUpdate) -> Elbo:
        """Answer it of a model as it is now: see `elbo`."""
        return elbo(self, model)


@dataclass(frozen=True, slots=True, eq=False)
class Elbo:
    """The evidence lower bound of images and its parts, nats per image, at temperature 1 and β = 1.

    Attributes
    ----------
    elbo : float
        Minus the reconstruction's error and the KL: Kingma and Welling (2014), eq. 3.
    reconstruction : float
        One sample of z per image.
    kl : float
        In closed form: Kingma and Welling (2014), appendix B; from a mixture prior, of one sample of z per image.
    elbo_error : float
        Standard error of the ELBO.
    parts : KlParts
        Of the KL, by samples: their sum is another estimate of it.
    likelihoods : Likelihoods or None
        Of the first of these images, where they are asked for.
    is_quick : bool
        Whether a few of the images had to do, and all of them can be asked about.
    """

    run_id: str
    elbo: float
    reconstruction: float
    kl: float
    elbo_error: float
    parts: KlParts
    likelihoods: Likelihoods | None
    is_quick: bool = False


_OPERATIONS = 20  # of a pair of a sample and a posterior's dimension: an exponential is most of them
_MOST_IMAGES = 10_000
_QUICK_IMAGES = 1000
_INTEGRATED = 1000  # images: some seconds


def elbo(question: ElboQuestion, model: MapUpdate) -> Elbo:
    """Take the ELBO of the map's images apart.

    Raises
    ------
    LatentlabError
        When the model has no posterior, the images are not loaded, or a CVAE lacks labels for their likelihood.
    """
    import torch  # not above: panels read this file, and load no torch

    from latentlab.core.measures.elbo_parts import kl_parts, samples_for
    from latentlab.core.measures.likelihood import likelihoods
    from latentlab.core.models.snapshot import chunks

    snapshot = model.snapshot
    need_posterior(snapshot)
    available = need_images(model)
    is_quick = question.is_quick and len(available) > _QUICK_IMAGES
    rows = row_order(len(available))[: _QUICK_IMAGES if is_quick else _MOST_IMAGES]
    images, labels = available[rows], model.labels[rows]
    noise = torch.randn(len(rows), snapshot.latent, generator=torch.Generator().manual_seed(0))
    means, logvars = (torch.from_numpy(each) for each in snapshot.encode(images, labels))
    terms = [snapshot.loss_terms(images[some], labels[some], noise[some]) for some in chunks(torch.from_numpy(images))]
    errors, kls, _ = (np.concatenate(each).astype(np.float64) for each in zip(*terms, strict=True))
    codes = means + torch.exp(0.5 * logvars) * noise
    parts = kl_parts(means, logvars, codes[: samples_for(len(rows), snapshot.latent)], snapshot.prior)
    bounds = -(errors + kls)
    probable = None
    if question.with_likelihood and not is_quick:
        some = torch.from_numpy(images[:_INTEGRATED]), torch.from_numpy(labels[:_INTEGRATED])
        probable = likelihoods(snapshot, *some)
    return Elbo(
        run_id=model.run_id,
        elbo=float(bounds.mean()),
        reconstruction=float(errors.mean()),
        kl=float(kls.mean()),
        elbo_error=float(bounds.std(ddof=1)) / math.sqrt(len(bounds)) if len(bounds) > 1 else math.nan,
        parts=parts,
        likelihoods=probable,
        is_quick=is_quick,
    )

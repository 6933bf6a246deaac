"""What an encoder loses of one image, and what any diagonal Gaussian does, against the image's true posterior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from latentlab.core.arrays import Floats
from latentlab.core.measures.best_gaussian import best_gaussians, elbos
from latentlab.core.measures.many_gaps import many_gaps
from latentlab.core.measures.posterior_table import PosteriorTable
from latentlab.core.measures.quadrature import ERROR, integrate
from latentlab.core.measures.true_posterior import TruePosterior

_STARTS = 3  # modes, beside the encoder's guess
_NARROWEST = 1e-6  # deviation to start from


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """How far the ELBO of an image lies below log p(x), and why: Cremer et al. (2018), eq. 4.

    Attributes
    ----------
    log_p : float
        log p(x), nats, at temperature 1 and β = 1.
    error : float
        How far that may be off, nats.
    elbo : float
        Of the encoder's posterior, nats.
    best_elbo : float
        Of the best diagonal Gaussian, nats.
    mean, deviation : float32 (L,)
        Of that Gaussian: the refined encoding of the image.
    """

    log_p: float
    error: float
    elbo: float
    best_elbo: float
    mean: Floats
    deviation: Floats

    @property
    def amortisation(self) -> float:
        """Give what the encoder loses against the best diagonal Gaussian, nats."""
        return self.best_elbo - self.elbo

    @property
    def approximation(self) -> float:
        """Give what that Gaussian loses against the true posterior, nats."""
        return self.log_p - self.best_elbo


def gaps(table: PosteriorTable, image: Floats, mean: Floats, logvar: Floats, found: TruePosterior) -> Gaps:
    """Measure the gaps of an image.

    The best Gaussian is sought from the encoder's, from what `many_gaps` finds, and from the modes of the posterior.

    Parameters
    ----------
    table : PosteriorTable
    image : float32 (C, H, W)
        In [0, 1].
    mean, logvar : float32 (L,)
        Of the encoder's posterior.
    found : TruePosterior
        Its log p(x) is taken where it is known to 0.01 nats, and integrated anew elsewhere.
    """
    images = torch.as_tensor(np.asarray(image, np.float32))[None]
    # Of a Gaussian the best diagonal one has the variances that one dimension has where the others are known.
    logvars = np.log(np.maximum(1 / np.diag(np.linalg.pinv(found.covariance)), _NARROWEST**2))
    modes = found.modes[:_STARTS]
    quick = many_gaps(table, image[None], mean[None], logvar[None])
    best = best_gaussians(
        table.model,
        images,
        np.stack([mean, quick.mean[0], *(mode.code for mode in modes)])[None],
        np.stack([logvar, 2 * np.log(quick.deviation[0]), *[logvars] * len(modes)])[None],
    )
    log_p, error = found.log_p, found.error
    if error is None or error > ERROR:
        integral = integrate(table.model, images, mean[None], table.prior)
        log_p, error = float(integral.log[0]), float(integral.error[0])
    elbo = float(elbos(table.model, images, mean[None], logvar[None])[0])
    return Gaps(log_p, error, elbo, float(best.elbo[0]), best.mean[0], np.exp(0.5 * best.logvar[0]))

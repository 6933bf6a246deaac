"""The ELBO taken apart: what of the KL divergence the codes tell of images, and what the prior does not fit.

Hoffman and Johnson (2016), section 2, and Chen et al. (2018), eq. 2: the mean over images of KL(q(z|x) ‖ p(z)) is the
mutual information of image and code, and the marginal KL, that of the aggregate posterior q(z) from the prior. The
marginal KL is the total correlation, how far q(z) is from the product of its own dimensions, and the KL of each of
these from the prior; where the dimensions of a mixture prior depend on each other, less what it knows of that, the mean
over q(z) of log p(z) - Σ log p(z_d). q(z) is that of N images, as it is: the mean of their posteriors, no estimate from
a batch. Only the means over z are estimated, from one sample of each of some of the images, so each has a standard
error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from latentlab.core.arrays import Doubles
from latentlab.core.models.prior import STANDARD_NORMAL, Prior
from latentlab.core.progress import reached

_PAIRS = 200_000  # of a sample and a posterior's dimension, at once: what a processor's cache holds
_MOST_PAIRS = 40_000_000  # in all: a second or two of a processor


@dataclass(frozen=True, slots=True, eq=False)
class KlParts:
    """The KL divergence of some images' posteriors from the prior, and what it is the sum of; nats.

    Attributes
    ----------
    mutual_information : float
        Of an image, drawn evenly from the N, and its code: at most log N.
    total_correlation : float
    by_dimension : float64 (L,)
        KL of each dimension of the aggregate posterior from the prior.
    errors : float64 (2 + L,)
        Standard errors of these, in this order.
    dimensions_error : float
        Standard error of the sum of `by_dimension`.
    samples, images : int
        How many samples of z the means are over, and N.
    prior_correlation, prior_error : float
        What the marginal KL is less by, as the prior's dimensions depend on each other, and its standard error; 0 of a
        standard normal.
    """

    mutual_information: float
    total_correlation: float
    by_dimension: Doubles
    errors: Doubles
    dimensions_error: float
    samples: int
    images: int
    prior_correlation: float = 0.0
    prior_error: float = 0.0

    @property
    def marginal(self) -> float:
        """The KL divergence of the aggregate posterior from the prior."""
        return self.total_correlation + float(self.by_dimension.sum()) - self.prior_correlation

    @property
    def kl(self) -> float:
        """The sum of all parts."""
        return self.mutual_information + self.marginal


def samples_for(images: int, latent: int) -> int:
    """Give of how many of N images a code of L dimensions is sampled, so that it takes seconds at most."""
    return max(1, min(images, _MOST_PAIRS // max(1, images * latent)))


def kl_parts(means: Tensor, logvars: Tensor, codes: Tensor, prior: Prior = STANDARD_NORMAL) -> KlParts:
    """Take the KL divergence of posteriors apart.

    Parameters
    ----------
    means, logvars : float (N, L)
        Of the images' posteriors.
    codes : float (S, L)
        A sample of each of the first S posteriors, S at most N: `samples_for` says how many are done in seconds.
    prior : Prior

    Raises
    ------
    GivenUp
        When nobody waits any more.
    """
    means, logvars, codes = means.double(), logvars.double(), codes.double()
    count, latent = means.shape
    own = _log_normal(codes, means[: len(codes)], logvars[: len(codes)]).sum(1)  # log q(z | x)
    log_prior = prior.log_density_by_dimension(codes)  # log p(z_d)
    known = prior.log_density(codes) - log_prior.sum(1)  # of the others, by each dimension
    # The images last, one beside the other in memory: along them is summed, and three times as quick.
    centres, widths = means.T.contiguous()[:, None], logvars.T.contiguous()[:, None]  # (L, 1, N)
    joint, single = [], []
    for part in torch.split(codes, max(1, _PAIRS // (count * latent))):
        each = _log_normal(part.T[:, :, None], centres, widths)  # (L, B, N)
        joint.append(torch.logsumexp(each.sum(0), 1))
        single.append(torch.logsumexp(each, 2).T)
        reached(sum(map(len, joint)) / len(codes))
    aggregate = torch.cat(joint) - math.log(count)  # log q(z)
    by_dimension = torch.cat(single) - math.log(count)  # log q(z_d)
    marginal = by_dimension - log_prior
    columns = [own - aggregate, aggregate - by_dimension.sum(1), marginal, marginal.sum(1), known]
    parts = torch.column_stack(columns).numpy()
    errors = parts.std(0, ddof=1) / math.sqrt(len(parts)) if len(parts) > 1 else np.full(4 + latent, np.nan)
    mean, is_mixture = parts.mean(0), prior.is_mixture
    return KlParts(
        float(mean[0]),
        float(mean[1]),
        mean[2:-2],
        errors[:-2],
        float(errors[-2]),
        len(codes),
        count,
        float(mean[-1]) if is_mixture else 0.0,
        float(errors[-1]) if is_mixture else 0.0,
    )


def _log_normal(values: Tensor, means: Tensor, logvars: Tensor) -> Tensor:
    return -0.5 * (math.log(2 * math.pi) + logvars + (values - means).square() * torch.exp(-logvars))

"""A prior that is fitted to a model's codes once it is trained: a mixture of Gaussians in the standard normal's place.

Of all priors the aggregate posterior gives the highest ELBO (Hoffman and Johnson, 2016; Tomczak and Welling, 2018): a
mixture is fitted to samples of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from threadpoolctl import threadpool_limits

from latentlab.core.arrays import sample_rows
from latentlab.core.errors import LatentlabError
from latentlab.core.models.prior import Mixture
from latentlab.core.models.snapshot import Snapshot

_MOST = 20_000  # images
_STEPS = 300  # of the EM algorithm


def fitted_prior(
    snapshot: Snapshot, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.integer[Any]], components: int, seed: int
) -> Mixture:
    """Fit a Gaussian mixture to a sample of the posterior of each image, by scikit-learn's EM.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
        That the model has learned from, with their (N,) `labels`; of many, 20,000 of them.
    components : int
        Gaussians, each with a covariance of its own.
    seed : int
        Of the samples, and of where the Gaussians begin.

    Raises
    ------
    LatentlabError
        When the model is no VAE, or there are fewer images than components.
    """
    from sklearn.mixture import GaussianMixture  # a second to import: only when it is asked for

    if not snapshot.is_variational:
        raise LatentlabError("An autoencoder has no prior: train a VAE, and fit one for that.")
    rows = sample_rows(len(images), _MOST)
    some = images[rows]
    if components > len(some):
        raise LatentlabError(
            f"A prior of {components:,} components cannot be fitted to the codes of {len(some):,} images: take fewer."
        )
    means, logvars = (torch.from_numpy(each) for each in snapshot.encode(some, labels[rows].astype(np.int64)))
    noise = torch.randn(means.shape, generator=torch.Generator().manual_seed(seed))
    codes = (means + torch.exp(0.5 * logvars) * noise).double().numpy()
    if not np.isfinite(codes).all():
        raise LatentlabError("No prior can be fitted: the model's codes are no longer finite.")
    with threadpool_limits(1):  # more would add in another order each time
        found = GaussianMixture(components, max_iter=_STEPS, random_state=seed % 2**32).fit(codes)
    return Mixture(
        torch.from_numpy(np.log(found.weights_)).float(),
        torch.from_numpy(found.means_).float(),
        torch.linalg.cholesky(torch.from_numpy(found.covariances_)).float(),
    )

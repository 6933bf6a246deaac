"""How probable images are under a VAE: by its bounds, and, of few latent dimensions, by the integral itself.

All are logarithms in nats per image, at temperature 1 and β = 1, whatever the model was trained with. Of a Bernoulli
decoder the images' grey levels are taken as they are, as in training; of a squared error the constant is left out.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from latentlab.core.arrays import Doubles
from latentlab.core.data.image_draws import ImageDraws
from latentlab.core.errors import LatentlabError
from latentlab.core.measures.quadrature import MOST_DIMENSIONS, integrate
from latentlab.core.measures.under_label import UnderLabel
from latentlab.core.models.snapshot import Snapshot, as_input, chunks
from latentlab.core.progress import part as part_of_all
from latentlab.core.progress import reached
from latentlab.core.ranks.ranks import ALONE, Ranks

SAMPLES = 50


@dataclass(frozen=True, slots=True, eq=False)
class Likelihoods:
    """How probable each of some images is under a model; of a CVAE under its own label.

    Attributes
    ----------
    elbo : float64 (N,)
        The evidence lower bound with the encoder's posterior, nats: Kingma and Welling (2014), eq. 3, the
        reconstruction, and the KL from a mixture prior, averaged over `k` samples.
    iwae : float64 (N,)
        The importance-weighted bound of `k` samples, nats: Burda et al. (2016), eq. 8.
    iwae_error : float64 (N,)
        Its standard error, by how much the weights of the samples differ, nats; the bound lies below log p(x) beside.
    k : int
    log_p : float64 (N,) or None
        log p(x), nats; None of more than `MOST_DIMENSIONS` dimensions.
    error : float64 (N,) or None
        How far `log_p` may be off, nats.
    seconds : float
        That all of it took.
    """

    elbo: Doubles
    iwae: Doubles
    iwae_error: Doubles
    k: int
    log_p: Doubles | None
    error: Doubles | None
    seconds: float

    def summary(self) -> dict[str, float | int | None]:
        """Give means over the images, nats, and their standard errors.

        Returns
        -------
        dict
            ``elbo``, ``iwae`` and ``log_p``, which may be None; ``standard_error`` of ``log_p``, or of ``iwae`` where
            there is none; ``elbo_standard_error``, ``iwae_standard_error``; ``k``, ``images`` and ``seconds``; and
            ``error``, what ``log_p`` of the worst image may be off by.
        """
        best = self.iwae if self.log_p is None else self.log_p
        return {
            "elbo": float(self.elbo.mean()),
            "iwae": float(self.iwae.mean()),
            "k": self.k,
            "log_p": None if self.log_p is None else float(self.log_p.mean()),
            "standard_error": standard_error(best),
            "elbo_standard_error": standard_error(self.elbo),
            "iwae_standard_error": standard_error(self.iwae),
            "error": None if self.error is None else float(self.error.max()),
            "images": len(self.elbo),
            "seconds": self.seconds,
        }


def need_probability(snapshot: Snapshot, labels: Tensor) -> None:
    """See that a model makes images of these labels probable: int64 (N,).

    Raises
    ------
    LatentlabError
        When the model is no VAE, or a CVAE has no labels for the images.
    """
    if not snapshot.is_variational:
        raise LatentlabError("An autoencoder has no prior, so it makes no image probable: measure a VAE.")
    if snapshot.uses_labels and (labels < 0).any():
        raise LatentlabError("A CVAE makes images probable under labels, and some have none: choose other images.")


def likelihoods(
    snapshot: Snapshot, images: Tensor, labels: Tensor, k: int = SAMPLES, ranks: Ranks = ALONE
) -> Likelihoods:
    """Measure how probable images are: uint8 (N, C, H, W), with int64 (N,) labels.

    Where several ranks take a part of them, each is given the whole.

    Raises
    ------
    LatentlabError
        See `need_probability`.
    """
    need_probability(snapshot, labels)
    begin = time.perf_counter()
    log_p = error = None
    if snapshot.latent <= MOST_DIMENSIONS:
        with part_of_all(0, 0.3):
            bounds = _bounds(snapshot, images, labels, k, ranks)
        with part_of_all(0.3, 1):
            log_p, error = _integrals(snapshot, images, labels, ranks)
    else:
        bounds = _bounds(snapshot, images, labels, k, ranks)
    return Likelihoods(*bounds, k, log_p, error, time.perf_counter() - begin)


def _integrals(snapshot: Snapshot, images: Tensor, labels: Tensor, ranks: Ranks) -> tuple[Doubles, Doubles]:
    both = torch.zeros(2, len(images), dtype=torch.float64)
    log_p, error = both.numpy()
    means, _ = snapshot.encode(images, labels)
    groups = labels.numpy() if snapshot.uses_labels else np.zeros(len(images), np.int64)
    known = np.unique(groups)
    for number, label in enumerate(known):
        rows = np.flatnonzero(groups == label)
        rows = rows[ranks.part(len(rows)).rows]
        if not len(rows):
            continue
        model = UnderLabel.of(snapshot, int(label))
        with part_of_all(number / len(known), (number + 1) / len(known)):
            found = integrate(model, as_input(images[torch.from_numpy(rows)]), means[rows], snapshot.prior)
        log_p[rows], error[rows] = found.log, found.error
    log_p, error = ranks.sum(both).numpy()
    return log_p, error


def _bounds(
    snapshot: Snapshot, images: Tensor, labels: Tensor, k: int, ranks: Ranks
) -> tuple[Doubles, Doubles, Doubles]:
    """Give both bounds of each image, and the second's error, float64 (N,), of samples of the encoder's posterior."""
    generator = torch.Generator().manual_seed(0)
    bounds = []
    model, prior = snapshot.model, snapshot.prior
    for rows in chunks(images):
        part = ranks.part(len(images[rows]))
        x, y = as_input(images[rows][part.rows]), labels[rows][part.rows]
        draws = ImageDraws(generator, part)
        mean, logvar = (torch.from_numpy(each) for each in snapshot.encode(x, y))
        # One block: a small one of each sample would lie amid the large ones that are freed, which nothing then fits.
        ratios, error = torch.empty(2, k, len(x), dtype=torch.float64)
        with torch.inference_mode():
            for sample in range(k):
                noise = draws.randn(*mean.shape)
                codes = mean + torch.exp(0.5 * logvar) * noise
                error[sample] = model.error(model.decode(codes, y if snapshot.uses_labels else None), x)
                ratios[sample] = prior.log_ratio(codes, noise, logvar)
                reached((rows.start + len(x) * sample / k) / len(images))
            kl = -ratios.mean(0) if prior.is_mixture else prior.kl(mean, logvar)
            log, wrong = map(torch.from_numpy, estimate((ratios - error).T))
            each = torch.stack([-error.mean(0) - kl, log, wrong], 1)
        bounds.append(ranks.gathered(each.clone(), part))
    elbo, iwae, iwae_error = torch.cat(bounds).T.numpy()
    return elbo, iwae, iwae_error


def estimate(log_weights: Tensor) -> tuple[Doubles, Doubles]:
    """Give the logarithm of the mean of weights, float64 (N, K), and its standard error (N,), by the delta method."""
    count = log_weights.shape[1]
    logs = torch.logsumexp(log_weights, 1) - math.log(count)
    ratios = torch.exp(log_weights - logs[:, None])
    return logs.numpy(), (ratios.std(1, correction=min(1, count - 1)) / math.sqrt(count)).numpy()


def standard_error(values: Doubles) -> float:
    """Give the standard error of the mean of values, float64 (N,); 0 of a single one."""
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0.0

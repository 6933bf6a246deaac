"""How good a model is: test loss, and how well its map keeps classes together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from latentlab.core.events import Floats, Integers, Losses
from latentlab.core.models import VAE
from latentlab.core.snapshot import Snapshot, as_input

_CHUNK = 1000


def loss_sums(model: VAE, images: Tensor, labels: Tensor, device: torch.device) -> Iterator[tuple[int, Tensor]]:
    """Go through images in chunks and give, for each, its size and its summed reconstruction and KL.

    One sample of z per image, with noise that is the same at every call, so that epochs can be compared.

    Parameters
    ----------
    model : VAE
    images : uint8 (N, H, W)
    labels : int64 (N,)
    device : torch.device
        Where the model is.

    Yields
    ------
    int
        Images in the chunk.
    float32 (2,)
        Sums of reconstruction and KL over them, nats, on `device`.
    """
    generator = torch.Generator().manual_seed(0)
    for start in range(0, len(images), _CHUNK):
        part = slice(start, start + _CHUNK)
        x = as_input(images[part].to(device))
        noise = torch.randn(len(x), model.latent, generator=generator).to(device)
        with torch.inference_mode():
            terms = model.loss_terms(x, labels[part].to(device), noise)
            sums = torch.stack([terms.reconstruction.sum(), terms.kl.sum()])
        yield len(x), sums  # outside: whoever reads on must not find grad mode switched off


def mean_losses(parts: list[tuple[int, Tensor]], beta: float) -> Losses:
    """Put the chunks of `loss_sums` together into means over all images, nats per image."""
    count = sum(size for size, _ in parts)
    reconstruction, kl = (torch.stack([sums.cpu().double() for _, sums in parts]).sum(0) / count).tolist()
    return Losses(reconstruction + beta * kl, reconstruction, kl)


def evaluate(snapshot: Snapshot, images: Tensor, labels: Tensor) -> Losses:
    """Give the mean losses of a snapshot: uint8 (N, H, W) images with int64 (N,) labels, in nats per image."""
    parts = list(loss_sums(snapshot.model, images, labels, torch.device("cpu")))
    return mean_losses(parts, snapshot.recipe.loss.beta)


def agreement(codes: Floats, labels: Integers, neighbours: int = 15) -> float:
    """Give the share of codes whose nearest neighbours' majority is of their own class, themselves left out.

    Parameters
    ----------
    codes : float32 (N, L)
    labels : int64 (N,)
    neighbours : int
        How many of the nearest vote; of classes with as many votes the lowest wins.

    Returns
    -------
    float
        In [0, 1]; NaN where there are not more codes than neighbours.
    """
    if len(codes) <= neighbours:
        return float("nan")
    nearest = nearest_neighbours(codes, codes, neighbours + 1)
    own = nearest == np.arange(len(codes))[:, None]
    # Where identical codes push a point out of its own list, the farthest is left out in its place.
    own[~own.any(1), -1] = True
    votes = labels[nearest[~own].reshape(len(codes), neighbours)]
    classes = np.unique(labels)
    counts = np.stack([(votes == label).sum(1) for label in classes], 1)
    return float((classes[counts.argmax(1)] == labels).mean())


def nearest_neighbours(codes: Floats, queries: Floats, count: int) -> Integers:
    """Give, for each query (Q, L), the rows of the `count` nearest codes (N, L), nearest first: int64 (Q, count)."""
    from sklearn.neighbors import NearestNeighbors  # a second to import: only when it is asked for

    index = NearestNeighbors(n_neighbors=min(count, len(codes))).fit(codes)
    nearest: Integers = index.kneighbors(queries, return_distance=False).astype(np.int64)
    return nearest

"""How good a model is: test loss, and how well its map keeps classes together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from latentlab.core.arrays import Floats, Integers
from latentlab.core.data.binarisation import STATIC_SEED, binarised
from latentlab.core.data.corruption import corrupted
from latentlab.core.data.image_draws import ImageDraws
from latentlab.core.data.mapped_images import let_go
from latentlab.core.events import Losses
from latentlab.core.measures.neighbours import VOTERS, are_own
from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.models.snapshot import Snapshot, as_input, chunks
from latentlab.core.ranks.ranks import ALONE, Ranks
from latentlab.core.recipe.recipe import Recipe


def terms_of_each(
    model: Autoencoder,
    recipe: Recipe,
    images: Tensor,
    labels: Tensor,
    noisy: Tensor | None,
    device: torch.device,
    ranks: Ranks = ALONE,
) -> Iterator[Tensor]:
    """Go through images in chunks and give reconstruction, KL and penalty of each.

    One sample of z per image from the posterior itself, at temperature 1 whatever that of training is: with less noise
    the terms would be no bound of the likelihood. What the encoder sees is damaged as in training. Noise and damage
    are the same at every call, so that epochs can be compared, and so are the ones and zeros of binarised images: those
    of the static protocol. Where the recipe has micro-batches as many images are computed at once, so that which ranks
    take part does not change a bit of it; all of them then prepare all images.

    Parameters
    ----------
    model : Autoencoder
    recipe : Recipe
        Its corruption and micro-batches, and whether it is tested on binarised images.
    images : uint8 (N, C, H, W)
    labels : int64 (N,)
    noisy : uint8 (N, C, H, W) or None
        What the encoder sees in place of the images, for a set of pairs.
    device : torch.device
        Where the model is.
    ranks : Ranks, optional
        That take a part of each chunk, all of them; each is given the whole.

    Yields
    ------
    float32 (B, 3)
        Reconstruction, KL and penalty of the images in the chunk, nats, on `device`.
    """
    generator, static = torch.Generator().manual_seed(0), np.random.default_rng(STATIC_SEED)
    block = recipe.training.micro_batch
    for rows in chunks(images):
        grey = images[rows]
        part = ranks.part(len(grey), block or 1)
        here = part if block is None else ALONE.part(len(grey))
        shown = (binarised(grey.cpu(), static) if recipe.data.binarised else grey)[here.rows]
        x = as_input(shown.to(device))
        noise = ImageDraws(generator, here).randn(len(x), model.latent).to(device)
        seen = None if noisy is None else as_input(noisy[rows][here.rows])
        if recipe.corruption.is_on:
            seen = corrupted(as_input(shown) if seen is None else seen, recipe.corruption, generator, here)
        its, seen = labels[rows][here.rows].to(device), None if seen is None else seen.to(device)
        pieces = [slice(None)] if block is None else [piece.rows for piece in part.split(block)]
        with torch.inference_mode():
            terms = [
                model.loss_terms(x[piece], its[piece], noise[piece], None if seen is None else seen[piece])[:3]
                for piece in pieces
            ]
            each = torch.cat([torch.stack(of_piece, 1) for of_piece in terms]).detach()
        let_go(grey, labels[rows], None if noisy is None else noisy[rows])
        each = ranks.gathered(each, part)
        yield each  # outside: whoever reads on must not find grad mode switched off


def mean_losses(parts: Sequence[Tensor], beta: float) -> Losses:
    """Put the chunks of `terms_of_each` together into means over all images, with the standard error of the loss.

    That is the deviation of the images' losses, of n - 1 degrees of freedom, over √n.
    """
    each = torch.cat([part.cpu() for part in parts]).double()
    losses = weighted(each.mean(0).tolist(), beta)
    loss_of_each = each @ torch.tensor([1, beta, 1], dtype=torch.float64)
    return replace(losses, standard_error=standard_error(loss_of_each.numpy()))


def standard_error(values: npt.NDArray[np.float64]) -> float | None:
    """Give the standard error of the mean of values (N,): their deviation over √N; None for fewer than two."""
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None


def weighted(terms: Iterable[float], beta: float) -> Losses:
    """Put the terms of a loss together, nats per image: reconstruction, KL and penalty."""
    reconstruction, kl, penalty = terms
    return Losses(reconstruction + beta * kl + penalty, reconstruction, kl, penalty)


def snapshot_losses(snapshot: Snapshot, images: Tensor, labels: Tensor, noisy: Tensor | None = None) -> Losses:
    """Give the mean losses of a snapshot: uint8 (N, C, H, W) images with int64 (N,) labels, in nats per image.

    With `noisy`, uint8 (N, C, H, W), these are what the encoder sees.
    """
    return mean_losses(snapshot_terms(snapshot, images, labels, noisy), snapshot.recipe.loss.beta)


def snapshot_terms(
    snapshot: Snapshot, images: Tensor, labels: Tensor, noisy: Tensor | None = None, ranks: Ranks = ALONE
) -> tuple[Tensor, ...]:
    """Give `terms_of_each` of a snapshot, in chunks; parameters are those of `snapshot_losses`."""
    return tuple(terms_of_each(snapshot.model, snapshot.recipe, images, labels, noisy, torch.device("cpu"), ranks))


def agreement(codes: Floats, labels: Integers, neighbours: int = VOTERS) -> float:
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
        In [0, 1], of the codes that are finite; NaN where there are not more of them than neighbours.
    """
    is_finite = np.isfinite(codes).all(1)
    codes, labels = codes[is_finite], labels[is_finite]
    if len(codes) <= neighbours:
        return float("nan")
    nearest = nearest_neighbours(codes, codes, neighbours + 1)
    own = are_own(nearest, np.arange(len(codes)), neighbours)
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

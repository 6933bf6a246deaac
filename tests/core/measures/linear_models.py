"""Models whose likelihoods and posteriors are known in closed form: linear decoders with squared error."""

import numpy as np
import torch

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

RECIPE = Recipe.from_dict(
    {
        "data": {"dataset": "tiny"},
        "model": {"latent": 2, "encoder": {"layers": [8]}, "decoder": {"layers": [8]}},
        "training": {"batch_size": 60, "epochs": 1, "device": "cpu"},
    }
)
LINEAR = {
    "model.output": "linear",
    "model.encoder.layers": (),
    "model.decoder.layers": (),
    "model.encoder.activation": "linear",
    "model.decoder.activation": "linear",
    "loss.reconstruction": "squared-error",
}


def snapshot_of(images, changes=()):
    """Give a model of a tiny recipe before any training."""
    return Trainer(RECIPE.with_changes(dict(changes)), images).snapshot()


class Linear:
    """A VAE that decodes z to W z + b: the posterior N(A⁻¹ 2Wᵀr, A⁻¹) with A = I + 2 WᵀW and r = x - b is known."""

    def __init__(self, images, weights, bias=None):
        latent = weights.shape[1]
        self.snapshot = snapshot_of(images, LINEAR | {"model.latent": latent})
        self.weights = np.asarray(weights, np.float64)
        self.bias = np.zeros(len(weights)) if bias is None else np.asarray(bias, np.float64)
        (decoder,) = (layer for layer in self.snapshot.model.decoder if isinstance(layer, torch.nn.Linear))
        decoder.weight.copy_(torch.from_numpy(self.weights))
        decoder.bias.copy_(torch.from_numpy(self.bias))
        self.precision = np.eye(latent) + 2 * self.weights.T @ self.weights

    def posterior(self, pixels):
        """Give log p of images (N, D), their means (N, L) and their covariance (L, L)."""
        residual = np.asarray(pixels, np.float64).reshape(len(pixels), -1) - self.bias
        pull = 2 * residual @ self.weights
        covariance = np.linalg.inv(self.precision)
        means = pull @ covariance
        log_p = 0.5 * ((means * pull).sum(1) - np.linalg.slogdet(self.precision)[1]) - (residual**2).sum(1)
        return log_p, means, covariance

"""The models, over any networks: a VAE, and a VAE conditioned on the label (CVAE).

One contract: `encode` gives mean and logvar, `decode` the output before its non-linearity, `pixels` images
in [0, 1]. Images go in as float32 (B, 1, H, W) in [0, 1]; the model scales them to its own range.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from latentlab.core import losses, networks
from latentlab.core.errors import LatentlabError
from latentlab.core.recipe import Recipe


class LossTerms(NamedTuple):
    """Reconstruction and KL of each image, float32 (B,), nats; their weighting is training's business."""

    reconstruction: Tensor
    kl: Tensor


class VAE(nn.Module):
    """Variational autoencoder (Kingma and Welling, 2014); with `classes`, conditional (Sohn et al., 2015).

    Parameters
    ----------
    recipe : Recipe
        Its ``model`` and ``loss`` sections.
    image_shape : tuple of int
        (H, W) in pixels.
    classes : int
        Number of classes of the data. A CVAE tells the label to the encoder as an extra input plane, made from
        its one-hot code by a linear layer, and joins the one-hot code to z.

    Raises
    ------
    LatentlabError
        When the networks do not fit the images, or a CVAE has no classes.
    """

    def __init__(self, recipe: Recipe, image_shape: tuple[int, int], classes: int) -> None:
        super().__init__()
        settings = recipe.model
        self.image_shape = image_shape
        self.latent = settings.latent
        self.classes = classes if settings.kind == "cvae" else 0
        if settings.kind == "cvae" and classes < 2:
            raise LatentlabError("A CVAE needs labels of at least two classes: choose other images, or a VAE recipe.")
        self._output = settings.output
        self._reconstruction = losses.bernoulli if recipe.loss.reconstruction == "bernoulli" else losses.squared_error
        self._applies_output = recipe.loss.reconstruction != "bernoulli"  # the Bernoulli loss takes logits

        height, width = image_shape
        self.encoder, features = networks.encoder(settings.encoder, 2 if self.classes else 1, image_shape)
        self.mean_head = nn.Linear(features, settings.latent)
        self.logvar_head = nn.Linear(features, settings.latent)
        self.decoder = networks.decoder(settings.decoder, settings.latent, self.classes, image_shape)
        if self.classes:
            self.label_plane = nn.Sequential(
                nn.Linear(self.classes, height * width), nn.Unflatten(1, (1, height, width))
            )

    def encode(self, images: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Give mean and logvar of the posterior q(z | x), each float32 (B, L)."""
        x = self._scaled(images)
        if self.classes:
            x = torch.cat([x, self.label_plane(self._one_hot(labels))], dim=1)
        features = self.encoder(x)
        return self.mean_head(features), self.logvar_head(features)

    def decode(self, codes: Tensor, labels: Tensor | None = None) -> Tensor:
        """Give the decoder's raw output, float32 (B, 1, H, W), for codes (B, L)."""
        if self.classes:
            codes = torch.cat([codes, self._one_hot(labels)], dim=1)
        output: Tensor = self.decoder(codes)
        return output

    def pixels(self, output: Tensor) -> Tensor:
        """Turn the decoder's raw output into images in [0, 1]."""
        return torch.sigmoid(output) if self._output == "sigmoid" else (torch.tanh(output) + 1) / 2

    def loss_terms(self, images: Tensor, labels: Tensor | None, noise: Tensor, seen: Tensor | None = None) -> LossTerms:
        """Give both terms of the negative ELBO, one sample of z per image.

        Kingma and Welling (2014), eq. 10 with L = 1, z = mean + exp(logvar / 2) * noise.

        Parameters
        ----------
        images : float32 (B, 1, H, W)
            In [0, 1].
        labels : int64 (B,) or None
            Used by a CVAE.
        noise : float32 (B, L)
            Standard normal; zeros put z at the mean.
        seen : float32 (B, 1, H, W), optional
            What the encoder sees in place of the images that the decoder is asked for: a denoising VAE (Im et al.,
            2017).
        """
        mean, logvar = self.encode(images if seen is None else seen, labels)
        codes = mean + torch.exp(0.5 * logvar) * noise
        return LossTerms(self.reconstruction_error(codes, images, labels), losses.kl(mean, logvar))

    def reconstruction_error(self, codes: Tensor, images: Tensor, labels: Tensor | None) -> Tensor:
        """Give the reconstruction term of each image, float32 (B,), nats, for given codes (B, L)."""
        output = self.decode(codes, labels)
        if self._applies_output:
            output = torch.sigmoid(output) if self._output == "sigmoid" else torch.tanh(output)
        return self._reconstruction(output, self._scaled(images))

    def _scaled(self, images: Tensor) -> Tensor:
        return images if self._output == "sigmoid" else images * 2 - 1

    def _one_hot(self, labels: Tensor | None) -> Tensor:
        if labels is None:
            raise ValueError("a CVAE needs labels")
        return networks.one_hot(labels, self.classes)

"""A VAE over any networks, and one that is conditioned on the label (CVAE): what they have beside an autoencoder."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentlab.core.models import losses
from latentlab.core.models.autoencoders import Autoencoder, LossTerms
from latentlab.core.models.modes import Modes
from latentlab.core.models.places import Places
from latentlab.core.models.prior import STANDARD_NORMAL, Mixture, Prior
from latentlab.core.recipe.recipe import Recipe

_NO_LABEL = -1
_GUIDES = 64  # hidden units of what tells the label from z
_EDGE_OF_PSEUDO_INPUTS = 0.05  # from which they can still go either way


class VAE(Autoencoder):
    """Variational autoencoder (Kingma and Welling, 2014); with `classes`, conditional (Sohn et al., 2015).

    A CVAE tells the label to the encoder as an extra input plane, made from its one-hot code by a linear layer, and
    joins the one-hot code to z.

    Attributes
    ----------
    fixed_prior : Prior or None
        Of a model that learns no more, in the place of what `prior` would work out.
    """

    is_variational = True

    def __init__(
        self, recipe: Recipe, image_shape: tuple[int, int, int], classes: int = 0, guiding_classes: int = 0
    ) -> None:
        super().__init__(recipe, image_shape, classes)
        self.logvar_head = nn.Linear(self._feature_count, self.latent)
        self._guidance = recipe.loss.labels
        if self._guidance:
            self.label_head = nn.Sequential(
                nn.Linear(self.latent, _GUIDES), nn.GELU(), nn.Linear(_GUIDES, guiding_classes)
            )
        self._free_bits = recipe.loss.free_bits
        self.fixed_prior: Prior | None = None
        self.has_pseudo_inputs = recipe.model.prior == "vamp"
        if self.has_pseudo_inputs:
            self.pseudo_inputs = nn.Parameter(torch.zeros(recipe.model.components, *image_shape))  # logits

    def begin_prior(self, images: Tensor) -> None:
        """Have pseudo-inputs start from images (K, C, H, W) in [0, 1]."""
        if self.has_pseudo_inputs:
            with torch.no_grad():
                self.pseudo_inputs.copy_(torch.logit(images, _EDGE_OF_PSEUDO_INPUTS))

    def prior(self) -> Prior:
        """Give p(z): the standard normal, or the mixture of the posteriors of pseudo-inputs, or what was fitted.

        Tomczak and Welling (2018), eq. 9; pixels of a pseudo-input are a sigmoid of what is learned.
        """
        if self.fixed_prior is not None:
            return self.fixed_prior
        if not self.has_pseudo_inputs:
            return STANDARD_NORMAL
        return Mixture.of_posteriors(*self.encode(torch.sigmoid(self.pseudo_inputs)))

    def encode(self, images: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Give mean and logvar of the posterior q(z | x), each float32 (B, L)."""
        mean, logvar, _, _ = self._encoded(images, labels)
        return mean, logvar

    def _encoded(self, images: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """Give mean and logvar, what of logvar is not of the places, and what the encoder has told of places."""
        features = self._features(images, labels)
        logvar = self.logvar_head(features).float()
        if not isinstance(self.mean_head, Places):
            return self.mean_head(features).float(), logvar, logvar, None
        logits = self.mean_head.logits(features)
        mean, more = self.mean_head.read(logits, self.mean_head.likeliest(logits))
        return mean, logvar + more, logvar, logits

    def loss_terms(
        self,
        images: Tensor,
        labels: Tensor | None,
        noise: Tensor | None,
        seen: Tensor | None = None,
        average: Callable[[Tensor], Tensor] | None = None,
        modes: Modes | None = None,
    ) -> LossTerms:
        """Give the terms of the negative ELBO, one sample of z per image.

        Kingma and Welling (2014), eq. 10 with L = 1, z = mean + exp(logvar / 2) * noise; none puts z at the mean. The
        KL from a mixture prior is that of the same sample: see `Prior.kl`. Parameters as of an autoencoder; with `seen`
        a denoising VAE (Im et al., 2017). With `modes` the posterior of an image whose mean lies away from its mode is
        put there to learn from. The terms that are told stay the encoder's, without that; what is minimised of them is
        the other's, as the guidance has the difference, and how far the mean lies away.
        """
        seen = images if seen is None else seen
        mean, logvar, of_all_places, logits = self._encoded(seen, labels)
        if modes is None:
            codes, error, kl = self._sampled(images, labels, mean, logvar, noise)
            told_kl, more = kl, codes.new_zeros(())
        else:
            with torch.no_grad():
                found = self.prior().log_density(mean) - self.error(self.decode(mean, labels), images)
                found -= self.guidance(mean, labels)
                _, told_error, told_kl = self._sampled(images, labels, mean, logvar, noise)
            if logits is None or not isinstance(self.mean_head, Places):
                mean, pull = modes.teach(mean, found)
            else:
                mean, of_places, pull = modes.teach_places(self.mean_head, logits, mean, found)
                logvar = of_all_places + of_places
            codes, error, kl = self._sampled(images, labels, mean, logvar, noise)
            difference = (error - told_error).detach()
            error, more = error - difference, pull + difference
        penalised = losses.penalised_kl(mean, logvar, self._free_bits, average) if self._free_bits else kl
        guidance = self.guidance(codes, labels) + more
        return LossTerms(error, told_kl, self._penalty(mean, seen, labels, noise), penalised, guidance)

    def _sampled(
        self, images: Tensor, labels: Tensor | None, mean: Tensor, logvar: Tensor, noise: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Give a sample of each posterior, the error of the image that it is decoded to, and the KL."""
        codes = mean if noise is None else mean + torch.exp(0.5 * logvar) * noise
        return codes, self.error(self.decode(codes, labels), images), self.prior().kl(mean, logvar, noise)

    def guidance(self, codes: Tensor, labels: Tensor | None) -> Tensor:
        """Give what `loss.labels` adds to what training minimises: the cross-entropy of the label told from z.

        Kingma et al. (2014), eq. 9, have such a term, of a classifier of the image; one of z moves the codes of a class
        together.

        Parameters
        ----------
        codes : float32 (B, L)
        labels : int64 (B,) or None
            -1 for images without one, which add nothing.

        Returns
        -------
        float32 (B,)
            Nats, times its weight; 0 where the recipe has none, and outside of training, where no label is told.
        """
        if not self._guidance or not self.training or labels is None:
            return codes.new_zeros(len(codes))
        told = F.cross_entropy(self.label_head(codes), labels, ignore_index=_NO_LABEL, reduction="none")
        return self._guidance * told.float()

    def guidance_of_classes(self, codes: Tensor) -> Tensor | None:
        """Give what `guidance` would be of each class, float32 (B, classes); None where the recipe has none."""
        if not self._guidance:
            return None
        told: Tensor = self.label_head(codes)
        return -self._guidance * told.float().log_softmax(1)

    def importance_weighted(
        self, images: Tensor, labels: Tensor | None, noise: Tensor, seen: Tensor, beta: float
    ) -> tuple[LossTerms, Tensor]:
        """Give the terms of the negative ELBO, K samples of z per image, and the bound in which these are weighed.

        Burda et al. (2016), eq. 8: -log 1/K Σ p(x, z) / q(z | x), the logarithms of p(z) / q(z | x) times beta.

        Parameters
        ----------
        images, labels, seen
            As of `loss_terms`.
        noise : float32 (K, B, L)
            Standard normal.
        beta : float
            1 for the bound itself.

        Returns
        -------
        LossTerms
            Float32 (B,) each, the reconstruction a mean over the samples.
        float32 (B,)
            The importance-weighted bound of -log p(x), nats.
        """
        mean, logvar = self.encode(seen, labels)
        codes = mean + torch.exp(0.5 * logvar) * noise
        several = None if labels is None else labels.repeat(len(noise))
        target = images.expand(len(noise), *images.shape).flatten(0, 1)
        errors = self.error(self.decode(codes.flatten(0, 1), several), target).view(noise.shape[:2])
        prior = self.prior()
        ratios = prior.log_ratio(codes, noise, logvar)
        bound = math.log(len(noise)) - torch.logsumexp(beta * ratios - errors, 0)
        kl = prior.kl(mean, logvar, noise)
        penalty, guidance = self._penalty(mean, seen, labels, noise[0]), torch.zeros_like(kl)
        return LossTerms(errors.mean(0), kl, penalty, kl, guidance), bound

"""Integrals of likelihoods: against closed forms of linear models, sums over fine grids, and each other."""

import numpy as np
import pytest
import torch

from latentlab.core.measures import quadrature
from latentlab.core.measures.quadrature import integrate
from latentlab.core.progress import GivenUp, watched


class Linear:
    """Decodes z to W z + b, with squared error: what is Gaussian throughout has closed forms.

    Of an image less b, r, the exponent is -(z'Az)/2 + 2 r'Wz - r'r with A = I + 2 W'W: complete the square.
    """

    def __init__(self, weights, bias):
        self._weights, self._bias = (torch.tensor(each, dtype=torch.float32) for each in (weights, bias))

    def decode(self, codes):
        return (codes @ self._weights.T + self._bias)[:, None, None]

    def error_of_each(self, output, images):
        return (images.flatten(1)[:, None] - output.flatten(1)).square().sum(2)

    def closed_form(self, images):
        """Give log p of each image, and the mean of its posterior."""
        weights, residual = self._weights.double().numpy(), (images.flatten(1) - self._bias).double().numpy()
        precision, pull = np.eye(weights.shape[1]) + 2 * weights.T @ weights, 2 * residual @ weights
        means = pull @ np.linalg.inv(precision)
        log_p = 0.5 * ((means * pull).sum(1) - np.linalg.slogdet(precision)[1]) - (residual**2).sum(1)
        return log_p, means.astype(np.float32)


class Spots:
    """Likelihoods that are spots of a breadth in the latent space, whatever the image."""

    def __init__(self, places, deviation):
        self._places, self._deviation = torch.tensor(places, dtype=torch.float32), deviation

    def decode(self, codes):
        squares = (codes[:, None] - self._places).double().square().sum(2) / (2 * self._deviation**2)
        return -torch.logsumexp(-squares, 1)[:, None, None, None]

    def error_of_each(self, output, images):
        return output.flatten().expand(len(images), -1).float()

    def closed_form(self):
        """Give the logarithm of the sum of both Gaussians' products with the prior, exactly."""
        latent, places = self._places.shape[1], self._places.double().numpy()
        variance = 1 + self._deviation**2
        logs = latent * np.log(self._deviation) - 0.5 * latent * np.log(variance) - (places**2).sum(1) / (2 * variance)
        return np.logaddexp.reduce(logs)


def linear(latent, scale, count=7):
    random = np.random.default_rng(latent)
    model = Linear(scale * random.normal(size=(5, latent)), random.normal(size=5))
    codes = torch.from_numpy(random.normal(size=(count, latent)).astype(np.float32))
    return model, model.decode(codes) + 0.3 * torch.from_numpy(random.normal(size=(count, 1, 1, 5))).float()


@pytest.mark.parametrize("latent", [1, 2, 3])
@pytest.mark.parametrize("scale", [0.0, 0.3, 3.0, 30.0])  # posteriors as broad as the prior, and of a hundredth of it
def test_the_integral_of_a_linear_decoder_is_that_of_a_gaussian(latent, scale):
    model, images = linear(latent, scale)
    log_p, means = model.closed_form(images)
    found = integrate(model, images, means)
    assert (found.error < quadrature.ERROR).all()
    assert (abs(found.log - log_p) <= found.error + 1e-3).all()  # the error that is told is one


@pytest.mark.parametrize("deviation", [0.2, 0.02, 0.004])
def test_every_place_that_an_image_may_have_counts(deviation):
    """The encoder says one of three."""
    model = Spots([[0.513, -1.207], [-1.731, 0.404], [2.02, 1.99]], deviation)
    found = integrate(model, torch.zeros(2, 1, 1, 1), np.array([[0.513, -1.207]] * 2, np.float32))
    assert found.log == pytest.approx([model.closed_form()] * 2, abs=quadrature.ERROR)
    assert (found.error < quadrature.ERROR).all()


@pytest.mark.parametrize("deviation", [0.002, 0.0005])
def test_a_spot_between_the_points_of_the_first_look_is_found_where_the_encoder_says(deviation):
    model = Spots([[0.5391, -1.2344]], deviation)
    found = integrate(model, torch.zeros(1, 1, 1, 1), np.array([[0.54, -1.23]], np.float32))
    assert found.log == pytest.approx([model.closed_form()], abs=quadrature.ERROR)


def test_it_is_integrated_as_far_as_codes_reach():
    model = Spots([[9.0, -0.3]], 0.1)
    found = integrate(model, torch.zeros(1, 1, 1, 1), np.array([[9.0, -0.3]], np.float32))
    assert found.log == pytest.approx([model.closed_form()], abs=quadrature.ERROR)


def test_what_cannot_be_known_so_well_is_said(monkeypatch):
    monkeypatch.setattr(quadrature, "_MOST_SPLITS", 0)
    monkeypatch.setattr(quadrature, "_MOST_CELLS", {2: 1})
    model = Spots([[0.513, -1.207], [-1.731, 0.404]], 0.01)
    found = integrate(model, torch.zeros(1, 1, 1, 1), np.array([[0.513, -1.207]], np.float32))
    assert found.error > quadrature.ERROR
    assert abs(found.log - model.closed_form()) <= found.error


def test_images_are_integrated_alone_as_together(monkeypatch):
    model, images = linear(2, 3.0)
    _, means = model.closed_form(images)
    together = integrate(model, images, means)
    monkeypatch.setattr(quadrature, "_AT_ONCE", 1)
    alone = integrate(model, images, means)
    np.testing.assert_allclose(alone.log, together.log, atol=1e-4)


def test_it_says_how_far_it_is_and_ends_where_nobody_waits():
    model, images = linear(2, 3.0)
    _, means = model.closed_form(images)
    told = []
    with watched(told.append, lambda: False):
        integrate(model, images, means)
    assert told == sorted(told)
    assert 0 <= told[0] < 0.3 < told[-1] <= 1
    with watched(told.append, lambda: True), pytest.raises(GivenUp):
        integrate(model, images, means)


class Uneven:
    """A broad Gaussian and a narrow one of the same mass, in places where neither is seen beside the other."""

    PLACES, DEVIATIONS = np.array([[0.7, 0.7], [-0.75, -0.75]]), np.array([0.05, 0.005])

    def decode(self, codes):
        squares = (codes[:, None].double() - torch.from_numpy(self.PLACES)).square().sum(2)
        deviations = torch.from_numpy(self.DEVIATIONS)
        logs = -squares / (2 * deviations**2) - 2 * deviations.log()
        return -torch.logsumexp(logs, 1)[:, None, None, None]

    def error_of_each(self, output, images):
        return output.flatten().expand(len(images), -1).float()

    def closed_form(self):
        variances = 1 + self.DEVIATIONS**2
        return np.logaddexp.reduce(-np.log(variances) - (self.PLACES**2).sum(1) / (2 * variances))


def test_a_peak_that_hides_between_the_points_of_the_first_look_is_found():
    points = (np.arange(256) + 0.5) * 12 / 256 - 6
    hidden = Uneven.PLACES[1]
    assert np.linalg.norm(hidden - points[np.abs(points - hidden[0]).argmin()]) > 6 * Uneven.DEVIATIONS[1]
    found = integrate(Uneven(), torch.zeros(1, 1, 1, 1), np.float32([[0.7, 0.7]]))
    np.testing.assert_allclose(found.log, Uneven().closed_form(), atol=0.01)
    assert found.error < 0.01

"""The true posterior on the plane of the map: where it lies there, along other axes too, and what the encoder says."""

import weakref

import numpy as np
import pytest

from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import Projection, fit
from latentlab.core.map.true_posterior import KeptTable, Subject, find, look, measure, on_plane
from latentlab.core.measures import posterior_table
from latentlab.core.measures.posterior_table import PosteriorTable
from latentlab.core.models.operations import Operations
from tests.core.measures.linear_models import Linear, snapshot_of

HALF = np.sqrt(0.5)
TURNED = Projection(np.float32([0.3, -0.2]), np.float32([[HALF, HALF], [HALF, -HALF]]), ("a", "b"))


def model_of(snapshot, projection=None):
    means = np.zeros((3, snapshot.latent), np.float32)
    projection = projection or fit(means)
    return MapUpdate("r", 1.0, snapshot, means, np.full(3, -1), projection, None, None, Operations(0, 0))


@pytest.fixture(scope="module")
def slanted(tiny_images):
    random = np.random.default_rng(3)
    directions = np.linalg.qr(random.normal(size=(28 * 28, 2)))[0]
    model = Linear(tiny_images, directions @ np.array([[12.0, 9.0], [-2.4, 3.2]]), random.uniform(size=28 * 28))
    image = (model.weights @ [0.37, -1.13] + model.bias).astype(np.float32).reshape(1, 28, 28)
    return model, Subject("point", 0, image, None)


@pytest.mark.parametrize("projection", [None, TURNED])
def test_contours_lie_where_the_gaussian_of_a_linear_model_has_them(slanted, projection):
    linear, subject = slanted
    (log_p,), (mean,), covariance = linear.posterior([subject.image])
    model, kept = model_of(linear.snapshot, projection), KeptTable()
    plane = model.projection
    found = on_plane(model, kept, find(model, kept, subject))
    assert found.log_p == pytest.approx(log_p, abs=0.01)
    np.testing.assert_allclose(found.modes, [plane.position(mean)], atol=5e-3)
    precision = np.linalg.inv(plane.directions @ covariance @ plane.directions.T)
    for pieces, share in zip(found.lines, (0.5, 0.9, 0.99), strict=True):
        away = (pieces - plane.position(mean)).reshape(-1, 2)
        squares = np.einsum("ki,ij,kj->k", away, precision, away)
        # Of a Gaussian of two dimensions the share 1 - exp(-r²/2) lies within r deviations.
        np.testing.assert_allclose(squares, -2 * np.log(1 - share), rtol=0.1)
    for shade in found.shades:
        corner, along, up = shade.corners
        assert (along - corner) @ (up - corner) == pytest.approx(0, abs=1e-9)
        assert shade.strength.min() >= 0
    assert max(shade.strength.max() for shade in found.shades) == pytest.approx(1)


def test_the_encoder_and_the_best_gaussian_stand_beside_it(slanted):
    linear, subject = slanted
    model, kept = model_of(linear.snapshot), KeptTable()
    first = look(model, kept, subject)
    rough = on_plane(model, kept, first)
    assert rough.lines == ()
    assert rough.best is None
    mean, deviation = linear.snapshot.posterior(subject.image[None])
    assert rough.encoded == pytest.approx(mean[0])
    np.testing.assert_allclose(rough.covariance, np.diag(deviation[0] ** 2), rtol=1e-5)
    (_,), (true,), _ = linear.posterior([subject.image])
    assert rough.is_elsewhere == (np.linalg.norm((true - mean[0]) / deviation[0]) > 3)
    measured = measure(model, kept, find(model, kept, subject))
    best = on_plane(model, kept, measured)
    assert best.best == pytest.approx(true, abs=0.02)
    np.testing.assert_allclose(best.best_covariance, np.diag(1 / np.diag(linear.precision)), rtol=0.1)
    assert measured.gaps.amortisation > 0


def test_what_is_seen_of_it_is_decoded_to_the_scale_of_the_view(slanted):
    linear, subject = slanted
    model, kept = model_of(linear.snapshot, TURNED), KeptTable()
    found = find(model, kept, subject)
    ((x, y),) = on_plane(model, kept, found).modes
    seen = on_plane(model, kept, found, (x - 0.01, x + 0.01, y - 0.01, y + 0.01), 0.02 / 500)
    for shade in seen.shades:
        for axis, count in zip(shade.corners[1:] - shade.corners[0], shade.strength.shape, strict=True):
            assert np.linalg.norm(axis) / (count - 1) <= 4.5 * 0.02 / 500 or count == 67  # more would take too long
            assert np.linalg.norm(axis) <= 0.03
    wide = on_plane(model, kept, found, (-4, 4, -4, 4), 8 / 500)
    assert [len(shade.strength) for shade in wide.shades] == [len(p.log_density) for p in found.posterior.patches]


def test_a_table_is_kept_until_the_model_or_the_label_is_another(tiny_images):
    model, kept = model_of(snapshot_of(tiny_images, {"model.kind": "cvae"})), KeptTable()
    table = kept.of(model, 1)
    assert kept.of(model, 1) is table
    other = kept.of(model, 2)
    assert other is not table
    assert kept.of(model_of(snapshot_of(tiny_images)), 2) is not other
    kept.of(model, 2)
    gone = weakref.ref(other)
    del other
    kept.drop()
    assert gone() is None


def test_a_table_that_is_dropped_while_it_is_made_is_not_kept(tiny_images, monkeypatch):
    model, kept = model_of(snapshot_of(tiny_images)), KeptTable()
    made = 0

    def make(*arguments):
        nonlocal made
        made += 1
        if made == 1:
            kept.drop()
        return PosteriorTable(*arguments)

    monkeypatch.setattr(posterior_table, "PosteriorTable", make)
    for expected in (1, 2, 2):  # the first is gone as soon as whoever asked for it has done with it
        kept.of(model, None)
        assert made == expected


def test_a_table_that_somebody_else_keeps_of_the_same_model_is_shared(tiny_images):
    model, mine, theirs = model_of(snapshot_of(tiny_images)), KeptTable(), KeptTable()
    assert mine.of(model, None) is theirs.of(model, None)
    theirs.drop()
    assert mine.of(model, None) is not None


def test_of_one_dimension_it_lies_along_a_line(tiny_images):
    model, kept = model_of(snapshot_of(tiny_images, {"model.latent": 1})), KeptTable()
    subject = Subject("point", 0, np.full((1, 28, 28), 0.3, np.float32), None)
    found = on_plane(model, kept, find(model, kept, subject))
    assert found.is_line
    assert all(shade.strength.shape[1] == 1 for shade in found.shades)
    assert all(len(pieces) == 0 for pieces in found.lines)
    assert (found.modes[:, 1] == 0).all()


def test_what_has_more_dimensions_says_so(tiny_images):
    model = model_of(snapshot_of(tiny_images, {"model.latent": 4}))
    with pytest.raises(LatentlabError, match="1 or 2 latent dimensions"):
        look(model, KeptTable(), Subject("point", 0, np.zeros((1, 28, 28), np.float32), None))


def test_a_table_that_somebody_keeps_is_not_decoded_again_and_goes_with_the_last(slanted):
    linear, _ = slanted
    model, first, second = model_of(linear.snapshot), KeptTable(), KeptTable()
    table = weakref.ref(first.of(model, None))
    assert second.of(model, None) is table()
    first.drop()
    assert second.of(model, None) is table()
    second.drop()
    assert table() is None

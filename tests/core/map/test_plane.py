"""The plane of the map along chosen axes: dimensions, components, lines between images and between classes."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from latentlab.core.map.axes import (
    AxesError,
    AxesPending,
    BetweenClasses,
    BetweenImages,
    Component,
    Dimension,
    PlaneAxes,
    axis_name,
)
from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.plane import components_for, is_quick, map_along, projection_of, still_shown
from latentlab.core.map.projection import fit

NAMES = ("zero", "one", "two")


class Model:
    """Stands in for a snapshot: of it only the shape counts here."""

    class_names = NAMES

    def __init__(self, latent):
        self.latent = latent


@pytest.fixture(scope="module")
def mapped(tiny_model):
    """Give a map with random codes of so many dimensions, turned and stretched."""

    def give(latent, count=90, seed=0, **changes):
        random = np.random.default_rng(seed)
        turn, _ = np.linalg.qr(random.normal(size=(latent, latent)))
        codes = random.normal(size=(count, latent)) * np.geomspace(3, 0.3, latent) @ turn
        means = (codes + random.normal(size=latent)).astype(np.float32)
        labels = random.integers(0, len(NAMES), count)
        labels[:4] = 0, 1, 2, -1
        facts = {"snapshot": Model(latent), "means": means, "labels": labels, "images": None, "deviations": None}
        facts |= {"projection": fit(means), "ids": ImageIds.unknown()}
        return dataclasses.replace(tiny_model(), **facts | changes)

    return give


def any_axis(latent, count=90):
    """Draw an axis that a map may have."""
    pairs = st.permutations(range(3)).map(lambda order: order[:2])
    rows = st.lists(st.integers(0, count - 1), min_size=2, max_size=2, unique=True)
    return st.one_of(
        st.integers(0, latent - 1).map(Dimension),
        st.integers(0, min(latent, 10) - 1).map(Component),
        rows.map(lambda pair: BetweenImages(*pair)),
        pairs.map(lambda pair: BetweenClasses(*pair)),
    )


def direction(axis, model):
    """Give the direction of an axis by its definition: a unit vector (L,)."""
    codes = model.means.astype(np.float64)
    match axis:
        case Dimension(index):
            return np.eye(codes.shape[1])[index]
        case Component(index):
            return PCA().fit(codes).components_[index]
        case BetweenImages(start, end):
            found = codes[end] - codes[start]
        case BetweenClasses(start, end):
            found = codes[model.labels == end].mean(0) - codes[model.labels == start].mean(0)
    return found / np.linalg.norm(found)


@given(st.data(), st.sampled_from([1, 2, 3, 20]), st.integers(0, 3))
def test_directions_are_orthonormal_and_the_second_is_what_is_left_of_its_axis(mapped, data, latent, seed):
    model = mapped(latent, seed=seed)
    axes = PlaneAxes(data.draw(any_axis(latent)), data.draw(any_axis(latent)))
    if latent > 1 and abs(direction(axes.x, model) @ direction(axes.y, model)) > 1 - 1e-6:
        with pytest.raises(AxesError, match="same way"):
            projection_of(axes, model)
        return
    plane = projection_of(axes, model)
    assert plane.origin.dtype == plane.directions.dtype == np.float32
    assert plane.directions.shape == (2, latent)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.diag([1, latent > 1]), atol=1e-5)
    if latent > 1:  # the axis that was chosen for y lies in the plane, on the side of its arrow
        inside = plane.directions @ direction(axes.y, model)
        assert np.linalg.norm(inside) == pytest.approx(1, abs=1e-4)
        assert inside[1] > 0 or isinstance(axes.y, Component)  # whose sign is arbitrary
        np.testing.assert_allclose(np.abs(plane.directions[0] @ direction(axes.x, model)), 1, atol=1e-4)
        assert ("orthogonal to x" in plane.axes[1]) == (abs(inside[0]) > 1e-3)


def test_what_is_left_of_an_axis_that_is_nearly_the_same_is_orthogonal_to_it(mapped):
    plane = projection_of(PlaneAxes(Component(0), BetweenImages(42, 38)), mapped(2, seed=2))
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-6)


def test_the_default_is_what_the_map_does_by_itself(mapped):
    for latent in (1, 2, 20):
        model = mapped(latent)
        assert projection_of(PlaneAxes(), model) is model.projection
    same = projection_of(PlaneAxes(Component(0), Component(1)), model)
    np.testing.assert_allclose(same.directions, model.projection.directions, atol=1e-5)
    np.testing.assert_allclose(same.origin, model.projection.origin, atol=1e-4)
    assert same.axes == model.projection.axes


def test_dimensions_keep_their_values(mapped):
    model = mapped(20)
    plane = projection_of(PlaneAxes(Dimension(6), Dimension(2)), model)
    np.testing.assert_array_equal(plane.to_plane(model.means), model.means[:, [6, 2]])
    assert not plane.origin.any()
    assert plane.axes == ("z₇", "z₃")
    swapped = projection_of(PlaneAxes(Dimension(1), Dimension(0)), mapped(2))
    np.testing.assert_array_equal(swapped.to_plane(mapped(2).means), mapped(2).means[:, ::-1])


@pytest.mark.parametrize("latent", [2, 3, 20])
def test_components_are_those_of_pca(mapped, latent):
    model = mapped(latent)
    x, y = latent - 1 if latent < 10 else 4, 0
    plane = projection_of(PlaneAxes(Component(x), Component(y)), model)
    pca = PCA().fit(model.means.astype(np.float64))
    expected = pca.transform(model.means.astype(np.float64))[:, [x, y]]
    positions = plane.to_plane(model.means)
    np.testing.assert_allclose(positions * np.sign((positions * expected).sum(0)), expected, atol=1e-3)
    shares = pca.explained_variance_ratio_
    assert plane.axes == (f"PC {x + 1} ({shares[x]:.0%} of variance)", f"PC 1 ({shares[0]:.0%} of variance)")
    np.testing.assert_allclose(plane.origin, model.means.mean(0), atol=1e-4)


def test_both_images_lie_on_the_plane_and_a_at_zero(mapped):
    model = mapped(20)
    a, b = model.means[[7, 30]]
    for y in (Dimension(3), Component(2), BetweenClasses(0, 1)):
        plane = projection_of(PlaneAxes(BetweenImages(7, 30), y), model)
        positions = plane.to_plane(model.means[[7, 30]])
        np.testing.assert_allclose(positions[:, 0], [0, np.linalg.norm(b - a)], atol=1e-4)
        assert positions[0, 1] == pytest.approx(positions[1, 1], abs=1e-4)
        np.testing.assert_allclose(plane.origin + positions @ plane.directions, [a, b], atol=1e-4)
    assert plane.axes == ("A → B", "zero → one, orthogonal to x")
    plane = projection_of(PlaneAxes(Dimension(3), BetweenImages(7, 30)), model)
    positions = plane.to_plane(model.means[[7, 30]])
    np.testing.assert_allclose(positions[:, 0], [a[3], b[3]], atol=1e-4)
    across = np.delete(b - a, 3)
    np.testing.assert_allclose(positions[:, 1], [0, np.linalg.norm(across)], atol=1e-4)
    np.testing.assert_allclose(plane.origin + positions @ plane.directions, [a, b], atol=1e-4)


def test_three_images_span_a_plane(mapped):
    model = mapped(20)
    plane = projection_of(PlaneAxes(BetweenImages(1, 2), BetweenImages(1, 3, ("A", "C"))), model)
    positions = plane.to_plane(model.means[[1, 2, 3]])
    np.testing.assert_allclose(positions[0], 0, atol=1e-4)
    np.testing.assert_allclose(plane.origin + positions @ plane.directions, model.means[[1, 2, 3]], atol=1e-4)
    assert plane.axes == ("A → B", "A → C, orthogonal to x")


def test_a_way_between_classes_leads_from_mean_to_mean(mapped):
    model = mapped(5)
    start, end = (model.means[model.labels == label].mean(0) for label in (2, 0))
    plane = projection_of(PlaneAxes(BetweenClasses(2, 0), Component(0)), model)
    positions = plane.to_plane(np.stack([start, end]))
    np.testing.assert_allclose(positions[:, 0], [0, np.linalg.norm(end - start)], atol=1e-4)
    np.testing.assert_allclose(plane.origin + positions @ plane.directions, [start, end], atol=1e-4)
    assert plane.axes[0] == "two → zero"


def test_a_code_of_one_dimension_has_no_second_axis(mapped):
    model = mapped(1)
    for x in (Dimension(0), Component(0), BetweenImages(3, 4), BetweenClasses(0, 1)):
        plane = projection_of(PlaneAxes(x, Dimension(0)), model)
        assert abs(plane.directions[0, 0]) == 1
        assert not plane.directions[1].any()
        assert plane.axes[1] == ""
        assert not plane.to_plane(model.means)[:, 1].any()
    assert PlaneAxes().pair(1) == (Dimension(0), None)


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        (PlaneAxes(Dimension(7), Dimension(0)), "2 dimensions has no z₈"),
        (PlaneAxes(Dimension(0), Component(2)), "2 dimensions has no PC 3"),
        (PlaneAxes(Dimension(1), Dimension(1)), "same way"),
        (PlaneAxes(BetweenImages(0, 90), Dimension(1)), "does not show the images"),
        (PlaneAxes(BetweenImages(5, 5), Dimension(1)), "A and B have the same code"),
        (PlaneAxes(BetweenClasses(0, 3), Dimension(1)), "no such classes"),
        (PlaneAxes(BetweenClasses(1, 1), Dimension(1)), "one and one have the same code"),
    ],
)
def test_axes_that_are_not_there_are_refused_in_a_sentence(mapped, axes, said):
    with pytest.raises(AxesError, match=said) as caught:
        projection_of(axes, mapped(2))
    assert str(caught.value).endswith(".")


def test_a_class_that_the_map_does_not_show_is_told(mapped):
    model = mapped(3)
    with pytest.raises(AxesError, match="no image of the class one"):
        projection_of(
            PlaneAxes(BetweenClasses(0, 1), Dimension(0)), dataclasses.replace(model, labels=model.labels * 0)
        )


def test_codes_without_variance_have_no_components(mapped):
    model = mapped(3, means=np.ones((9, 3), np.float32))
    with pytest.raises(AxesError, match="no principal components"):
        components_for(PlaneAxes(Component(0)), model)


def test_images_that_are_not_encoded_yet_are_waited_for(mapped):
    model = mapped(3)
    means = model.means.copy()
    means[7] = np.nan
    axes = PlaneAxes(BetweenImages(7, 8), Dimension(0))
    with pytest.raises(AxesError, match="finite"):
        projection_of(axes, dataclasses.replace(model, means=means))
    with pytest.raises(AxesPending):
        projection_of(axes, dataclasses.replace(model, means=means, pending=1))
    classes = PlaneAxes(BetweenClasses(0, 1), Dimension(0))
    assert np.isfinite(projection_of(classes, dataclasses.replace(model, means=means)).directions).all()
    means[model.labels == 0] = np.nan
    with pytest.raises(AxesPending):
        projection_of(classes, dataclasses.replace(model, means=means, pending=1))


def test_components_keep_their_sign_while_a_model_trains(mapped):
    model, random = mapped(6), np.random.default_rng(1)
    axes, known, first = PlaneAxes(Component(2), Component(0)), None, None
    for _ in range(25):
        means = model.means + random.normal(0, 0.02, model.means.shape).astype(np.float32)
        model = dataclasses.replace(model, means=means, projection=fit(means, model.projection))
        known = components_for(axes, model, known)
        positions = projection_of(axes, model, known).to_plane(means)
        first = positions if first is None else first
        assert (first * positions).sum(0).min() > 0
    # Signs are free but for what came before.
    flipped = dataclasses.replace(known, directions=-known.directions)
    again = components_for(axes, model, flipped).directions
    np.testing.assert_allclose(again[:2], known.directions[:2], atol=1e-6)  # as the map by itself draws them
    np.testing.assert_allclose(again[2:], -known.directions[2:], atol=1e-6)


def test_components_of_many_codes_are_those_of_a_sample(mapped):
    model = mapped(4, count=20_000)
    whole = PCA(4).fit(model.means).components_
    sample = components_for(PlaneAxes(Component(3)), model)
    shared = np.abs((whole * sample.directions).sum(1))
    assert (shared > 0.99).all()
    assert shared.min() < 1 - 1e-6
    assert np.array_equal(components_for(PlaneAxes(Component(3)), model).directions, sample.directions)


def test_directions_follow_the_images_of_a_model_that_trains(mapped):
    model = mapped(4)
    axes = PlaneAxes(BetweenImages(0, 1), Dimension(0))
    moved = model.means.copy()
    moved[1] += 5
    moved = dataclasses.replace(model, means=moved)
    positions = projection_of(axes, moved).to_plane(moved.means[:2])
    assert positions[1, 0] == pytest.approx(np.linalg.norm(moved.means[1] - moved.means[0]), abs=1e-4)


def test_axes_are_named_after_what_is_selected_now():
    axes = PlaneAxes(BetweenImages(40, 7), Dimension(2))
    assert axes.named_after(np.array([7, 40])).x == BetweenImages(40, 7, ("B", "A"))
    assert axis_name(axes.named_after(np.array([40])).x, ()) == "A → image 7"
    assert axes.rows() == (40, 7)
    beyond = np.arange(40)
    assert axis_name(axes.named_after(beyond).x, ()) == "image 40 → H"
    assert axis_name(PlaneAxes(BetweenImages(13, 12)).named_after(beyond).x, ()) == "image 13 → image 12"


def test_images_of_an_axis_are_known_again_on_another_map(mapped, tiny_model):
    axes = PlaneAxes(BetweenImages(3, 50), Dimension(0))
    first = tiny_model()
    rows = first.ids.rows

    def shows(*numbers):
        return dataclasses.replace(first, ids=ImageIds.of(first.ids.fingerprint, np.array(numbers, np.int64)))

    assert still_shown(axes, first, shows(*rows))
    assert not still_shown(axes, first, shows(*rows[:50], rows[49], *rows[51:]))
    assert not still_shown(axes, first, shows(*rows[1:]))
    assert not still_shown(axes, first, shows(*rows[:50]))
    assert not still_shown(axes, first, mapped(2, count=50))
    nameless = dataclasses.replace(first, ids=ImageIds.unknown())
    assert still_shown(axes, nameless, nameless)
    assert not still_shown(axes, nameless, first)
    assert still_shown(PlaneAxes(Dimension(0)), first, nameless)


def test_large_maps_are_not_laid_out_at_once(mapped):
    def of(count, latent):
        return mapped(3, means=np.zeros((count, latent), np.float32), snapshot=Model(latent), projection=None)

    assert is_quick(PlaneAxes(), of(10_000, 20))
    assert is_quick(PlaneAxes(Component(4)), of(10_000, 20))
    assert not is_quick(PlaneAxes(), of(1_000_000, 2))
    assert is_quick(PlaneAxes(Dimension(99)), of(1_000, 256))
    assert not is_quick(PlaneAxes(Component(4)), of(1_000, 256))


def test_a_map_is_laid_along_axes_that_it_has(mapped):
    model = mapped(2)
    assert map_along(PlaneAxes(Dimension(1), Dimension(0)), model).projection.axes == ("z₂", "z₁")
    assert map_along(PlaneAxes(Dimension(2), Dimension(0)), model) is model

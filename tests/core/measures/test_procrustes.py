"""Turning points onto others: known motions are found again, and nothing that is tried does better."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.errors import LatentlabError
from latentlab.core.measures.procrustes import procrustes


def turned(angle, *, mirrored):
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, sin], [-sin, cos]]) @ np.diag([1, -1 if mirrored else 1])


@given(
    seed=st.integers(0, 10_000),
    angle=st.floats(-np.pi, np.pi),
    mirrored=st.booleans(),
    shift=st.tuples(st.floats(-5, 5), st.floats(-5, 5)),
)
def test_a_rotation_a_reflection_and_a_shift_are_undone(seed, angle, mirrored, shift):
    points = np.random.default_rng(seed).standard_normal((20, 2)).astype(np.float32)
    rotation = turned(angle, mirrored=mirrored)
    found = procrustes(points, points @ rotation + shift)
    np.testing.assert_allclose(found.rotation, rotation, atol=1e-5)
    np.testing.assert_allclose(found.moved(points), points @ rotation + shift, atol=1e-4)
    assert found.residual < 1e-6
    np.testing.assert_allclose(found.rotation @ found.rotation.T, np.eye(2), atol=1e-12)


@given(seed=st.integers(0, 10_000))
def test_no_angle_that_is_tried_comes_nearer(seed):
    random = np.random.default_rng(seed)
    points, targets = (random.standard_normal((12, 2)) for _ in range(2))
    found = procrustes(points, targets)
    spread = np.linalg.norm(targets - targets.mean(0))
    assert found.residual == pytest.approx(np.linalg.norm(found.moved(points) - targets) / spread, rel=1e-4)
    first, second = points - points.mean(0), targets - targets.mean(0)
    for mirrored in (False, True):
        tried = [first @ turned(angle, mirrored=mirrored) - second for angle in np.linspace(0, 2 * np.pi, 200)]
        assert min(map(np.linalg.norm, tried)) / spread >= found.residual - 1e-9


def test_the_residual_of_a_plane_in_closed_form():
    # For centred points in the plane max tr(R AᵀB) = s₁ + s₂, so that ‖AR − B‖² = ‖A‖² + ‖B‖² − 2 (s₁ + s₂).
    points = np.array([[1, 0], [-1, 0], [0, 2], [0, -2]], np.float32)
    targets = np.array([[2, 0], [-2, 0], [0, 1], [0, -1]], np.float32)
    assert procrustes(points, targets).residual == pytest.approx(np.sqrt((10 + 10 - 2 * 8) / 10))


def test_what_is_not_finite_is_left_out_and_one_place_is_refused():
    points = np.array([[0, 0], [1, 0], [0, 1], [np.nan, 3]], np.float32)
    assert procrustes(points, points[:, ::-1]).residual < 1e-6
    with pytest.raises(LatentlabError, match="two images or more"):
        procrustes(points[:1], points[:1])
    with pytest.raises(LatentlabError, match="different places"):
        procrustes(points[:3], np.ones((3, 2), np.float32))

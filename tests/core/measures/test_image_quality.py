import math

import numpy as np
import pytest

from latentlab.core.measures.image_quality import peak_signal_to_noise


def test_an_error_of_a_tenth_everywhere_is_twenty_decibels() -> None:
    clean = np.full((3, 3, 8, 9), 0.5, np.float32)
    assert peak_signal_to_noise(clean, clean + np.float32(0.1)) == pytest.approx(20, abs=1e-4)
    assert peak_signal_to_noise(clean[0], clean[0] - np.float32(0.01)) == pytest.approx(40, abs=1e-2)


def test_decibels_are_averaged_over_images_not_errors() -> None:
    clean = np.zeros((2, 1, 4, 4), np.float32)
    other = np.stack([np.full((1, 4, 4), 0.1, np.float32), np.full((1, 4, 4), 0.01, np.float32)])
    assert peak_signal_to_noise(clean, other) == pytest.approx(30, abs=1e-3)


def test_equal_images_are_infinitely_near_and_shapes_must_agree() -> None:
    clean = np.ones((2, 1, 4, 4), np.float32)
    assert peak_signal_to_noise(clean, clean) == math.inf
    with pytest.raises(ValueError, match="shapes"):
        peak_signal_to_noise(clean, clean[0])

"""What is measured of images, once for all tests."""

import contextlib

import pytest

_measured = {}


@contextlib.contextmanager
def measuring_once():
    """Measure the same images once, which takes longer than to train a tiny model on them."""
    from latentlab.core.sketch import preparation

    measure = preparation.measure

    def measure_once(images):
        key = images.shape, images.tobytes()
        if key not in _measured:
            _measured[key] = measure(images)
        return _measured[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparation, "measure", measure_once)
        yield

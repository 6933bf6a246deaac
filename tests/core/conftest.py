"""What the tests of the core share."""

import pytest


@pytest.fixture(autouse=True)
def soon_prepared(measured_once):
    """Have no training measure the images that another one has."""

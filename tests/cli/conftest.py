"""What tests of the command line share."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def array(tmp_path_factory, tiny_images):
    """Give the name of an image set: the tiny images as a file."""
    path = tmp_path_factory.mktemp("data") / "tiny.npz"
    np.savez(path, images=tiny_images.train_images, labels=tiny_images.train_labels)
    return f"array:{path}"

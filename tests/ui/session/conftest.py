"""What tests of sessions share: pictures of one's own."""

import pytest
from PIL import Image


@pytest.fixture
def pictures(tmp_path):
    """Give a folder of eight pictures, 12 wide and 9 high."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(8):
        Image.new("L", (12, 9), 20 * number).save(folder / f"{number}.png")
    return folder

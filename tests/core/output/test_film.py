"""Films on the disk: what their names make of them."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image

from latentlab.core.output.animation import AnimationError, save_film


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((2, 4, 1, 8, 8), np.float32)


def test_a_strip_shows_each_film_in_a_row_large_enough_to_be_seen(tmp_path, images):
    save_film(tmp_path / "walk.png", images, 10)
    with Image.open(tmp_path / "walk.png") as file:
        pixels = np.array(file)
    assert pixels.shape == (2 * 64 + 2, 4 * 64 + 3 * 2)
    assert np.array_equal(pixels[66:130:8, 198:262:8], np.rint(images[1, 3, 0] * 255))
    save_film(tmp_path / "WALK.PNG", images[:, :1], 10)
    with Image.open(tmp_path / "WALK.PNG") as file:
        assert file.size == (64, 130)


def test_animation_and_video_go_there_and_back_with_the_films_beside_each_other(tmp_path, images):
    save_film(tmp_path / "walk.gif", images, 10)
    with Image.open(tmp_path / "walk.gif") as file:
        assert file.n_frames == 6
        assert file.size == (18 * 15, 8 * 15)
        durations = []
        for index in range(6):
            file.seek(index)
            durations.append(file.info["duration"])
        assert sum(durations) == 600
    reported = []
    save_film(tmp_path / "walk.mp4", images, 20, reported.append)
    with av.open(tmp_path / "walk.mp4") as file:
        stream = file.streams.video[0]
        assert stream.frames == 6
        assert float(stream.duration * stream.time_base) == pytest.approx(0.3)
        assert stream.width >= 512
        assert stream.width % 2 == stream.height % 2 == 0
    assert reported[-1] == 1


def test_a_single_frame_is_a_film_too(tmp_path, images):
    for ending in ("png", "gif", "mp4"):
        save_film(tmp_path / f"walk.{ending}", images[:1, :1], 10)
        assert (tmp_path / f"walk.{ending}").stat().st_size


def test_another_name_is_told(tmp_path, images):
    with pytest.raises(AnimationError, match=r"not as 'walk\.avi': rename it"):
        save_film(tmp_path / "walk.avi", images, 10)

"""Animations on the disk: what a reader of GIF files and of videos finds in them."""

from __future__ import annotations

import sys

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from latentlab.core.output import animation
from latentlab.core.output.animation import (
    AnimationError,
    fitting_scale,
    save_gif,
    save_mp4,
    side_by_side,
    there_and_back,
)


def _read(path):
    with Image.open(path) as file:
        frames = [np.array(frame.convert("L")) for frame in ImageSequence.Iterator(file)]
        file.seek(0)
        durations = []
        for index in range(file.n_frames):
            file.seek(index)
            durations.append(file.info["duration"])
        return np.stack(frames), durations, file.info.get("loop")


@pytest.fixture
def frames():
    return np.random.default_rng(0).random((7, 1, 5, 9), np.float32)


def test_every_pixel_becomes_a_square_and_the_loop_has_no_end(tmp_path, frames):
    save_gif(tmp_path / "a.gif", frames, 2.0, 3)
    shown, durations, loop = _read(tmp_path / "a.gif")
    assert shown.shape == (7, 15, 27)
    assert np.array_equal(shown[:, ::3, ::3], np.rint(frames[:, 0] * 255))
    assert np.array_equal(shown[:, 1::3, 2::3], shown[:, ::3, ::3])
    assert sum(durations) == 2000
    assert max(durations) - min(durations) <= 10
    assert loop == 0


@settings(max_examples=20)
@given(count=st.integers(1, 30), seconds=st.floats(0.4, 10))
def test_a_loop_lasts_as_long_as_was_asked_for(tmp_path_factory, count, seconds):
    frames = np.arange(count, dtype=np.float32)[:, None, None, None] / 30 + np.zeros((1, 1, 2, 2), np.float32)
    path = tmp_path_factory.mktemp("gif") / "a.gif"
    save_gif(path, frames, seconds, 1)
    shown, durations, _ = _read(path)
    assert len(shown) == count
    if count > 1:
        assert sum(durations) == pytest.approx(1000 * seconds, abs=6)


def test_there_and_back_shows_neither_end_twice():
    frames = np.arange(4, dtype=np.float32)[:, None, None, None]
    assert there_and_back(frames).ravel().tolist() == [0, 1, 2, 3, 2, 1]
    assert there_and_back(frames[:2]).ravel().tolist() == [0, 1]
    assert len(there_and_back(frames[:1])) == 1
    assert len(there_and_back(frames[:0])) == 0


def test_small_images_are_enlarged_large_ones_left_alone():
    assert fitting_scale(28, 28) == 10
    assert fitting_scale(258, 540) == 1


def test_values_that_are_no_numbers_do_no_harm(tmp_path, frames):
    frames[2] = np.nan
    save_gif(tmp_path / "a.gif", frames, 1.0, 1)
    assert not _read(tmp_path / "a.gif")[0][2].any()


def test_a_place_that_cannot_be_written_to_is_told_and_nothing_is_left(tmp_path, frames):
    (tmp_path / "folder.gif").mkdir()
    for path in (tmp_path / "missing" / "a.gif", tmp_path / "folder.gif"):
        with pytest.raises(AnimationError, match=r"could not be saved as .*; choose another place\.$"):
            save_gif(path, frames, 1.0, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.gif"]


def test_no_frames_are_told(tmp_path):
    with pytest.raises(AnimationError, match="select two images first"):
        save_gif(tmp_path / "a.gif", np.empty((0, 1, 2, 2), np.float32), 1.0, 1)


def _watched(path):
    """Give what a player makes of a video: frames, the seconds at which each is shown, and of the whole."""
    with av.open(path) as file:
        stream = file.streams.video[0]
        shown = [(frame.to_ndarray(format="gray"), frame.time) for frame in file.decode(stream)]
        about = stream.codec_context.name, stream.codec_context.pix_fmt, float(stream.duration * stream.time_base)
    return np.stack([pixels for pixels, _ in shown]), [time for _, time in shown], about


def test_a_video_is_read_back_frame_by_frame(tmp_path, frames):
    reported = []
    save_mp4(tmp_path / "a.mp4", frames, 10, reported.append)
    shown, times, (codec, pixel_format, seconds) = _watched(tmp_path / "a.mp4")
    assert (codec, pixel_format) == ("h264", "yuv420p")
    assert shown.shape == (7, 286, 514)  # 57 times as large: 285 is odd
    middles = shown[:, 28:285:57, 28:513:57].astype(int)
    assert np.abs(middles - np.rint(frames[:, 0] * 255)).max() <= 12
    assert times == pytest.approx(np.arange(7) / 10)
    assert seconds == pytest.approx(0.7)
    assert reported == pytest.approx(np.arange(1, 8) / 7)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_without_h264_another_encoder_does_and_without_any_a_sentence(tmp_path, frames, monkeypatch):
    monkeypatch.delitem(animation._ENCODERS, "libx264")
    save_mp4(tmp_path / "a.mp4", frames, 12.5)
    shown, _, (codec, pixel_format, seconds) = _watched(tmp_path / "a.mp4")
    assert (codec, pixel_format, len(shown)) == ("mpeg4", "yuv420p", 7)
    assert seconds == pytest.approx(0.56)
    monkeypatch.setattr(animation, "_ENCODERS", {"of-no-machine": {}})
    with pytest.raises(AnimationError, match="No encoder"):
        save_mp4(tmp_path / "b.mp4", frames, 10)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(AnimationError, match="save a GIF file instead"):
        save_mp4(tmp_path / "b.mp4", frames, 10)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_video_that_is_given_up_leaves_nothing(tmp_path, frames):
    with pytest.raises(AnimationError, match="given up"):
        save_mp4(tmp_path / "a.mp4", frames, 10, is_cancelled=iter([False, False, True]).__next__)
    with pytest.raises(AnimationError, match=r"could not be saved as .*; choose another place\.$"):
        save_mp4(tmp_path / "missing" / "a.mp4", frames, 10)
    with pytest.raises(AnimationError, match="nothing to animate"):
        save_mp4(tmp_path / "a.mp4", frames[:0], 10)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("count", "shape"), [(1, (4, 6)), (2, (4, 14)), (5, (4, 38)), (7, (10, 30))])
def test_films_lie_beside_each_other(count, shape):
    films = np.random.default_rng(0).random((count, 3, 1, 4, 6), np.float32)
    joined = side_by_side(films)
    assert joined.shape == (3, 1, *shape)
    assert np.array_equal(joined[..., :4, :6], films[0])
    row, column = divmod(count - 1, (shape[1] + 2) // 8)
    assert np.array_equal(joined[..., 6 * row : 6 * row + 4, 8 * column : 8 * column + 6], films[-1])

"""The tour, as the command line plays it: in a process of its own, without a screen."""

import os
import subprocess
import sys
from itertools import pairwise

import pytest
from PySide6.QtGui import QImage

from latentlab.core.errors import LatentlabError


def play(out, epochs=4):
    surroundings = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    surroundings.pop("QT_QPA_PLATFORM", None)
    program = (
        "import sys; from pathlib import Path; from latentlab.ui.app.tour import play; "
        "sys.exit(play(Path(sys.argv[1]), int(sys.argv[2])))"
    )
    return subprocess.run(
        [sys.executable, "-c", program, str(out), str(epochs)],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_tour_pictures_each_stage_and_leaves_no_trace(tmp_path, own_home):
    done = play(tmp_path / "pictures")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    pictures = sorted((tmp_path / "pictures").glob("*.png"))
    assert [line for line in done.stderr.splitlines() if line.endswith(".png")] == [str(path) for path in pictures]
    names = [path.stem[3:] for path in pictures]
    assert names[:11] == [
        "start", "first-steps", "trained", "click", "drag", "temperature-0", "temperature-2",
        "manifold", "images", "samples", "sketch",
    ]  # fmt: skip
    images = [QImage(str(path)) for path in pictures]
    assert all(image.width() >= 1280 and image.height() >= 800 for image in images)
    assert all(one != other for one, other in pairwise(images)), "a stage shows nothing new"
    assert not (own_home / "settings.ini").exists()


def test_a_tour_that_cannot_save_says_so_at_once(tmp_path):
    from latentlab.ui.app import tour

    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LatentlabError, match="The pictures cannot be saved in"):
        tour.play(tmp_path / "file")

"""The small picture of a map."""

import numpy as np
import pytest
from PySide6.QtGui import QPainter

from latentlab.ui.widgets.images import map_picture


@pytest.mark.parametrize("count", [0, 3])
def test_it_has_done_painting_whoever_keeps_its_painter(qtbot, monkeypatch, count):
    made = []

    class Kept(QPainter):
        def __init__(self, device):
            super().__init__(device)
            made.append(self)

    monkeypatch.setattr(map_picture, "QPainter", Kept)
    picture = map_picture.MapPicture()
    qtbot.addWidget(picture)
    picture.set_points(np.zeros((count, 2), np.float32), np.arange(count), 3)
    picture.grab()
    active = [painter.isActive() for painter in made]
    made.clear()
    assert len(active) == 2  # of the picture, and of what shows it
    assert not any(active)

"""Icons live as long as Qt has them, also those that it copies."""

import gc

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap

from latentlab.ui.style.icons import icon

SIZE = QSize(20, 20)


def painted(drawn: QIcon):
    """Give a picture of an icon, painted by a painter as a widget does it."""
    picture = QPixmap(SIZE)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    drawn.paint(painter, picture.rect())
    painter.end()
    return picture.toImage()


@pytest.mark.parametrize("times", [1, 50])
def test_a_copy_that_is_changed_outlives_what_it_was_made_of(qapp, times):
    """Qt clones the drawing for it, and has the clone alone."""
    before = painted(icon("lasso"))
    kept = []
    for _ in range(times):
        first = icon("lasso")
        copy = QIcon(first)
        copy.addPixmap(QPixmap(SIZE))
        again = QIcon(copy)
        again.addPixmap(QPixmap(SIZE))
        kept.append(again)
        del first, copy, again
        gc.collect()
        assert painted(kept[-1]) == before
    kept.reverse()
    while kept:
        assert painted(kept.pop()) == before
        gc.collect()

"""The landscape behind the points: decoded images where their codes lie, drawn quietly; it asks for what is seen."""

from __future__ import annotations

from functools import cache

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRect, Qt, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.core.fields.tiles import Tile, Viewport
from latentlab.ui.canvas.cards.notes import LandscapeNote
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.pixels import in_colours, to_image

# Opacity of full ink: images can be told, and the classes of points above them.
_LIGHT, _DARK = 0.36, 0.34
_PHOTOGRAPH = 0.6  # opacity of what has no empty ground: with more, points of a like colour are lost on it


class LandscapeLayer(Layer):
    """Draws tiles on the plane, and keeps still while it is off or not looked at."""

    wanted = Signal(object)
    """The `Viewport` to decode; None for none any more."""

    def __init__(self, view: MapView) -> None:
        super().__init__(view, Order.LANDSCAPE)
        self._is_on = self._is_looked_at = False
        self._cursor: QPointF | None = None
        self._tiles: dict[Tile, QImage] = {}
        self._are_drawings = True
        self._is_dark: bool | None = None
        self._picture = QImage()
        self._is_stale = True
        self.setVisible(False)
        self.note = LandscapeNote(view)
        view.box.getViewWidget().installEventFilter(self)

    @Slot(bool)
    def set_on(self, is_on: bool) -> None:
        """Show the landscape, or show it no more."""
        self._is_on = is_on
        self.setVisible(is_on)
        self.note.say("")
        self.note.wait_for(1.0)
        self._ask()

    def set_drawings(self, are_drawings: bool) -> None:
        """Draw the images as ink of the theme on its background; or, where they are photographs, as they are."""
        if are_drawings != self._are_drawings:
            self._are_drawings = are_drawings
            self._tiles = dict.fromkeys(self._tiles, QImage())
            self.redraw()

    @Slot(object)
    def set_cursor(self, local: QPointF | None) -> None:
        """Ask first for what is near the mouse, in pixels of the view box; for the middle where it is elsewhere."""
        self._cursor = local

    @Slot(object)
    def set_tiles(self, tiles: tuple[Tile, ...]) -> None:
        """Draw these, later ones above earlier ones."""
        self.note.say("")
        kept = self._tiles
        self._tiles = {tile: kept.get(tile, QImage()) for tile in tiles}
        self.redraw()

    @Slot(float)
    def set_progress(self, share: float) -> None:
        """Tell how much of what is seen is there, if the rest does not come in a moment."""
        self.note.wait_for(share)

    @Slot(str)
    def show_problem(self, sentence: str) -> None:
        """Say why there is no landscape."""
        self.note.say(sentence)

    def tiles(self) -> tuple[Tile, ...]:
        """Give what is drawn."""
        return tuple(self._tiles) if self._is_on else ()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Rest while the map is hidden."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._is_looked_at = event.type() == QEvent.Type.Show
            self._ask()
        return False

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the tiles where they belong, however the view has moved since they were decoded."""
        if not self._tiles:
            return
        colours = theme.current()
        if colours.dark != self._is_dark:
            self._is_dark, self._is_stale = colours.dark, True
            self._tiles = dict.fromkeys(self._tiles, QImage())
        box, ratio = self._view.box, self._view.pixel_ratio()
        # Whole pixels of the screen, wherever the layout has put the view box.
        corner = box.mapToScene(QPointF(0, 0)) * ratio
        left, top = round(corner.x()), round(corner.y())
        if self._is_stale:
            self._draw(ratio, (corner.x() - left, corner.y() - top))
            self._is_stale = False
        painter.drawImage(box.mapFromScene(QPointF(left, top) / ratio), self._picture)

    def _draw(self, ratio: float, shift: tuple[float, float]) -> None:
        rect = self._view.box.rect()
        width, height = (int(np.ceil(side * ratio)) for side in (rect.width(), rect.height()))
        if (self._picture.width(), self._picture.height()) != (width, height):
            self._picture = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        self._picture.setDevicePixelRatio(1)
        self._picture.fill(Qt.GlobalColor.transparent)
        extents = np.array([tile.extent for tile in self._tiles])
        corners = np.concatenate([extents[:, [0, 3]], extents[:, [1, 2]]])
        pixels = np.rint(self._view.to_pixels(corners) * ratio + shift).astype(np.int64).tolist()
        count = len(self._tiles)
        painter = QPainter(self._picture)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for (tile, image), (x, y), (far_x, far_y) in zip(
            self._tiles.items(), pixels[:count], pixels[count:], strict=True
        ):
            if image.isNull():
                look = _inked if self._are_drawings else _softened
                image = self._tiles[tile] = look(to_image(tile.pixels))
            # Neighbours share the pixels of their edges, so that no seam shows.
            painter.drawImage(QRect(x, y, far_x - x, far_y - y), image)
        painter.end()
        self._picture.setDevicePixelRatio(ratio)

    def redraw(self) -> None:
        """Draw the tiles anew."""
        self._is_stale = True
        self.update()

    @Slot()
    def _follow_view(self) -> None:
        self.redraw()
        if self._is_on and self._is_looked_at:
            self._ask()

    def _ask(self) -> None:
        rect = self._view.box.rect()
        if not (self._is_on and self._is_looked_at and rect.width() >= 1 and rect.height() >= 1):
            self.wanted.emit(None)
            return
        looks_at = rect.center() if self._cursor is None else self._cursor
        focus = self._view.to_position(looks_at)
        self.wanted.emit(Viewport(self._view.extent(), rect.width(), rect.height(), focus))


def _inked(drawing: QImage) -> QImage:
    """Turn a grey picture into ink of the theme on its background."""
    return in_colours(drawing, _inks(theme.current()))


def _softened(photograph: QImage) -> QImage:
    """Let the background of the theme shine through a picture, whose colours stay what they are."""
    picture = QImage(photograph.size(), QImage.Format.Format_RGB32)
    picture.fill(QColor(theme.current().background))
    painter = QPainter(picture)
    painter.setOpacity(_PHOTOGRAPH)
    painter.drawImage(0, 0, photograph)
    painter.end()
    return picture


@cache
def _inks(colours: theme.Theme) -> list[int]:
    """Give the colour of each of 256 values: once, though every tile that comes asks for it."""
    ground, ink = (np.array(QColor(name).getRgb()[:3]) for name in (colours.background, colours.foreground))
    opacity = np.linspace(0, _DARK if colours.dark else _LIGHT, 256)[:, None]
    red, green, blue = np.rint(ground + opacity * (ink - ground)).astype(np.uint32).T
    return (0xFF << 24 | red << 16 | green << 8 | blue).tolist()

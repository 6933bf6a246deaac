"""One plot of a loss over the epochs: faint steps, bold epochs, the best one, and what was changed on the way."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QGraphicsItem, QWidget

from latentlab.ui.plots.loss_history import SPLITS, LossHistory, Numbers, envelope, gathered, robust_range
from latentlab.ui.plots.plot import Plot
from latentlab.ui.style import theme
from latentlab.ui.style.looks import scaled
from latentlab.ui.style.texts import plain_label, rich_label

# Far beyond any sensible loss; Qt's painter overflows above.
_DRAWABLE = 1e12
# Below this width in pixels the plot is one of several and says less.
_NARROW = 330
_MARK = 80  # pixels that a change takes to be read
_GRID = 89  # opacity, of 255


class LossAxis(pg.AxisItem):
    """An axis that also has round ticks where a logarithmic scale spans less than a decade or two."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float | None, list[float]]]:
        """Give linear ticks, moved to where a logarithmic scale has them."""
        if not self.logMode or high - low > 2 or abs(low) > 15 or abs(high) > 15:
            return super().tickValues(low, high, size)
        self.logMode = False
        levels = super().tickValues(10**low, 10**high, size)
        self.logMode = True
        return [(None, [math.log10(value) for value in values if value > 0]) for _, values in levels]

    def tickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        """Write losses, not their logarithms."""
        if not self.logMode:
            return super().tickStrings(values, scale, spacing)
        return [f"{10**value:.6g}" for value in values]


class LossPlot(Plot):
    """Draws one quantity of a history, of `QUANTITIES`."""

    follows_changed = Signal(bool)
    # Qt changes the palette and the size of a graphics view while it is being made.
    _is_made = False

    def __init__(self, history: LossHistory, quantity: str = "loss", parent: QWidget | None = None) -> None:
        self._axis = LossAxis("left")
        super().__init__({"left": self._axis, "bottom": pg.AxisItem("bottom")}, _margins(), parent, takes_mouse=True)
        self._history = history
        self._quantity = quantity
        self._is_log = False
        self._follows = True
        self._hovered: float | None = None
        self._epochs: list[tuple[Numbers, Numbers]] = []
        self._change_lines: list[pg.InfiniteLine] = []
        self._drawn_changes: dict[tuple[str, float], tuple[float, int]] = {}

        for axis in self.axes.values():  # curves are drawn anew many times while their axes stay
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._axis.setGrid(_GRID)
        self._steps = pg.PlotCurveItem(skipFiniteCheck=True, antialias=False)
        self._train = pg.PlotDataItem(antialias=True, symbol="o")
        self._test = pg.PlotDataItem(antialias=True, symbol="o")
        self._validation = pg.PlotDataItem(antialias=True)
        for item in (self._train, self._test, self._validation):
            # Line by line: as one path, Qt takes the longer to find out where a broad line meets itself.
            item.curve.setSegmentedLineMode("on")
        self._best = pg.PlotDataItem(pen=None, symbol="star", antialias=True)
        self._shown_epoch = pg.InfiniteLine(movable=False)
        self._shown_epoch.setVisible(False)
        for z, item in enumerate(
            (self._steps, self._train, self._validation, self._test, self._best, self._shown_epoch)
        ):
            item.setZValue(z)
            self.box.addItem(item)
        self.box.disableAutoRange()
        self.box.sigRangeChangedManually.connect(self._zoomed_by_hand)
        self.box.sigXRangeChanged.connect(self._x_range_changed)

        # Title and legend stand above the curves, and the word "epoch" in the empty corner below the left axis:
        # labels of pyqtgraph's own would take a third of a plot as low as this.
        self._title, self._unit = (plain_label("", self, role=theme.MUTED) for _ in range(2))
        self._legend = rich_label("", self, objectName="lossLegend")
        for label in (self._title, self._legend, self._unit):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setMouseTracking(True)
        self._is_made = True
        self._restyle()

    def series(self) -> dict[str, tuple[Numbers, Numbers]]:
        """Give every curve of the history, whatever is drawn: positions on the axis of epochs, and values."""
        return self._history.series()

    def quantity(self) -> str:
        """Give what is drawn."""
        return self._quantity

    def set_quantity(self, quantity: str) -> None:
        """Draw another quantity."""
        self._quantity = quantity
        self._name_axes()
        self.follow(True)

    def set_log(self, is_log: bool) -> None:
        """Draw on a logarithmic scale; what is not above zero has no place there."""
        self._is_log = is_log
        self._axis.setLogMode(is_log)
        self.follow(True)

    def follows(self) -> bool:
        """Tell whether the range follows the curves, or was chosen by hand."""
        return self._follows

    def follow(self, follows: bool) -> None:
        """Let the range follow the curves again, or leave it as it is."""
        changed = follows != self._follows
        self._follows = follows
        self.redraw()
        if changed:
            self.follows_changed.emit(follows)

    def mark_epoch(self, epoch: float | None) -> None:
        """Mark the epoch that is being looked back at, if any."""
        self._shown_epoch.setVisible(epoch is not None)
        if epoch is not None:
            self._shown_epoch.setValue(epoch)

    def shown_epoch(self) -> float | None:
        """Give the epoch that is marked as the one looked back at."""
        return float(self._shown_epoch.value()) if self._shown_epoch.isVisible() else None

    def redraw(self) -> None:
        """Draw what the history holds now."""
        self._epochs = [self._drawable(*self._history.epoch_curve(split, self._quantity)) for split in SPLITS]
        x, y = self._epochs[SPLITS.index("validation" if self._history.has_validation() else "test")]
        best = self._history.best_epoch()
        at_best = x == best if best is not None else np.zeros(len(x), bool)
        colours = theme.current()
        on = colours.muted if self._history.has_validation() else colours.test
        self._best.setData(x[at_best], y[at_best], symbolBrush=on)
        # Dots tell a handful of epochs apart and only thicken the line of hundreds.
        dots = "o" if len(x) <= 60 else None
        if self._train.opts["symbol"] != dots:
            self._train.setSymbol(dots)
            self._test.setSymbol(dots)
        for axis in self.axes.values():
            axis.setVisible(not self._history.is_empty())
        self.redraw_steps()
        self._draw_changes()
        self._draw_epochs()
        self._describe()

    def redraw_steps(self) -> None:
        """Draw the steps that the history holds now: many times a second, so only what is new with them."""
        x, y = self._drawable(*self._history.step_curve(self._quantity))
        if self._follows:
            self._fit(robust_range(y, *(values for _, values in self._epochs)))
        self._steps.setData(*self._seen(x, y))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all again."""
        super().mouseDoubleClickEvent(event)
        self.follow(True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the values of the epoch under the cursor."""
        super().mouseMoveEvent(event)
        scene = self.mapToScene(event.position().toPoint())
        inside = self.box.sceneBoundingRect().contains(scene)
        self._hovered = self.box.mapSceneToView(QPointF(scene)).x() if inside else None
        self._describe()

    def leaveEvent(self, event: QEvent) -> None:
        """Tell the values of the last epoch again."""
        super().leaveEvent(event)
        self._hovered = None
        self._describe()

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        super().changeEvent(event)
        if self._is_made and event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the legend in its corner."""
        super().resizeEvent(event)
        if self._is_made:
            self._name_axes()
            self.redraw()

    def _drawable(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        keep = np.abs(y) < _DRAWABLE
        if self._is_log:
            keep &= y > 0
        return x[keep], np.log10(y[keep]) if self._is_log else y[keep]

    def _fit(self, y_range: tuple[float, float] | None) -> None:
        right = max(1.0, math.ceil(self._history.last_position()))
        low, high = y_range or (0.0, 1.0)
        (_, shown_right), (shown_low, shown_high) = self.box.viewRange()
        near = 0.02 * (high - low)
        if math.isclose(shown_right, 1.02 * right) and abs(shown_low - low) <= near and abs(shown_high - high) <= near:
            return  # ticks that tremble at every step are hard to read, and cost as much as the curves
        self.box.setRange(xRange=(-0.01 * right, 1.02 * right), yRange=(low, high), padding=0.0, disableAutoRange=True)

    def _zoomed_by_hand(self) -> None:
        if self._follows and not self._history.is_empty():
            self._follows = False
            self.follows_changed.emit(False)

    def _x_range_changed(self) -> None:
        if not self._follows:
            self.redraw_steps()
            self._draw_changes()
            self._draw_epochs()

    def _draw_epochs(self) -> None:
        for item, (x, y) in zip((self._train, self._test, self._validation), self._epochs, strict=True):
            item.setData(*self._seen(x, y, 2))  # their lines are that wide

    def _seen(self, x: Numbers, y: Numbers, pixels: int = 1) -> tuple[Numbers, Numbers]:
        """Give as much of a curve as columns of so many pixels can show, which is not more where the run is longer."""
        left, right = self.box.viewRange()[0]
        start, stop = max(0, np.searchsorted(x, left) - 1), np.searchsorted(x, right) + 1
        return envelope(x[start:stop], y[start:stop], max(self.width(), 100) // pixels)

    def _draw_changes(self) -> None:
        changes = gathered(self._history.changes(), *self.box.viewRange()[0], max(3, self.width() // _MARK))
        if changes == self._drawn_changes:
            return
        self._drawn_changes = changes
        for line in self._change_lines:
            self.box.removeItem(line)
        self._change_lines = []
        colours = theme.current()
        pen = pg.mkPen(colours.muted, width=1, style=Qt.PenStyle.DashLine)
        for i, ((setting, position), (value, further)) in enumerate(changes.items()):
            text = self.tr("rate {value:g}") if setting == "learning_rate" else self.tr("β {value:g}")
            text = text.format(value=value) + (self.tr(", {n:,} more").format(n=further) if further else "")
            # Neighbouring labels stand at different heights, so that they can be read.
            place = {
                "position": (0.86, 0.60, 0.34)[i % 3],
                "color": colours.foreground,
                "anchors": [(0, 0.5), (1, 0.5)],
            }
            fill = QColor(colours.background)
            fill.setAlpha(200)
            place["fill"] = fill
            line = pg.InfiniteLine(position, 90, pen, label=text, labelOpts=place)
            line.label.setFont(QApplication.font())
            line.setZValue(10)
            self.box.addItem(line)
            self._change_lines.append(line)

    def _describe(self) -> None:
        """Write the legend, with as much of it as there is room for."""
        narrow = self._is_narrow()
        for is_short, has_best in ((narrow, not narrow), (narrow, False), (True, False)):
            self._legend.setText(self._described(is_short=is_short, has_best=has_best))
            if self._legend.sizeHint().width() <= self.width() - 8:
                break
        empty = self._history.is_empty()
        for label in (self._title, self._legend, self._unit):
            label.setVisible(not empty)
            label.adjustSize()
        self._title.move(4, 2)
        self._legend.move(self.width() - self._legend.width() - 4, 2)
        if self._title.geometry().right() >= self._legend.x():  # in large text there may be no room for both
            self._title.hide()
        self._unit.move(6, self.height() - self._unit.height() - 4)

    def _described(self, *, is_short: bool, has_best: bool) -> str:
        """Give the legend: colours, and the values at the cursor or of the last epoch; the star is among the curves."""
        colours = theme.current()
        curves = {split: self._history.epoch_curve(split, self._quantity) for split in SPLITS}
        epochs, _ = curves["test"] if len(curves["test"][0]) else curves["train"]
        at: float | None = None
        if len(epochs):
            target = epochs[-1] if self._hovered is None else self._hovered
            at = float(epochs[np.argmin(np.abs(epochs - target))])
        rows = []
        if at is not None and not is_short:
            rows.append(self.tr("epoch {n:.0f}:").format(n=at))
        for split, name, colour in (
            ("train", self.tr("training"), colours.train),
            ("test", self.tr("test"), colours.test),
            ("validation", self.tr("validation"), colours.muted),
        ):
            x, y = curves[split]
            if (self._quantity == "objective" and split == "test") or (split == "validation" and not len(x)):
                continue  # nothing is minimised there, or none are set apart
            value = y[x == at][0] if at is not None and (x == at).any() else None
            if at is not None and (temperature := self._history.temperatures(at).get(split, 1)) != 1:
                name = self.tr("{name} at T = {temperature:g}").format(name=name, temperature=temperature)
            said = f" {_written(value)}" if value is not None else ""
            label = "" if is_short and said else f" {name}"
            rows.append(f'<span style="color:{colour}">●</span>{label}<b>{said}</b>')
        best = self._history.best_epoch()
        if best is not None and has_best and self._quantity != "objective":
            is_chosen = self._history.has_validation()
            said = self.tr("best by validation: epoch {n}") if is_chosen else self.tr("lowest test loss: epoch {n}")
            colour = colours.muted if is_chosen else colours.test
            rows.append(f'<span style="color:{colour}">★</span> ' + said.format(n=best))
        return (" " if is_short else "&nbsp;&nbsp; ").join(rows)

    def _is_narrow(self) -> bool:
        return self.width() < _NARROW

    def _name_axes(self) -> None:
        names = {
            "loss": self.tr("loss"),
            "reconstruction": self.tr("reconstruction"),
            "kl": self.tr("KL"),
            "penalty": self.tr("penalty"),
            "objective": self.tr("what is minimised"),
        }
        short = {
            "loss": self.tr("Loss"),
            "reconstruction": self.tr("Recon."),
            "kl": self.tr("KL"),
            "penalty": self.tr("Penalty"),
            "objective": self.tr("Objective"),
        }
        self._title.setText(short[self._quantity] if self._is_narrow() else self.tr("nats per image"))
        self._unit.setText(self.tr("epoch"))
        # As wide as the word below it, which must not run into the axis of epochs.
        self._axis.setWidth(QFontMetrics(QApplication.font()).horizontalAdvance(self._unit.text()) + 14)
        name = self.tr("Curve of {quantity}, in nats per image, over the epochs").format(quantity=names[self._quantity])
        self.setAccessibleName(name)

    def _restyle(self) -> None:
        self.setMinimumSize(scaled(120), scaled(76))
        colours = theme.current()
        self.setBackground(colours.background)
        self.centralLayout.setContentsMargins(*_margins())
        # Mixed, not transparent: steps that lie over each other would add up to full colour.
        faint = _mixed(colours.train, colours.background, 0.35)
        self._steps.setPen(pg.mkPen(faint, width=1))
        for item, colour in ((self._train, colours.train), (self._test, colours.test)):
            pen = pg.mkPen(colour, width=2.5)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)  # so that lines meet without corners
            item.setPen(pen)
            item.setSymbolBrush(colour)
            item.setSymbolPen(None)
            item.setSymbolSize(5)
        self._validation.setPen(pg.mkPen(colours.muted, width=1.5, style=Qt.PenStyle.DashLine))
        self._best.setSymbolPen(pg.mkPen(colours.background, width=1.5))
        self._best.setSymbolSize(18)
        self._shown_epoch.setPen(pg.mkPen(colours.accent, width=2))
        for axis in self.axes.values():
            axis.setPen(pg.mkPen(colours.grid))
            axis.setTextPen(pg.mkPen(colours.foreground))
            axis.setStyle(tickFont=QApplication.font(), tickLength=4)
        self._drawn_changes = {}
        self._name_axes()
        self.redraw()


def _margins() -> tuple[int, int, int, int]:
    """Give the room around the box: above it as much as title and legend take."""
    return 3, QFontMetrics(QApplication.font()).height() + 5, 9, 3


def _written(value: float) -> str:
    """Write a loss with as many digits as tell epochs apart."""
    size = abs(value)
    return f"{value:.1f}" if 10 <= size < 1e5 else f"{value:.2f}" if 0.1 <= size < 10 else f"{value:.2g}"


def _mixed(colour: str, other: str, share: float) -> QColor:
    pairs = zip(QColor(colour).getRgb()[:3], QColor(other).getRgb()[:3], strict=True)
    return QColor(*(round(share * a + (1 - share) * b) for a, b in pairs))

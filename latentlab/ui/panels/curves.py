"""The panel of training curves, and the slider that looks back at earlier epochs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QRect, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QSlider, QToolButton, QWidget

from latentlab.core.events import Changed, EpochEnded, Progress, Started
from latentlab.ui.plots.loss_history import QUANTITIES, LossHistory
from latentlab.ui.plots.loss_plot import LossPlot
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.lines import LinesPanel

_REDRAW_MILLISECONDS = 200


class CurvesPanel(LinesPanel):
    """Draws the losses of a run as they come, and chooses the epoch that is looked at.

    Attributes
    ----------
    history : LossHistory
        What is drawn, for others to read.
    """

    epoch_chosen = Signal(int)
    play_toggled = Signal(bool)
    turn_toggled = Signal(bool)
    redrawn = Signal()
    """What is drawn of the history has changed."""
    marked = Signal(object, int)
    """Which epoch is looked back at, None for the last, and which is the last."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history = LossHistory()
        self._epochs: list[int] = []
        self._is_training = False

        self.plot = LossPlot(self.history)
        self.plot.setObjectName("lossPlot")
        self.plot.follows_changed.connect(self._follows_changed)
        self._others: list[LossPlot] = []  # made when they are asked for: each takes as long as a panel
        self.quantity_buttons = QButtonGroup(self)
        names = {
            "loss": (
                self.tr("Loss"),
                self.tr(
                    "Reconstruction + β · KL + penalty, with the recipe's β whatever is in force; tests are at T = 1."
                ),
            ),
            "reconstruction": (
                self.tr("Reconstruction"),
                self.tr("How much the rebuilt images differ."),
            ),
            "kl": (self.tr("KL"), self.tr("How much the codes tell: their divergence from the prior.")),
            "penalty": (self.tr("Penalty"), self.tr("On the code, with its weight: of a sparse or contractive model.")),
            "objective": (
                self.tr("Objective"),
                self.tr(
                    "What is minimised: the loss with the β in force, as it is changed or warms up, less what is free."
                ),
            ),
            "all": (self.tr("All"), self.tr("All of them, side by side.")),
        }
        for i, (text, tip) in enumerate(names.values()):
            button = QToolButton(text=text, checkable=True, toolTip=tip, objectName=f"curve-{list(names)[i]}")
            self.quantity_buttons.addButton(button, i)
        self.quantity_buttons.button(0).setChecked(True)
        self.quantity_buttons.idToggled.connect(self._choose)
        self.log_box = QCheckBox(self.tr("log"), objectName="logScaleBox")
        self.log_box.setToolTip(self.tr("Equal factors take equal heights: shows small changes beside large ones."))
        self.log_box.toggled.connect(self._set_log)
        self.auto_button = QToolButton(text=self.tr("Show all"), objectName="showAllCurvesButton", enabled=False)
        self.auto_button.setToolTip(self.tr("Let the axes follow the curves again (or double-click the plot)."))
        self.auto_button.clicked.connect(self._follow)
        quantities = QWidget()
        row(*self.quantity_buttons.buttons(), spacing=0, on=quantities)
        top = Flow(quantities, STRETCH, self.log_box, self.auto_button)

        self._plots = row((self.plot, 1), spacing=4)
        empty = self.tr("The loss curves appear here while a model trains.")
        self._empty = plain_label(empty, self.plot, role=theme.MUTED)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.plot.installEventFilter(self)

        self.slider = QSlider(Qt.Orientation.Horizontal, objectName="epochSlider")
        self.slider.setAccessibleName(self.tr("Epoch shown"))
        self.slider.setPageStep(1)
        self.slider.setToolTip(
            self.tr("Look back at the map as it was after an earlier epoch; the right end is the model as it is now.")
        )
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderPressed.connect(lambda: self.play_button.setChecked(False))
        self.play_button = QToolButton(text=self.tr("Play"), checkable=True, objectName="playEpochsButton")
        self.play_button.setToolTip(self.tr("Show one epoch after the other (Space, on the slider or the map)"))
        self.play_button.toggled.connect(self.play_toggled)
        self.turn_box = QCheckBox(self.tr("Turn"), objectName="turnEpochsBox")
        self.turn_box.setToolTip(
            self.tr(
                "Turn, and mirror, the map of each epoch so that its points lie as those of the last one do: what then "
                "still moves is no rotation. The axes are no longer the codes' own, and say so; along axes that one "
                "has chosen nothing is turned."
            )
        )
        self.turn_box.toggled.connect(self.turn_toggled)
        self._showing = plain_label(objectName="epochLabel")
        self._showing.setMinimumWidth(
            self._showing.fontMetrics().horizontalAdvance("showing epoch 100 of 1000, turned")
        )
        self._is_waiting = self._is_turned = False
        self._looking_back = QWidget()
        row(self.play_button, (self.slider, 1), self._showing, self.turn_box, on=self._looking_back)

        column(top, (self._plots, 1), self._looking_back, margins=(6, 4, 6, 4), spacing=3, on=self)
        self._is_stale = False  # more than steps has come since it was drawn
        self._timer = QTimer(self, singleShot=True, interval=_REDRAW_MILLISECONDS)
        self._timer.timeout.connect(self._redraw_what_is_new)
        self.set_epochs([])
        self._redraw()

    def start(self, started: Started) -> None:
        """Make room for a run; one that is continued keeps its curves up to where it goes on."""
        if started.first_epoch:
            self.history.cut(started.first_epoch)
        else:
            self.history.clear()
        self._follow()

    def offer_at_slider(self, action: QAction) -> None:
        """Have a button beside the slider of epochs that does something of the one that is looked at."""
        button = QToolButton(objectName=f"{action.objectName().removesuffix('Action')}AtSliderButton")
        button.setDefaultAction(action)
        self._looking_back.layout().addWidget(button)

    def add_progress(self, progress: Progress) -> None:
        """Draw some steps more."""
        self._is_stale |= self.history.is_empty()
        self.history.add_progress(progress)
        self._redraw_soon()

    def add_epoch(self, ended: EpochEnded) -> None:
        """Draw an epoch more."""
        self._is_stale = True
        self.history.add_epoch(ended)
        self._redraw_soon()

    def add_change(self, changed: Changed) -> None:
        """Mark where a setting was changed."""
        self._is_stale = True
        self.history.add_change(changed)
        self._redraw_soon()

    def show_history(self, history: Iterable[EpochEnded], changes: Iterable[Changed]) -> None:
        """Draw the curves of a run that was opened."""
        self.history.clear()
        for ended in history:
            self.history.add_epoch(ended)
        for changed in changes:
            self.history.add_change(changed)
        self._follow()

    def clear(self) -> None:
        """Draw nothing."""
        self.history.clear()
        self._follow()

    def set_epochs(self, epochs: Sequence[int]) -> None:
        """Say which epochs can be looked back at; the last position is the model as it is now.

        Whoever looks at the last position keeps looking at it when epochs are added.
        """
        was_live = self._is_live()
        shown = self._epochs[self.slider.value()] if self._epochs else None
        self._epochs = list(epochs)
        last = max(len(self._epochs) - 1, 0)
        position = last if was_live or shown not in self._epochs else self._epochs.index(shown)
        self.slider.blockSignals(True)
        self.slider.setRange(0, last)
        self.slider.setValue(position)
        self.slider.blockSignals(False)
        self._looking_back.setVisible(last > 0)
        self.slider.setEnabled(last > 0)
        self._show_position()

    def set_position(self, place: int) -> None:
        """Say which of the epochs is looked at, by its place among them."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(place)
        self._show_position()

    def set_playing(self, is_playing: bool) -> None:
        """Say whether one epoch after the other is shown."""
        self.play_button.setText(self.tr("Pause") if is_playing else self.tr("Play"))
        with QSignalBlocker(self.play_button):
            self.play_button.setChecked(is_playing)

    def set_waiting(self, is_waiting: bool) -> None:
        """Say whether the epoch that is looked at has still to be read."""
        self._is_waiting = is_waiting
        self._show_position()

    def set_turned(self, is_turned: bool) -> None:
        """Say whether the map that is shown is turned."""
        self._is_turned = is_turned
        self._show_position()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Play by the space bar, too, where the slider has the focus."""
        if event.key() == Qt.Key.Key_Space and self.slider.hasFocus():
            self.play_button.toggle()
        else:
            super().keyPressEvent(event)

    def set_live(self, is_training: bool) -> None:
        """Say whether the last position moves on, as it does while a model trains."""
        self._is_training = is_training
        self._show_position()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw the steps that have come while it was folded."""
        super().showEvent(event)
        self._draw_steps()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Keep the empty plot's text as large as the plot."""
        if watched is self.plot and event.type() == QEvent.Type.Resize:
            self._empty.setGeometry(QRect(0, 0, self.plot.width(), self.plot.height()))
        return super().eventFilter(watched, event)

    def _is_live(self) -> bool:
        return not self._epochs or self.slider.value() == len(self._epochs) - 1

    def _visible_plots(self) -> list[LossPlot]:
        return [plot for plot in (self.plot, *self._others) if plot.isVisibleTo(self)]

    def _redraw_soon(self) -> None:
        # Training tells more often than an eye follows a curve, and each drawing takes time from it.
        if not self._timer.isActive():
            self._timer.start()

    def _redraw_what_is_new(self) -> None:
        self.redrawn.emit()
        if self._is_stale:
            self._redraw()
        else:
            self._draw_steps()

    def _draw_steps(self) -> None:
        """Draw the steps that have come; while it is folded, once it is seen."""
        for plot in self._visible_plots() if self.isVisible() else ():
            plot.redraw_steps()

    def _redraw(self) -> None:
        self._is_stale = False
        self.redrawn.emit()
        self._empty.setVisible(self.history.is_empty())
        self._offer_quantities()
        for plot in self._visible_plots():
            plot.redraw()

    def _offer_quantities(self) -> None:
        """Leave out what a model does not have."""
        for index, quantity in enumerate(QUANTITIES[2:], 2):
            offered = self.history.has(quantity) or (quantity == "kl" and self.history.is_empty())
            self.quantity_buttons.button(index).setVisible(offered)
            if self._others:
                self._others[index - 1].setVisible(offered and self._shows_all())
            if not offered and self.quantity_buttons.checkedId() == index:
                self.quantity_buttons.button(0).setChecked(True)

    def _shows_all(self) -> bool:
        return self.quantity_buttons.checkedId() == len(QUANTITIES)

    def _choose(self, index: int, checked: bool) -> None:
        if not checked:
            return
        every = index == len(QUANTITIES)
        if every and not self._others:
            self._make_others()
        for plot in self._others:
            plot.setVisible(every)
        self.plot.set_quantity(QUANTITIES[0 if every else index])
        self._redraw()

    def _make_others(self) -> None:
        for quantity in QUANTITIES[1:]:
            plot = LossPlot(self.history, quantity)
            plot.set_log(self.log_box.isChecked())
            plot.follows_changed.connect(self._follows_changed)
            self._plots.addWidget(plot, 1)
            self._others.append(plot)
        self._show_position()

    def _set_log(self, is_log: bool) -> None:
        for plot in (self.plot, *self._others):
            plot.set_log(is_log)

    def _follow(self) -> None:
        for plot in (self.plot, *self._others):
            plot.follow(True)
        self._redraw()

    def _follows_changed(self) -> None:
        self.auto_button.setEnabled(not all(plot.follows() for plot in (self.plot, *self._others)))

    def _slid(self, position: int) -> None:
        self._show_position()
        self.epoch_chosen.emit(position)

    def _show_position(self) -> None:
        live = self._is_live()
        epoch = None if live else self._epochs[self.slider.value()]
        text = ""
        if not live:
            text = self.tr("showing epoch {n} of {last}")
            if self._is_waiting:
                text = self.tr("reading epoch {n} of {last} …")
            elif self._is_turned:
                text = self.tr("showing epoch {n} of {last}, turned")
            text = text.format(n=epoch, last=self._epochs[-1])
        elif self._epochs:
            text = self.tr("live") if self._is_training else self.tr("epoch {n}, the last").format(n=self._epochs[-1])
        self._showing.setText(text)
        self.marked.emit(epoch, self._epochs[-1] if self._epochs else 0)
        for plot in (self.plot, *self._others):
            plot.mark_epoch(epoch)

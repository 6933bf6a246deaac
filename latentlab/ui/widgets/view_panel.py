"""What the views of a model have in common: a bar of options, a picture that can be saved, and room for a sentence."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QLayout, QProgressBar, QWidget

from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.question import Answer, Question
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.images.image_grid import ImageGrid
from latentlab.ui.widgets.lines import LinesPanel, Pages
from latentlab.ui.widgets.lines_scroll import LinesScroll

_PATIENCE = 150  # milliseconds that an answer may take before the view says that it is on its way
_PROGRESS_HEIGHT = 4  # pixels
_LEAST = QSize(240, 160)  # pixels that a view is given; what does not fit into them is scrolled


class ViewPanel(QWidget):
    """A view: it asks a question, and shows the answer for the model as it is now.

    A view of its own has a `NAME` and its `words`, puts its options into `bar` and what it shows into `set_content`,
    gives its `question`, takes the answer in `show_answer`, where it may write a `caption`, and calls `ask` when an
    option changes. What takes long to make is made in `prepare`, once.
    """

    asked = Signal(object)
    """The question as the options now stand; emitted when one has changed."""
    save_requested = Signal(QImage, str)
    """Save this picture; the name is a suggestion."""
    picked_at = Signal(float, float)
    """Pick this place of the map."""
    point_picked = Signal(int)
    """Pick this image of the map, by its row."""
    NAME = ""
    """Of the widget, as scripts find it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(self.NAME)
        self.facts: ModelFacts | None = None
        self._about = plain_label(self.words()[1], wordWrap=True, objectName="viewAbout")
        self._about.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._save = bar_button(self.tr("Save picture…"), self.tr("Save what this view shows as a PNG file"))
        self._save.clicked.connect(self._request_save)
        self.bar = _Bar(self._save)
        self.caption = plain_label(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._message = plain_label(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, objectName="viewMessage")
        self._message.setMargin(24)
        self._progress = QProgressBar(textVisible=False, objectName="viewProgress")
        self._progress.setAccessibleName(self.tr("How far the view is computed"))
        self._progress.setFixedHeight(_PROGRESS_HEIGHT)
        policy = self._progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing moves when it comes
        self._progress.setSizePolicy(policy)
        self._progress.hide()
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._patience.timeout.connect(self._show_waiting)
        self._stack = Pages()
        self._stack.addWidget(self._message)
        head = row(self._about, margins=(8, 4, 8, 0))
        inside = LinesPanel()
        parts = (head, self.bar, self._progress, (self._stack, 1), self.caption)
        self._column = column(*parts, margins=(0, 0, 0, 8), spacing=4, on=inside)
        column(LinesScroll(inside, _LEAST), on=self)
        self._wait()

    @staticmethod
    def words() -> tuple[str, str]:
        """Give what its tab is called, which is short, and what it shows, in a sentence that stands above it."""
        raise NotImplementedError

    def put_above(self, parts: QLayout) -> None:
        """Put something between what it shows, in a sentence, and its options."""
        self._column.insertLayout(1, parts)

    def set_content(self, widget: QWidget) -> None:
        """Use this widget to show answers in."""
        self._stack.addWidget(widget)

    def put_in_order(self) -> None:
        """Have the Tab key pass the options as they are read, once all parts are there."""
        self.bar.put_in_order()

    def set_model(self, facts: ModelFacts | None) -> None:
        """Fit the options to another kind of model; without one, show nothing."""
        self.facts = facts
        self._wait()

    def question(self) -> Question | None:
        """Give what to ask of the model, as the options stand; None while something is missing."""
        raise NotImplementedError

    def prepare(self) -> QWidget | None:
        """Make what answers are shown in, while the first is on its way: plots take as long to make as it does."""
        return None

    def show_answer(self, answer: Answer) -> None:
        """Show an answer to the question."""
        self._end_waiting()
        self._stack.setCurrentIndex(1)
        self._save.setEnabled(True)

    def show_problem(self, sentence: str) -> None:
        """Say in place of an answer why there is none, or what to do first."""
        self._end_waiting()
        self._message.setText(sentence)
        self._stack.setCurrentIndex(0)
        self.caption.clear()
        self._save.setEnabled(False)

    def wait(self) -> None:
        """Say, if it is not there in a moment, that the answer to what was asked is on its way."""
        self._progress.setRange(0, 0)  # nobody knows how far it is
        self._patience.start()
        self.prepare()

    def show_progress(self, share: float) -> None:
        """Say which share of the answer is done; where there was none, that one is on its way after all."""
        self._progress.setRange(0, 100)
        self._progress.setValue(round(100 * share))
        if not self.is_answered and not self._patience.isActive():
            self._message.clear()
            self._show_waiting()

    @property
    def is_answered(self) -> bool:
        """Whether it shows an answer, and not a sentence in its place."""
        return self._stack.currentIndex() == 1

    def picture(self) -> QImage:
        """Give what is shown, to save it; of a grid the images pixel for pixel."""
        shown = self._stack.currentWidget()
        return shown.picture() if isinstance(shown, ImageGrid) else shown.grab().toImage()

    @Slot()
    def ask(self) -> None:
        """Ask the question as the options now stand."""
        self.asked.emit(self.question())

    def _wait(self) -> None:
        self.show_problem("" if self.facts else self.tr("Train or open a model first."))

    @Slot()
    def _show_waiting(self) -> None:
        self._progress.show()
        if not self._message.text():
            self._message.setText(self.tr("One moment …"))

    def _end_waiting(self) -> None:
        self._patience.stop()
        self._progress.hide()

    def _request_save(self) -> None:
        self.save_requested.emit(self.picture(), f"{self.objectName().removesuffix('View') or 'view'}.png")


class _Bar(Flow):
    """The options of a view, and at their end, at the right, what saves its picture."""

    def __init__(self, save: QWidget) -> None:
        super().__init__(margins=(8, 0, 8, 0))
        self._save: QWidget | None = None
        self.add_stretch()
        self.addWidget(save)
        self._save = save

    def addWidget(self, option: QWidget) -> None:
        """Take an option, before what is at the end."""
        if self._save is None:
            super().addWidget(option)
        else:
            self.insertWidget(self.count() - 2, option)

    def put_in_order(self) -> None:
        """Have the Tab key pass them as they are read; nothing before holds while more parts are made."""
        options = (item.widget() for item in self._parts())
        takes_focus = (option for option in options if option.focusPolicy() != Qt.FocusPolicy.NoFocus)
        for before, after in pairwise(takes_focus):
            QWidget.setTabOrder(before, after)

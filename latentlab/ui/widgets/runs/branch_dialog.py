"""The question where a branch is to begin: which epoch, and what is other from there on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QPushButton, QScrollArea, QWidget

from latentlab.core.runs.origin import Difference
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.letters_dialog import LettersDialog
from latentlab.ui.widgets.primary_button import PrimaryButton
from latentlab.ui.widgets.runs.run_origin import settings_in_words

_EPOCHS = "training.epochs"
_SIZE = QSize(64, 11)  # letters, and lines


class BranchDialog(LettersDialog):
    """Asks which epoch of a run a branch begins at.

    Parameters
    ----------
    name : str
        Of the run.
    epochs : sequence of int
        Those to choose from.
    chosen : int
        The one of them that stands there at first.
    more : int
        Epochs that are trained from there on.
    differs : sequence of Difference
        The settings that are changed.
    problem : str
        Why there can be none, or empty.
    """

    wanted = Signal(int)
    """The epoch that one wants."""

    def __init__(
        self,
        name: str,
        epochs: Sequence[int],
        chosen: int,
        more: int,
        differs: Sequence[Difference],
        problem: str,
        parent: QWidget,
    ) -> None:
        super().__init__(_SIZE, parent)
        self.setObjectName("branchDialog")
        self.setWindowTitle(self.tr("Branch"))
        self._epochs, self._more = list(epochs), more
        what = plain_label(self.tr("A new run goes on from {name} as it was after epoch").format(name=name))
        what.setWordWrap(True)
        self._choice = QComboBox(objectName="branchEpochBox")
        self._choice.setAccessibleName(self.tr("Epoch that the branch begins at"))
        self._choice.addItems([str(epoch) for epoch in epochs])
        self._choice.setCurrentIndex(self._epochs.index(chosen))
        self._choice.currentIndexChanged.connect(self._show_end)
        self._end = plain_label(role=theme.MUTED, objectName="branchEnd", wordWrap=True)
        differs = [each for each in differs if each[0] != _EPOCHS]  # which are told above, and are those from there on
        changed = self.tr("Changed in it: {settings}").format(settings=settings_in_words(differs))
        nothing = self.tr("No setting is changed yet: change some in the setup, then branch, to try another way.")
        self._told = plain_label(problem or (changed if differs else nothing), wordWrap=True, objectName="branchTold")
        self._told.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        told = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame, focusPolicy=Qt.FocusPolicy.NoFocus)
        told.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        told.setWidget(self._told)
        cancel = QPushButton(self.tr("&Cancel"), objectName="cancelBranchButton")
        cancel.clicked.connect(self.reject)
        branch = PrimaryButton(self.tr("&Branch"), objectName="branchButton", enabled=not problem)
        branch.setDefault(True)
        branch.clicked.connect(self._want)
        chosen_row = row(self._choice, (self._end, 1), spacing=10)
        buttons = row(STRETCH, cancel, branch, spacing=8)
        column(what, chosen_row, (told, 1), buttons, margins=(14, 14, 14, 14), spacing=10, on=self)
        self._show_end()
        self._choice.setFocus()

    @Slot()
    def _want(self) -> None:
        self.wanted.emit(self._epochs[self._choice.currentIndex()])
        self.accept()

    @Slot()
    def _show_end(self) -> None:
        end = self._epochs[self._choice.currentIndex()] + self._more
        said = self.tr("and is trained for as many more as the setup has Epochs, {more:,}: up to epoch {end:,}.")
        self._end.setText(said.format(more=self._more, end=end))

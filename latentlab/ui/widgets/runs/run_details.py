"""What is known of the run that is chosen: its map, its figures, and the title and notes that one gives it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QDateTime, QEvent, QLocale, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QLineEdit, QPlainTextEdit, QScrollArea, QSizePolicy, QWidget

from latentlab.core.errors import printable
from latentlab.core.map.map_of_run import MapOfRun
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.run_notes import MOST_TITLE
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.boxes import column
from latentlab.ui.widgets.images.map_picture import MapPicture
from latentlab.ui.widgets.runs.run_origin import came_from_in_words
from latentlab.ui.widgets.runs.run_words import size_in_words, state_in_words, time_in_words

_MAP = 170  # pixels, in text of common size
_PAUSE = 1500  # milliseconds without a key, after which notes are kept


class RunDetails(QScrollArea):
    """Shows one run; titles and notes are told when one has finished writing them."""

    renamed = Signal(Path, str)
    noted = Signal(Path, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chosenRun")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its parts take it
        self.data_name: Callable[[str], str] = printable
        self.source: Callable[[KeptRun], KeptRun | None] = lambda run: None
        self._run: KeptRun | None = None
        self._map = MapPicture(height=_MAP)
        self.title = QLineEdit(objectName="runTitle", maxLength=MOST_TITLE)
        self.title.setAccessibleName(self.tr("Title"))
        self.title.setToolTip(self.tr("What the run is called; without a title it is its file's name"))
        self.title.editingFinished.connect(self._tell_title)
        self._facts = plain_label(wordWrap=True, objectName="runFacts")
        self._facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._notes = QPlainTextEdit(objectName="runNotes", tabChangesFocus=True)
        self._notes.setPlaceholderText(self.tr("Notes: why it was trained, what came of it"))
        self._notes.setAccessibleName(self.tr("Notes"))
        self._notes.installEventFilter(self)
        self._notes.textChanged.connect(self._write)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self.keep_notes)
        self._nothing = plain_label(wordWrap=True, role=theme.MUTED, objectName="runNothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._parts = (self.title, self._map, self._facts, self._notes)
        content = QWidget()
        content.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        column(self._nothing, *self._parts[:-1], (self._notes, 1), margins=(8, 0, 0, 0), spacing=8, on=content)
        self.setWidget(content)
        self._size()
        self.show_runs([])

    @property
    def run(self) -> KeptRun | None:
        """The run that is shown, if one alone is chosen."""
        return self._run

    def show_runs(self, runs: list[KeptRun]) -> None:
        """Show a run; of none, or several, how many there are. What is being written stays."""
        before, self._run = self._run, runs[0] if len(runs) == 1 else None
        is_other = before is None or self._run is None or before.path != self._run.path
        if is_other and before is not None:
            self._keep_notes_of(before)
        for part in self._parts:
            part.setVisible(self._run is not None)
        self._nothing.setVisible(self._run is None)
        several = self.tr("{n:,} runs are selected").format(n=len(runs))
        self._nothing.setText(several if runs else self.tr("Select a run to see what it is."))
        if self._run is None:
            return
        if is_other:
            self.show_map(None)
        if is_other or not self.title.hasFocus():
            self.title.setText(self._run.title)
        self.title.setPlaceholderText(printable(self._run.path.stem))
        if is_other or not self._pause.isActive():
            self._set_notes(self._run.notes, keep_place=not is_other)
        self._facts.setText(self._in_words(self._run))
        self._facts.setToolTip(plain(printable(str(self._run.path))))

    def show_map(self, found: MapOfRun | None) -> None:
        """Show the map of the run; nothing where there is none, or it is not read yet."""
        if found is None:
            self._map.set_points(np.empty((0, 2), np.float32), np.empty(0, np.int64), 0)
        else:
            self._map.set_points(found.points, found.labels, found.classes)

    def edit_title(self) -> None:
        """Let one write the title."""
        if self._run is not None:
            self.ensureWidgetVisible(self.title)
            self.title.setFocus()
            self.title.selectAll()

    @Slot()
    def keep_notes(self) -> None:
        """Tell the notes as far as they are written."""
        if self._run is not None:
            self._keep_notes_of(self._run)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the notes when one turns to something else."""
        if event.type() == QEvent.Type.FocusOut:
            self.keep_notes()
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._size()

    def _size(self) -> None:
        self._notes.setMinimumHeight(5 * self.fontMetrics().height())
        self.setMinimumWidth(24 * self.fontMetrics().averageCharWidth())

    def _set_notes(self, notes: str, *, keep_place: bool) -> None:
        if notes == self._notes.toPlainText():
            return
        place = self._notes.textCursor().position() if keep_place else 0
        self._notes.setPlainText(notes)
        self._pause.stop()
        cursor = self._notes.textCursor()
        cursor.setPosition(min(place, len(notes)))
        self._notes.setTextCursor(cursor)

    @Slot()
    def _write(self) -> None:
        if self._run is not None and self._notes.hasFocus():
            self._pause.start()

    @Slot()
    def _tell_title(self) -> None:
        if self._run is not None and self.title.text().strip() != self._run.title:
            self.renamed.emit(self._run.path, self.title.text())

    def _keep_notes_of(self, run: KeptRun) -> None:
        self._pause.stop()
        if (notes := self._notes.toPlainText()) != run.notes:
            self.noted.emit(run.path, notes)

    def _in_words(self, run: KeptRun) -> str:
        """Say what is known of a run, a line for each thing."""
        kinds = {"autoencoder": self.tr("autoencoder"), "vae": "VAE", "cvae": "CVAE"}
        what = self.tr("{kind} of {dimensions} dimensions, recipe {recipe}")
        lines = [
            what.format(kind=kinds.get(run.kind, run.kind or "?"), dimensions=run.latent or "?", recipe=run.recipe),
            self.tr("Images: {name}").format(name=self.data_name(run.dataset)),
            self.tr("{done} of {all} epochs, {state}").format(
                done=run.epochs, all=run.of_epochs, state=state_in_words(run.state)
            ),
        ]
        lines += came_from_in_words(run, self.source(run))
        if run.test is not None:
            text = self.tr("Test loss {loss:.2f} nats: reconstruction {reconstruction:.2f}, KL {kl:.2f}")
            lines.append(text.format(**run.test))
        if run.seconds is not None:
            lines.append(self.tr("Trained for {time}").format(time=time_in_words(run.seconds)))
        moment = QDateTime.fromString(run.started, Qt.DateFormat.ISODate)
        if moment.isValid():
            when = QLocale().toString(moment.toLocalTime(), QLocale.FormatType.ShortFormat)
            lines.append(self.tr("Begun {when}").format(when=when))
        lines.append(self.tr("{name}, {size}").format(name=printable(run.path.name), size=size_in_words(run.size)))
        return "\n".join(lines)

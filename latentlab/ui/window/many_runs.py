"""The window in which any number of runs are compared, and which signal goes to which slot in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSize, Signal
from PySide6.QtGui import QGuiApplication, QShortcut, QShowEvent
from PySide6.QtWidgets import QProgressBar, QPushButton, QSplitter, QTabWidget, QWidget

from latentlab.core.map.many_maps import MOST_MAPS
from latentlab.core.output import comparison_file
from latentlab.ui.panels.many_maps import ManyMapsPanel
from latentlab.ui.panels.run_comparison import RunComparisonPanel
from latentlab.ui.panels.run_curves import RunCurvesPanel
from latentlab.ui.session.many_maps import Followed, ManyMapsState, ShownMaps
from latentlab.ui.session.many_runs import Compared
from latentlab.ui.session.session import Session
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.message_bar import MessageBar
from latentlab.ui.widgets.runs.run_legend import RunLegend
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.window_beside import WindowBeside

_SIZE = QSize(1280, 800)
translate = QCoreApplication.translate


class ManyRunsWindow(WindowBeside):
    """Shows curves, figures, maps, and rate and distortion of some runs, beside a list of them.

    Parameters
    ----------
    owner : QWidget
        The main window.
    """

    came = Signal()

    def __init__(self, owner: QWidget) -> None:
        from latentlab.ui.panels.rate_distortion import RateDistortionPanel  # what is first seen here is loaded here

        super().__init__(owner)
        self.setObjectName("manyRunsWindow")
        self.setWindowTitle(self.tr("Compare runs – latentlab"))
        self.legend = RunLegend()
        self.curves, self.table = RunCurvesPanel(), RunComparisonPanel()
        self.maps, self.rates = ManyMapsPanel(), RateDistortionPanel()
        self.pages = QTabWidget(objectName="comparePages", documentMode=True)
        self.pages.addTab(self.curves, self.tr("Curves"))
        self.pages.addTab(self.table, self.tr("Table"))
        self.pages.addTab(self.maps, self.tr("Maps"))
        self.pages.addTab(self.rates, self.tr("Rate and distortion"))
        self.messages = MessageBar("compare")
        self._progress = QProgressBar(textVisible=False, objectName="compareProgress")
        self._progress.setAccessibleName(self.tr("How far reading the runs is"))
        self._progress.setRange(0, 100)
        self._progress.setFixedHeight(6)
        self._doing = plain_label(role=theme.MUTED, wordWrap=True)
        self.cancel = QPushButton(self.tr("&Cancel"), objectName="compareCancelButton")
        self._working = QWidget()
        row((self._doing, 1), (self._progress, 2), self.cancel, margins=(12, 4, 12, 4), spacing=8, on=self._working)
        self._working.hide()
        side = QWidget()
        head = plain_label(self.tr("Runs"), role=theme.MUTED)
        column(head, (self.legend, 1), margins=(10, 10, 4, 8), spacing=6, on=side)
        halves = QSplitter(childrenCollapsible=False)
        halves.addWidget(side)
        halves.addWidget(self.pages)
        halves.setStretchFactor(1, 1)
        halves.setSizes([230, 1050])
        column(self.messages, self._working, (halves, 1), spacing=0, on=self)
        self.resize(_SIZE)
        QShortcut("Esc", self, self._give_up)

    def showEvent(self, event: QShowEvent) -> None:
        """Say that it is looked at."""
        super().showEvent(event)
        self.came.emit()

    def _give_up(self) -> None:
        if self._working.isVisible():
            self.cancel.click()

    def show_progress(self, doing: str, share: float | None) -> None:
        """Say what is being done and how far it is; None when it is done."""
        self._working.setVisible(share is not None)
        self._doing.setText(doing)
        self._progress.setValue(round(100 * (share or 0)))


def join_many_runs(session: Session, owner: QWidget, dialogs: FileDialogs) -> Callable[[], None]:
    """Compare runs in a window of their own, which is made when some are first compared; gives what closes it."""
    made: list[ManyRunsWindow] = []

    def come() -> None:
        if not made:
            made.append(ManyRunsWindow(owner))
            _join(session, made[0], dialogs)
        made[0].come()

    def close() -> None:
        for window in made:
            window.close()

    session.many_runs.asked.connect(come)
    return close


def _join(session: Session, window: ManyRunsWindow, dialogs: FileDialogs) -> None:
    runs, maps, collection = session.many_runs, session.many_runs.maps, session.collection
    legend, curves, table, rates = window.legend, window.curves, window.table, window.rates

    def show_runs(compared: Compared) -> None:
        records = compared.records
        names = [(record.path, record.kept.name) for record in records]
        legend.set_runs(names)
        window.maps.set_runs(names)
        curves.show_runs(records, legend.shown())
        table.show_runs(records, compared.table)
        rates.set_all(collection.runs)
        rates.show_runs([record.kept for record in records])
        want_maps(legend.shown())

    def show_some(paths: Sequence[Path]) -> None:
        curves.show_some(paths)
        want_maps(paths)

    def want_maps(paths: Sequence[Path]) -> None:
        window.maps.set_left_out(max(0, len(paths) - MOST_MAPS))
        maps.want(paths[:MOST_MAPS])

    def take_all() -> None:
        if not window.isVisible():  # it takes them when it comes again
            return
        rates.set_all(collection.runs)
        runs.follow(collection.runs)

    def tell_reading(is_reading: bool) -> None:
        if not is_reading:
            window.show_progress("", None)

    def copy() -> None:
        if runs.compared is not None:
            QGuiApplication.clipboard().setText(comparison_file.as_text(runs.compared.table))

    def ask_and_save() -> None:
        if runs.compared is not None:
            dialogs.save("comparison", "comparison.csv", runs.save)

    def pick(path: Path | None) -> None:
        for each in (legend.pick, curves.set_picked, table.set_picked, window.maps.set_picked, rates.set_picked):
            each(path)

    def cancel() -> None:
        runs.cancel()
        window.show_progress("", None)

    runs.told.connect(show_runs)
    runs.picked.connect(pick)
    runs.reading_changed.connect(tell_reading)
    runs.progressed.connect(lambda share: window.show_progress(translate("CompareRuns", "Reading runs"), share))
    runs.saved.connect(lambda path: window.messages.show_message(_saved(path), False))
    for failed in (runs.failed, maps.failed):
        failed.connect(lambda sentence: window.messages.show_message(sentence, True))
    legend.shown_changed.connect(show_some)
    for picked in (legend.picked, curves.picked, table.picked, rates.picked):
        picked.connect(runs.pick)
    table.copy_asked.connect(copy)
    table.save_asked.connect(ask_and_save)
    collection.arranged.connect(take_all)
    window.came.connect(take_all)
    window.cancel.clicked.connect(cancel)
    maps.reading_changed.connect(tell_reading)
    maps.progressed.connect(lambda share: window.show_progress(translate("CompareRuns", "Reading maps"), share))
    _join_maps(maps, window)
    if runs.compared is not None:
        show_runs(runs.compared)


def _join_maps(maps: ManyMapsState, window: ManyRunsWindow) -> None:
    """Show what the maps tell, and do on all of them what is done on one."""
    panel = window.maps

    def show_maps(shown: ShownMaps) -> None:
        panel.show_maps(shown.paths, shown.maps, is_aligned=shown.is_aligned)
        panel.show_cursor(maps.places(maps.cursor))

    def show_cursor(number: int) -> None:
        panel.show_cursor(maps.places(number))
        panel.frame_disputed(number)

    def show_followed(followed: Followed | None) -> None:
        if followed is None:
            panel.show_followed(None, [])
        else:
            panel.show_followed(followed.image, followed.reconstructions)

    def tell_judging(share: float) -> None:
        window.show_progress(translate("CompareRuns", "Comparing reconstructions"), share if share < 1 else None)

    maps.shown_changed.connect(show_maps)
    maps.cursor_changed.connect(show_cursor)
    maps.followed.connect(show_followed)
    maps.hovered_changed.connect(panel.show_hovered)
    maps.selected_changed.connect(panel.show_selected)
    maps.judged.connect(panel.show_judged)
    maps.judged.connect(lambda _: window.show_progress("", None))
    maps.judging_progressed.connect(tell_judging)
    panel.looked_at.connect(maps.set_looked_at)
    panel.picked_at.connect(maps.pick)
    panel.point_toggled.connect(maps.toggle)
    panel.area_drawn.connect(maps.select)
    panel.hovered.connect(maps.hover)
    panel.image_picked.connect(maps.pick_image)
    panel.align_wanted.connect(maps.align)


def _saved(path: Path) -> str:
    return translate("CompareRuns", "The table is in {path}.").format(path=path)

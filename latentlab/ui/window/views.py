"""The views: only the one that is looked at asks anything; what is picked, selected and saved in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage

from latentlab.core.arrays import Integers
from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.question import Answer, Question
from latentlab.ui.panels.views.interpolations import InterpolationsPanel
from latentlab.ui.panels.views.traversals import TraversalsPanel
from latentlab.ui.session.session import Session
from latentlab.ui.style.picture_file import PictureError, save_picture
from latentlab.ui.widgets.view_panel import ViewPanel
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.later import Later
from latentlab.ui.window.view_tabs import ViewTabs

_FRAMES_PER_SECOND = 30.0
translate = QCoreApplication.translate


def join_views(session: Session, tabs: ViewTabs, dialogs: FileDialogs) -> None:
    """Ask a session, show what it answers, and save it."""
    views, selection, exploration = session.views, session.selection, session.exploration
    to_traversals, to_interpolations = Later(), Later()

    def ask() -> None:
        panel = tabs.view()
        if panel is None or panel.facts is None:
            views.ask(None)
        else:
            ask_for(panel, panel.question())

    def ask_for(panel: ViewPanel, question: Question | None) -> None:
        if panel is tabs.view():
            views.ask(question, is_answered=panel.is_answered)
            if views.asking.is_waiting:
                panel.wait()

    def set_model(facts: ModelFacts | None) -> None:
        for panel in tabs.views():
            panel.set_model(facts)
        ask()

    def show_answer(answer: Answer) -> None:
        if (panel := tabs.view()) is not None:
            panel.show_answer(answer)

    def show_problem(sentence: str) -> None:
        if (panel := tabs.view()) is not None:
            panel.show_problem(sentence)

    def show_progress(share: float) -> None:
        if (panel := tabs.view()) is not None:
            panel.show_progress(share)

    def show_selected(panel: InterpolationsPanel, rows: Integers) -> None:
        panel.set_selected(rows, selection.pictures(panel.MOST))

    def save(picture: QImage, path: Path) -> None:
        try:
            save_picture(picture, path)
        except PictureError as error:
            session.message.emit(str(error), True)
        else:
            session.message.emit(translate("Views", "The picture is saved as {path}.").format(path=path), False)

    def ask_for_animation(frames: npt.NDArray[np.float32], name: str) -> None:
        dialogs.save_film(name, lambda path: session.map.films.write(path, frames[None], _FRAMES_PER_SECOND))

    def join(panel: ViewPanel) -> None:
        panel.set_model(views.facts)
        panel.asked.connect(lambda question: ask_for(panel, question))
        panel.picked_at.connect(exploration.pick)
        panel.point_picked.connect(exploration.pick_point)
        panel.save_requested.connect(
            # The picture as it is when it is asked for, whatever the view shows by then.
            lambda picture, name: dialogs.save("picture", name, lambda path: save(picture, path))
        )
        if isinstance(panel, TraversalsPanel):
            panel.code_picked.connect(exploration.pick_code)
            to_traversals.come(panel)
        elif isinstance(panel, InterpolationsPanel):
            panel.toggled.connect(selection.toggle)
            panel.swap_requested.connect(selection.swap)
            panel.clear_requested.connect(selection.clear)
            panel.train_requested.connect(session.selection_training.train)
            panel.animation_save_requested.connect(ask_for_animation)
            to_interpolations.come(panel)

    tabs.made.connect(join)
    tabs.currentChanged.connect(ask)
    views.model_changed.connect(set_model)
    views.answered.connect(show_answer)
    views.refused.connect(show_problem)
    views.progressed.connect(show_progress)
    to_traversals.join(exploration.decoded, TraversalsPanel.set_decoded)
    to_traversals.join(exploration.pointed, TraversalsPanel.set_point)
    to_traversals.join(exploration.label_changed, TraversalsPanel.set_label)
    to_interpolations.join(selection.changed, show_selected)

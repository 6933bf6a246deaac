"""Trainings that other programs do: begun from here, followed, and what is said of them above the map."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from latentlab.core.errors import printable
from latentlab.ui.panels.curves import CurvesPanel
from latentlab.ui.panels.followed import FollowedBar
from latentlab.ui.panels.recipe import RecipePanel
from latentlab.ui.panels.run_bar import RunBar
from latentlab.ui.session.background_trainings import Going
from latentlab.ui.session.following import Followed
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.runs.run_words import time_in_words
from latentlab.ui.window.menus import Menus

translate = QCoreApplication.translate


def join_following(session: Session, bar: FollowedBar, run_bar: RunBar, curves: CurvesPanel) -> None:
    """Show the run that another program trains as it moves, and what is known of others that go on."""
    following, background = session.following, session.background
    dismissed: set[Path] = set()
    goes_on = False

    def others() -> list[Going]:
        return [each for each in background.going if each.path not in dismissed]

    def show() -> None:
        if followed := following.followed:
            bar.show_followed(
                _sentence(followed),
                printable(str(followed.path)),
                is_training=followed.state == "training",
                can_finish=followed.state in ("broken off", "silent", "stopped") and session.state == "idle",
                is_problem=followed.state in ("broken off", "silent") or bool(followed.problem),
            )
        elif found := others():
            bar.show_other(
                _offer(found),
                printable(str(found[0].path)),
                can_follow=found[0].run is not None and session.state == "idle",
            )
        else:
            bar.hide()

    def end_progress() -> None:
        """Tell no more how long it will take, where nobody trains it any more."""
        nonlocal goes_on
        before, goes_on = goes_on, following.followed is not None and following.followed.state == "training"
        if before and not goes_on:
            run_bar.clear()

    def follow() -> None:
        for each in others()[:1]:
            session.open_run(each.path)

    def leave() -> None:
        if (followed := following.followed) is not None:
            dismissed.add(followed.path)
            following.leave()
        else:
            dismissed.update(each.path for each in others())
            show()

    bar.follow_requested.connect(follow)
    bar.finish_requested.connect(session.finish_training)
    bar.stop_requested.connect(following.stop_training)
    bar.leave_requested.connect(leave)
    following.changed.connect(show)
    following.changed.connect(end_progress)
    background.changed.connect(show)
    session.training.state_changed.connect(show)
    following.started.connect(run_bar.show_started)
    following.advanced.connect(run_bar.show_progress)
    following.restarted.connect(curves.show_history)
    following.steps_read.connect(curves.add_progress)
    following.epoch_ended.connect(curves.add_epoch)
    following.setting_changed.connect(curves.add_change)
    session.interrupted.listed.connect(background.find)


def join_background(session: Session, run_bar: RunBar, recipe: RecipePanel, menus: Menus) -> None:
    """Begin trainings in programs of their own."""

    def begin() -> None:
        library = session.library
        if not recipe.is_valid():
            session.message.emit(translate("Background", "A setting is wrong: look for the red frame in Setup."), True)
        elif library.data is not None:
            session.background.begin(session.recipe, session.folder, library.data_dir, session.threads)
        elif library.is_loading() or library.ask():
            wait = translate("Background", "The images are not loaded yet: begin when they are.")
            session.message.emit(wait, True)
        else:
            session.message.emit(library.problem, True)

    def tell(path: Path, said: str) -> None:
        followed = session.following.followed
        if said:
            text = translate("Background", "The training in the background, {name}, has failed: {problem}")
        elif followed is not None and followed.path == path:  # which is told where it is shown
            return
        else:
            text = translate(
                "Background", "The training in the background, {name}, broke off: its program ended without a word."
            )
        session.message.emit(text.format(name=printable(path.stem), problem=said), True)

    ways = QMenu(run_bar)
    ways.addAction(menus["trainInBackground"])
    run_bar.ways_button.setMenu(ways)
    menus["trainInBackground"].triggered.connect(begin)
    session.background.broke_off.connect(tell)
    session.background.failed.connect(lambda sentence: session.message.emit(sentence, True))


def _sentence(followed: Followed) -> str:
    """Say how a run that is followed is getting on."""
    if followed.problem:
        text = translate("Following", "{problem} What is shown stays, and is {age} old; it is looked for again.")
        return text.format(problem=followed.problem, age=time_in_words(followed.age))
    text = {
        "training": translate(
            "Following", "{name} is trained outside this window: epoch {next} of {all}, shown as it was {age} ago."
        ),
        "broken off": translate(
            "Following", "The training of {name} broke off in epoch {next} of {all}: its program has ended."
        ),
        "silent": translate(
            "Following",
            "Nothing was saved of {name} for {age}: its training, in epoch {next} of {all}, may have ended.",
        ),
        "stopped": translate("Following", "The training of {name} was stopped after {done} of {all} epochs."),
        "finished": translate("Following", "The training of {name} has come to its end, after {done} epochs."),
    }[followed.state]
    return text.format(
        name=followed.name,
        next=min(followed.epochs + 1, followed.of_epochs),
        done=followed.epochs,
        all=followed.of_epochs,
        age=time_in_words(max(1, followed.age)),
    )


def _offer(found: list[Going]) -> str:
    """Say which trainings go on."""
    first = found[0]
    if first.run is None:
        text = translate(
            "Following", "{name} begins to train in the background; it goes on when this window is closed."
        )
        text = text.format(name=first.name)
    else:
        text = translate("Following", "{name} is being trained outside this window.").format(name=first.name)
    if len(found) > 1:
        text = translate("Following", "{what} {n} more are being trained: see All runs.").format(
            what=text, n=len(found) - 1
        )
    return text

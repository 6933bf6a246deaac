"""Garbage is collected between two events, and nowhere else."""

import gc
import weakref

from PySide6.QtWidgets import QDialog


class Thing:
    pass


def in_a_circle():
    one, other = Thing(), Thing()
    one.other, other.one = other, one
    return weakref.ref(one)


def test_what_nobody_has_any_more_goes_when_events_are_waited_for_and_not_before(qtbot):
    gone = in_a_circle()
    for _ in range(5_000):
        in_a_circle()
    assert gone() is not None
    assert not gc.isenabled()
    qtbot.waitUntil(lambda: gone() is None)


def test_a_dialog_in_a_circle_is_not_destroyed_while_qt_is_at_work(qtbot):
    """What a handler of an event makes would otherwise be looked through within the handler."""

    class Handler(QDialog):
        def event(self, event):
            [in_a_circle() for _ in range(2_000)]
            seen.append(lost() is not None)
            return super().event(event)

    def lose():
        dialog = QDialog()
        dialog.itself = dialog
        return weakref.ref(dialog)

    seen, lost = [], lose()
    handler = Handler()
    qtbot.addWidget(handler)
    handler.show()
    qtbot.waitUntil(lambda: lost() is None)
    assert seen[0]

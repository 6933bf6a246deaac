"""What tests of selected images do with a window."""


def see(lab, *rows):
    """Select images, look at them, and wait for what lies between them."""
    for row in rows:
        lab.session.selection.toggle(row)
    with lab.qtbot.waitSignal(lab.session.views.answered):
        lab.look_at("imagesView")

"""A path in a box that is too narrow for it."""

from latentlab.ui.widgets.forms.path_box import PathBox


def test_the_kind_and_the_folder_of_a_long_path_are_seen(qtbot):
    box = PathBox()
    qtbot.addWidget(box)
    box.addItems(["digits", "folder:/somewhere/very/deep/below/the/home/of/somebody/holiday"])
    box.resize(220, box.sizeHint().height())
    assert box.shown_text() == "digits"
    box.setCurrentIndex(1)
    assert box.shown_text().startswith("folder:")
    assert box.shown_text().endswith("holiday")
    assert "…" in box.shown_text()
    assert box.currentText().count("/") == 9, "what is chosen is still the whole name"

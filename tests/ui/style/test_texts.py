"""Names are shown letter by letter, whatever they look like."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import Qt, QTextDocumentFragment

import latentlab.ui
from latentlab.ui.style.texts import plain, plain_label

NAMES = ["digits & letters", "<b>seven</b>", "<img src='file:///etc/x.png'>", "a <i>\nb", "x<y", "&lt;", "</p>"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_it_is(name, qtbot):
    label = plain_label(name)
    qtbot.addWidget(label)
    assert label.text() == name
    assert label.textFormat() == Qt.TextFormat.PlainText
    shown = plain(name)
    if Qt.mightBeRichText(shown):
        shown = QTextDocumentFragment.fromHtml(shown).toPlainText()
    assert shown == name


def test_no_label_leaves_it_to_qt_what_a_text_is():
    sources = [path for path in Path(latentlab.ui.__file__).parent.rglob("*.py") if path.name != "texts.py"]
    bare = [path.name for path in sources if re.search(r"\b(QLabel|QErrorMessage)\(", path.read_text("utf-8"))]
    assert not bare, "use plain_label or rich_label"

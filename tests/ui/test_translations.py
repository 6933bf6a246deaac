"""From the sources to a window that speaks another language: each text is found, translated, and shown."""

import ast
import functools
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLibraryInfo
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel, QPushButton, QSpinBox

from latentlab.ui.style import languages
from tests.ui.translating import tool

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "latentlab" / "ui").rglob("*.py"))
SHIPPED = sorted((ROOT / "resources" / "translations").glob("*.ts"))
LETTERS = re.compile(r"[^\W\d_]{2,}")


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Give a file of all texts, none of them translated yet, as CONTRIBUTING says how to make it."""
    path = tmp_path_factory.mktemp("template") / "latentlab_de.ts"
    tool("lupdate", *SOURCES, "-ts", path)
    return path


@pytest.fixture(scope="session")
def translation(template):
    """Give a compiled translation, which puts every text in quotation marks."""
    tree = ElementTree.parse(template)
    tree.getroot().set("language", "de")
    for message in tree.iter("message"):
        translated = message.find("translation")
        translated.text = f"«{message.findtext('source')}»"
        translated.attrib.clear()
    tree.write(template.with_name("filled.ts"), encoding="utf-8", xml_declaration=True)
    compiled = template.with_name("latentlab_de.qm")
    tool("lrelease", template.with_name("filled.ts"), "-qm", compiled)
    return compiled


@functools.cache
def calls(path):
    """Give the calls in a file, each with the name of the class around it."""
    found = []

    def look(node, owner):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                found.append((child, owner))
            look(child, child.name if isinstance(child, ast.ClassDef) else owner)

    look(ast.parse(path.read_text(encoding="utf-8")), "")
    return found


def asked(path):
    """Give what a file asks translations of: the class around `self.tr`, or what `translate` names, and the text."""
    for call, owner in calls(path):
        match call:
            case ast.Call(ast.Attribute(attr="tr"), [ast.Constant(text)]):
                yield owner, text
            case ast.Call(
                ast.Name("translate") | ast.Attribute(attr="translate"), [ast.Constant(str(to)), ast.Constant(text)]
            ):
                yield to, text


def test_all_that_is_asked_for_is_found(template):
    wanted = {each for path in SOURCES for each in asked(path)}
    contexts = ElementTree.parse(template).iter("context")
    found = {(each.findtext("name"), text.text) for each in contexts for text in each.iter("source")}
    assert len(wanted) > 1000
    assert found == wanted


# What shows a text to people: functions by their first argument, and properties of Qt's.
SHOWS = {
    *("addAction", "addItem", "addMenu", "addRow", "addTab", "insertItem", "setAccessibleDescription"),
    *("setAccessibleName", "setPlaceholderText", "setPrefix", "setSpecialValueText", "setStatusTip", "setSuffix"),
    *("setTabText", "setTabToolTip", "setText", "setTitle", "setToolTip", "setWindowTitle", "set_placeholder", "emit"),
    *("QAction", "QCheckBox", "QGroupBox", "QLabel", "QPushButton", "QRadioButton", "bar_button", "heading"),
    *("plain_label", "rich_label", "show_message"),
}
PROPERTIES = {"placeholderText", "prefix", "specialValueText", "suffix", "text", "title", "toolTip", "windowTitle"}
OTHER = re.compile(r"<[^>]*>|&\w+;|\{[^}]*\}")  # of what is shown: HTML, and what is filled in
NAMES = {"latentlab", "VAE", "CVAE"}  # which every language has
SIGNALS = re.compile(r"[a-z]\w*")  # words that one part of the program tells another


def bare(node):
    """Give the words in an expression that are not handed to those who translate."""
    match node:
        case ast.Call(ast.Attribute(attr="tr") | ast.Name("translate" | "resource")):
            return
        case ast.Call(ast.Attribute(value)):  # such as "…".format(…), of which nothing else is shown as it stands
            yield from bare(value)
        case ast.Call() | ast.Subscript() | ast.Compare():
            return
        case ast.Constant(str(text)):
            yield from LETTERS.findall(OTHER.sub("", text))
        case ast.JoinedStr(parts):  # whose HTML may be broken by what is filled in
            texts = [part.value if isinstance(part, ast.Constant) else "{}" for part in parts]
            yield from LETTERS.findall(OTHER.sub("", "".join(texts)))
        case ast.IfExp(_, one, other):
            yield from (*bare(one), *bare(other))
        case ast.BinOp(left, _, right):
            yield from (*bare(left), *bare(right))
        case ast.BoolOp(_, values):
            yield from (word for value in values for word in bare(value))


def shown(call):
    """Give the expressions of a call that people see."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    texts = [keyword.value for keyword in call.keywords if keyword.arg in PROPERTIES]
    is_told = name != "emit" or not (call.args and SIGNALS.fullmatch(str(getattr(call.args[0], "value", ""))))
    return texts + (call.args[:1] if name in SHOWS and is_told else [])


def untranslated(path):
    """Give the lines where people see words that no translation is asked of, and the words."""
    said = [(call.lineno, [w for text in shown(call) for w in bare(text) if w not in NAMES]) for call, _ in calls(path)]
    return [(line, words) for line, words in said if words]


def test_whatever_people_see_can_be_translated():
    found = {path.name: said for path in SOURCES if (said := untranslated(path))}
    assert not found


def test_what_cannot_be_translated_is_found(tmp_path):
    wrong = """
QLabel("Loss")
box.setToolTip(f"<b>{name}</b> is <i>open</i>" if name else "None")
QPushButton(text="Open {name}".format(name=name))
box.setText(self.tr("Open ") + "it")
message.emit("The images are gone.", True)
"""
    (tmp_path / "wrong.py").write_text(wrong)
    assert untranslated(tmp_path / "wrong.py") == [
        (2, ["Loss"]),
        (3, ["is", "open", "None"]),
        (4, ["Open"]),
        (5, ["it"]),
        (6, ["The", "images", "are", "gone"]),
    ]
    right = """
box.setText(self.tr("Open {name}").format(name="one"))
rich_label(f"<b style='color: red'>{name}</b>&nbsp;{n} %")
QPushButton(translate("Run", "Open"), objectName="openButton")
told.emit("theme")
"""
    (tmp_path / "right.py").write_text(right)
    assert not untranslated(tmp_path / "right.py")


@pytest.fixture
def speaking(qapp, translation, tmp_path, monkeypatch):
    """Have the windows that are made speak the translation, which lies in a person's own folder."""
    monkeypatch.setattr(languages, "own_folder", lambda: translation.parent)
    languages.speak("de")
    yield
    languages.speak(languages.ENGLISH)


def test_the_window_speaks_a_translation_and_its_numbers_are_the_same(speaking, make_lab):
    lab = make_lab()
    lab.until_loaded()
    assert (languages.spoken(), lab.message()) == ("de", "")
    assert [action.text() for action in lab.window.menuBar().actions()][:2] == ["«&File»", "«&Edit»"]
    assert lab.action("openRun").text() == "«&Open run…»"
    assert lab.child("trainButton", QPushButton).text() == "«Train»"
    texts = [label.text() for label in lab.window.findChildren(QLabel) if label.isVisible()]
    english = [text for text in texts if LETTERS.search(text) and "«" not in text]
    assert len(english) <= 4, english  # the program's name, and what a recipe says of itself
    assert len(texts) > 5 * len(english)

    assert lab.child("epochsBox", QSpinBox).value() == lab.session.recipe.training.epochs
    lab.train()
    assert set(lab.child("lossPlot").series()) >= {"train/loss", "test/loss"}
    lab.until(lambda: len(lab.canvas.points()))


def test_so_do_the_buttons_and_keys_of_qt(speaking):
    if not Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath), "qtbase_de.qm").exists():
        pytest.skip("this Qt came without translations")
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"
    keys = QKeySequence("Ctrl+Del")  # as the list of actions has it
    assert keys.toString(QKeySequence.SequenceFormat.NativeText) == "Strg+Entf"
    assert keys.toString() == "Ctrl+Del"


def test_what_is_shipped_is_compiled_and_fills_in_what_english_does():
    for path in SHIPPED:
        assert path.with_suffix(".qm").exists(), path
        for message in ElementTree.parse(path).iter("message"):
            text, source = message.findtext("translation") or "", message.findtext("source")
            assert languages.is_filled_alike(source, text), f"{path.name}: {text}"

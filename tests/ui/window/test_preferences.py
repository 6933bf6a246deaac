"""The preferences: in force at once, remembered, and what is wrong is said at the field."""

import math

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as often
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QLineEdit, QSpinBox
from shiboken6 import Shiboken

from latentlab.ui.settings import Settings
from latentlab.ui.style import languages, theme
from tests.ui.translating import compiled


@pytest.fixture
def size():
    """Give the size of text, and have it again in the end."""
    before = QApplication.font().pointSizeF()
    yield before
    theme.change_text_size(before - QApplication.font().pointSizeF())
    theme.set_theme("light")


def opened(lab):
    lab.action("preferences").trigger()
    return lab.child("preferencesDialog", QDialog)


def close(lab, dialog):
    lab.press("preferencesClose")
    lab.until(lambda: not Shiboken.isValid(dialog))


def test_looks_are_changed_at_once_by_dialog_and_menu_and_remembered(make_lab, size):
    lab = make_lab(Settings())
    dialog = opened(lab)
    box = lab.child("preferencesTheme", QComboBox)
    box.setCurrentIndex(box.findData("dark"))
    assert theme.current().dark
    assert lab.action("darkTheme").isChecked()
    lab.child("preferencesTextSize", QSpinBox).setValue(13)
    assert QApplication.font().pointSizeF() == 13
    assert (Settings().theme, Settings().text_size) == ("dark", 13)
    lab.press("preferencesNormalSize")
    assert QApplication.font().pointSizeF() == round(theme.normal_text_size())
    assert Settings().text_size is None
    close(lab, dialog)
    lab.action("largerText").trigger()
    lab.action("largerText").trigger()
    assert Settings().text_size == QApplication.font().pointSizeF() == round(theme.normal_text_size()) + 2
    lab.action("normalText").trigger()
    assert QApplication.font().pointSizeF() == theme.normal_text_size()
    assert Settings().text_size is None


@pytest.fixture
def translations(own_home, monkeypatch):
    """Give the folder of translations of one's own, which is not there yet; the system asks for German."""
    folder, of_system = own_home / "data" / "latentlab" / "translations", languages.of_system
    monkeypatch.setattr(languages, "own_folder", lambda: folder)
    monkeypatch.setattr(languages, "of_system", lambda: of_system(["de-DE"]))
    yield folder
    languages.speak(languages.ENGLISH)


def test_where_there_is_english_alone_it_is_said_where_translations_go(make_lab, translations):
    lab = make_lab(Settings())
    dialog = opened(lab)
    box = lab.child("preferencesLanguage", QComboBox)
    assert [box.itemText(index) for index in range(box.count())] == ["As the system (English)", "English"]
    assert str(translations) in lab.text("preferencesLanguageNote")
    assert str(translations) in box.toolTip()
    box.setCurrentIndex(1)
    assert Settings().language == "en"
    assert str(translations) in lab.text("preferencesLanguageNote")  # the window speaks it already
    close(lab, dialog)


def test_another_language_is_spoken_from_the_next_start(make_lab, translations):
    translations.mkdir(parents=True)
    words = compiled(("Actions", "&File", "&Datei"), ("PreferencesDialog", "Close", "Schließen"))
    for code in ("de", "nb"):
        (translations / f"latentlab_{code}.qm").write_bytes(words)
    lab = make_lab(Settings())
    dialog = opened(lab)
    box = lab.child("preferencesLanguage", QComboBox)
    listed = [box.itemText(index) for index in range(box.count())]
    assert listed == ["As the system (Deutsch)", "English", "Deutsch", "Norsk bokmål"]
    assert "next start" in lab.text("preferencesLanguageNote")  # there was no translation when this window was made
    box.setCurrentIndex(1)
    assert lab.text("preferencesLanguageNote") == ""
    box.setCurrentIndex(2)
    assert "next start" in lab.text("preferencesLanguageNote")
    close(lab, dialog)
    assert Settings().language == "de"

    languages.speak(Settings().language)  # as the next start does
    again = make_lab(Settings())
    assert again.window.menuBar().actions()[0].text() == "&Datei"
    dialog = opened(again)
    assert again.child("preferencesLanguage", QComboBox).currentText() == "Deutsch"
    assert again.text("preferencesLanguageNote") == ""
    close(again, dialog)


def test_a_translation_that_is_gone_or_damaged_is_said(make_lab, translations):
    translations.mkdir(parents=True)
    (translations / "latentlab_fr.qm").write_bytes(b"no translation")
    settings = Settings()
    settings.language = "sv"
    languages.speak(settings.language)
    lab = make_lab(settings)
    assert "no translation into 'sv'" in lab.message()
    dialog = opened(lab)
    assert "sv" in lab.child("preferencesLanguage", QComboBox).currentText()
    assert "latentlab_fr.qm" in lab.text("preferencesLanguageNote")
    close(lab, dialog)
    assert Settings().language == "sv"  # nobody chose another one


def test_folders_are_typed_and_a_wrong_one_is_said_at_the_field(make_lab, tmp_path, monkeypatch):
    for name in ("LATENTLAB_WORKSPACE", "LATENTLAB_DATA"):
        monkeypatch.delenv(name, raising=False)
    lab = make_lab(Settings())
    dialog = opened(lab)
    before = lab.session.folder
    for name in ("preferencesWorkspace", "preferencesDataDir"):
        field = lab.child(name, QLineEdit)
        field.setText(str(tmp_path / "nowhere"))
        lab.qtbot.keyClick(field, Qt.Key.Key_Return)
        assert "no such folder" in lab.text(f"{name}Problem")
        assert dialog.isVisible()
    assert lab.session.folder == before
    runs, data = tmp_path / "runs of mine", tmp_path / "data"
    for name, folder in (("preferencesWorkspace", runs), ("preferencesDataDir", data)):
        folder.mkdir()
        lab.child(name, QLineEdit).setText(f" {folder} ")
        lab.qtbot.keyClick(lab.child(name, QLineEdit), Qt.Key.Key_Return)
        lab.until(lambda name=name: lab.text(f"{name}Problem") == "")
    lab.until(lambda: lab.session.library.data_dir == data)
    assert lab.session.folder == runs
    assert (Settings().workspace, Settings().data_dir) == (runs, data)
    assert lab.child("preferencesDataDir", QLineEdit).text() == str(data)
    close(lab, dialog)


def test_the_next_training_has_the_threads_and_is_saved_as_often_as_chosen(make_lab, monkeypatch):
    lab = make_lab(Settings())
    lab.until_loaded()
    dialog = opened(lab)
    lab.child("preferencesThreads", QSpinBox).setValue(3)
    lab.child("preferencesSaveSeconds", QSpinBox).setValue(60)
    planned, start = [], lab.session.training.start
    monkeypatch.setattr(lab.session.training, "start", lambda plan: (planned.append(plan), start(plan)))
    lab.session.train()
    assert not lab.child("preferencesWorkspace").isEnabled()  # folders stay while a model trains
    lab.session.discard()
    assert lab.child("preferencesWorkspace").isEnabled()
    close(lab, dialog)
    lab.session.train()  # of which the dialog hears no more
    assert (planned[0].threads, planned[0].save_seconds) == (3, 60)
    again = make_lab(Settings())
    assert (again.session.threads, again.session.save_seconds) == (3, 60)


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers())


@often(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=anything)
def test_a_number_that_cannot_be_counts_as_none(tmp_path, value):
    settings = Settings(tmp_path / "settings.toml")
    for name, least, most in (("text_size", 8, 24), ("threads", 1, 1024), ("save_seconds", 1, 3600)):
        settings._values = {name: value}
        number = getattr(settings, name)
        is_fit = type(value) in (int, float) and not math.isnan(value) and least <= value <= most
        assert (number is not None) == is_fit
        assert number is None or least <= number <= most

"""Languages: what is found, what is spoken, and what is said where it cannot be."""

import pytest
from PySide6.QtCore import QCoreApplication, QLocale

from latentlab.ui.style import languages
from tests.ui.translating import compiled

WORDS = (("Run", "Train", "Trainieren"), ("Run", "{n:,} images", "{n:,} Bilder"), ("Run", "Epoch {n}", "Epoche {m}"))


@pytest.fixture
def folder(qapp, tmp_path, monkeypatch):
    """Give a folder of one's own for translations; English is spoken again in the end."""
    monkeypatch.setattr(languages, "own_folder", lambda: tmp_path / "translations")
    (tmp_path / "translations").mkdir()
    yield tmp_path / "translations"
    languages.speak(languages.ENGLISH)


def put(folder, *codes):
    for code in codes:
        (folder / f"latentlab_{code}.qm").write_bytes(compiled(*WORDS))


def said(text):
    return QCoreApplication.translate("Run", text)


def test_without_translations_it_is_english(folder):
    folder.rmdir()
    assert [(language.code, language.name) for language in languages.available()] == [("en", "English")]
    languages.speak("system")
    assert (languages.spoken(), languages.problem(), said("Train")) == ("en", "", "Train")


def test_translations_are_called_what_they_call_themselves(folder):
    put(folder, "pt", "pt_BR", "de", "fr")
    named = {language.code: language.name for language in languages.available()}
    assert named == {
        **{"en": "English", "de": "Deutsch", "fr": "Français"},
        **{"pt": "Português", "pt_BR": "Português (Brasil)"},
    }
    assert next(iter(named)) == "en"


def test_one_s_own_translation_comes_before_the_program_s(folder, tmp_path, monkeypatch):
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    monkeypatch.setattr(languages, "resource", lambda *_: bundled)
    put(bundled, "de", "fr")
    put(folder, "de")
    files = {language.code: language.file for language in languages.available()}
    assert files == {"en": None, "de": folder / "latentlab_de.qm", "fr": bundled / "latentlab_fr.qm"}


def test_what_is_damaged_or_oddly_named_is_left_out(folder):
    put(folder, "de", "xx", "en", "de.old", "deutsch", "DE")
    whole = compiled(*WORDS)
    for code, content in (("fr", b""), ("it", b"no translation"), ("nl", whole[:20])):
        (folder / f"latentlab_{code}.qm").write_bytes(content)
    (folder / "latentlab_es.qm").mkdir()
    (folder / "latentlab_de.ts").touch()
    assert [language.code for language in languages.available()] == ["en", "de"]
    odd = ("DE", "de.old", "deutsch", "en", "es", "fr", "it", "nl", "xx")
    assert sorted(languages.left_out()) == [f"latentlab_{code}.qm" for code in odd]


def test_it_is_spoken_and_english_again(folder):
    put(folder, "de")
    languages.speak("de")
    assert (languages.spoken(), languages.problem()) == ("de", "")
    assert said("Train") == "Trainieren"
    assert said("{n:,} images").format(n=2000) == "2,000 Bilder"
    assert said("Nobody translated this.") == "Nobody translated this."
    languages.speak("en")
    assert (languages.spoken(), said("Train")) == ("en", "Train")


def test_what_would_not_be_filled_in_stays_english(folder):
    put(folder, "de")
    languages.speak("de")
    assert said("Epoch {n}").format(n=3) == "Epoch 3"
    alike = languages.is_filled_alike
    assert alike("{n:,} of {all}", "von {all}")
    assert alike("none", "nichts")
    assert not alike("{n:,} of {all}", "{n:q} von {all}")
    assert not alike("{n} images", "{n Bilder")
    assert not alike("images", "Bilder}")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (["de-AT", "de", "en"], "de"),
        (["fr-FR", "de-Latn-DE"], "de"),
        (["en-US", "de-DE"], "en"),
        (["pt-BR"], "pt_BR"),
        (["pt-PT"], "en"),
        (["it-IT", "fr"], "en"),
        (["C"], "en"),
        ([], "en"),
    ],
)
def test_the_system_s_language_is_the_first_that_can_be_spoken(folder, asked, code):
    put(folder, "de", "pt_BR")
    (folder / "latentlab_it.qm").write_bytes(b"damaged")
    assert languages.of_system(asked) == code


def test_as_the_system_speaks(folder, monkeypatch):
    put(folder, "de")
    monkeypatch.setattr(languages, "of_system", lambda: "de")
    languages.speak("system")
    assert languages.spoken() == "de"


def test_one_that_is_not_there_or_damaged_is_english_and_said(folder):
    (folder / "latentlab_fr.qm").write_bytes(b"no translation")
    for code, word in (("tlh", "no translation into 'tlh'"), ("fr", "is damaged")):
        put(folder, "de")
        languages.speak("de")
        languages.speak(code)
        assert (languages.spoken(), said("Train")) == ("en", "Train")
        assert word in languages.problem()
        assert str(folder / f"latentlab_{code}.qm") in languages.problem()
    languages.speak("en")
    assert languages.problem() == ""


def test_numbers_and_dates_stay_as_the_system_has_them(folder):
    before = QLocale()
    put(folder, "de")
    languages.speak("de")
    assert QLocale() == before

"""What is remembered between starts."""

import base64
import builtins
import os
import pickle
import re
import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import example, given
from hypothesis import settings as often
from hypothesis import strategies as st
from PySide6.QtCore import QSettings

from latentlab.ui.settings import Settings


@pytest.fixture
def path(tmp_path):
    return tmp_path / "settings.toml"


@pytest.fixture
def told(qapp):
    """Give a function that lists what settings tell from now on."""

    def listen(settings):
        sentences = []
        settings.failed.connect(sentences.append)
        return sentences

    return listen


def test_defaults(path):
    settings = Settings(path)
    assert settings.theme == "system"
    assert settings.language == "system"
    assert settings.data_dir is None
    assert settings.recent_runs == []
    assert settings.recent_images == []
    assert settings.layout("window") == b""
    settings.save()
    assert not path.exists()


def test_the_next_start_remembers(path, tmp_path):
    settings = Settings(path)
    settings.theme = "dark"
    settings.language = "pt_BR"
    settings.data_dir = tmp_path
    settings.set_layout("window", b"\x00\x01geometry")
    run = tmp_path / "a, b.safetensors"
    run.touch()
    settings.add_recent_run(run)
    settings.save()

    again = Settings(path)
    assert again.theme == "dark"
    assert again.language == "pt_BR"
    assert again.data_dir == tmp_path
    assert again.layout("window") == b"\x00\x01geometry"
    assert again.recent_runs == [run]


@pytest.mark.skipif(os.name == "nt", reason="names are no bytes there")
def test_names_that_are_no_text_are_remembered(path, tmp_path):
    run = tmp_path / os.fsdecode(b"caf\xe9\n.safetensors")
    run.touch()
    settings = Settings(path)
    settings.add_recent_run(run)
    settings.data_dir = run.parent
    assert Settings(path).recent_runs == [run]
    assert Settings(path).data_dir == run.parent


def test_recent_runs_latest_first_once_and_at_most_eight(path, tmp_path):
    settings = Settings(path)
    runs = [tmp_path / f"{number}.safetensors" for number in range(10)]
    for run in runs:
        run.touch()
        settings.add_recent_run(run)
    assert settings.recent_runs == runs[:1:-1]
    settings.add_recent_run(runs[5])
    assert settings.recent_runs[:2] == [runs[5], runs[9]]
    assert len(settings.recent_runs) == 8


def test_what_is_gone_is_not_offered(path, tmp_path):
    settings = Settings(path)
    run, folder = tmp_path / "run.safetensors", tmp_path / "data"
    run.touch()
    folder.mkdir()
    settings.add_recent_run(run)
    settings.data_dir = folder
    run.unlink()
    folder.rmdir()
    assert settings.recent_runs == []
    assert settings.data_dir is None


def test_images_are_remembered_latest_first_once_and_at_most_eight_though_they_may_have_gone(path):
    settings = Settings(path)
    names = [f"folder:/far/away, {number}" for number in range(10)]
    for name in names:
        settings.add_recent_images(name)
    settings.add_recent_images(names[5])
    assert Settings(path).recent_images == [names[5], *(name for name in names[:1:-1] if name != names[5])]


def test_no_data_dir_can_be_remembered(path, tmp_path):
    settings = Settings(path)
    settings.data_dir = tmp_path
    settings.data_dir = None
    assert settings.data_dir is None


def test_the_environment_names_the_file(monkeypatch, path):
    monkeypatch.setenv("LATENTLAB_SETTINGS", str(path))
    Settings().theme = "light"
    assert Settings(path).theme == "light"


def test_without_it_they_lie_where_the_system_keeps_them_and_earlier_ones_are_taken_over_once(monkeypatch, tmp_path):
    monkeypatch.delenv("LATENTLAB_SETTINGS")
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path / "latentlab")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    earlier = tmp_path / "latentlab" / "latentlab.ini"
    _write_earlier(earlier, theme="dark", data_dir=str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")

    Settings().data_dir = None
    assert Settings().theme == "dark"
    assert tomllib.loads((tmp_path / "latentlab" / "latentlab.toml").read_text())["theme"] == "dark"
    _write_earlier(earlier, theme="light")
    assert Settings().theme == "dark"


# What earlier versions wrote with QSettings


def _write_earlier(path, **values):
    store = QSettings(str(path), QSettings.Format.IniFormat)
    for key, value in values.items():
        store.setValue(key, value)
    store.sync()


def test_a_file_of_an_earlier_version_is_read_as_text_and_written_as_toml(path, tmp_path):
    run = tmp_path / 'ä b, "c"=d;e.safetensors'
    run.touch()
    images = [f"folder:{run.as_posix()}", "array:/x.npy"]
    _write_earlier(path, theme="dark", data_dir=str(tmp_path), recent_runs=[str(run)], recent_images=images)
    settings = Settings(path)
    assert settings.theme == "dark"
    assert settings.data_dir == tmp_path
    assert settings.recent_runs == [run]
    assert settings.recent_images == images

    settings.set_layout("window", b"x")
    settings.save()
    assert tomllib.loads(path.read_text("utf-8"))["theme"] == "dark"
    assert Settings(path).recent_images == images


def test_a_file_of_which_nothing_was_chosen_is_no_problem(path):
    _write_earlier(path, **{"layout/window": b"state"})
    settings = Settings(path)
    assert settings.layout("window") == b""
    settings.theme = "dark"
    assert not settings.problem
    assert Settings(path).theme == "dark"


class _Payload:
    def __reduce__(self):
        return exec, ("import builtins; builtins.was_run = True",)


@pytest.mark.parametrize("key", ["theme", "data_dir", "recent_runs", "recent_images", "layout/window"])
def test_a_prepared_file_runs_nothing(path, monkeypatch, key):
    monkeypatch.setattr(builtins, "was_run", False, raising=False)
    _write_earlier(path, **{"theme": "dark", key: _Payload()})
    fresh = path.with_name("fresh.ini")  # which QSettings has not in its memory
    fresh.write_bytes(path.read_bytes())
    QSettings(str(fresh), QSettings.Format.IniFormat).value(key)
    assert builtins.was_run, "the payload is none"

    builtins.was_run = False
    settings = Settings(path)
    assert settings.theme == ("system" if key == "theme" else "dark")
    assert not settings.data_dir
    assert settings.recent_runs == []
    assert settings.recent_images == []
    assert settings.layout("window") == b""
    settings.theme = "light"
    assert not builtins.was_run
    assert b"Variant" not in path.read_bytes()


def test_a_pickle_in_a_layout_stays_bytes(path, monkeypatch):
    monkeypatch.setattr(builtins, "was_run", False, raising=False)
    evil = pickle.dumps(_Payload())
    path.write_text(tomli_w.dumps({"layout": {"window": base64.b64encode(evil).decode()}}))
    assert Settings(path).layout("window") == evil
    assert not builtins.was_run


# Two windows


def test_what_another_window_wrote_meanwhile_stays(path, tmp_path):
    runs = [tmp_path / f"{number}.safetensors" for number in range(3)]
    for run in runs:
        run.touch()
    first, second = Settings(path), Settings(path)
    first.theme = "dark"
    second.data_dir = tmp_path
    first.add_recent_run(runs[0])
    second.add_recent_run(runs[1])
    first.set_layout("window", b"first")
    second.set_layout("columns", b"second")
    first.save()
    second.save()
    first.add_recent_run(runs[2])

    found = Settings(path)
    assert found.theme == "dark"
    assert found.data_dir == tmp_path
    assert found.recent_runs == [runs[2], runs[1], runs[0]]
    assert found.layout("window") == b"first"
    assert found.layout("columns") == b"second"


def test_what_a_later_version_remembers_stays(path):
    path.write_text('of_tomorrow = {a = [1, 2], when = 2030-01-01}\ntheme = "dark"\n')
    Settings(path).theme = "light"
    assert tomllib.loads(path.read_text())["of_tomorrow"]["a"] == [1, 2]


# Files that cannot be used


@pytest.mark.parametrize(
    "content",
    [
        b"theme = ",
        b"\xff\xfe",
        b"x = " + b"9" * 5000,
        b"x = " + b"{x=" * 5000,
        b"x = " + b"[" * 50_000,
        b"a." * 50_000 + b"a = 1",
        b"a = 1\n" * 200_000,
        b"theme=@Variant(\\0\\0)",
    ],
    ids=lambda content: repr(content[:8]),
)
def test_what_cannot_be_read_is_told_and_left_as_it_is(path, told, content):
    path.write_bytes(content)
    settings = Settings(path)
    sentences = told(settings)
    assert str(path) in settings.problem
    assert "cannot be read" in settings.problem
    settings.theme = "dark"
    assert settings.theme == "dark"
    assert path.read_bytes() == content
    assert not sentences, "it was told at the start"

    path.unlink()
    settings.add_recent_images("folder:/a")
    assert not settings.problem
    assert Settings(path).theme == "dark"


def test_a_folder_or_a_device_in_its_place_is_told(path, tmp_path):
    path.mkdir()
    assert "it is no file" in Settings(path).problem
    if os.name != "nt":
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        assert "it is no file" in Settings(pipe).problem


@pytest.mark.parametrize("name", ["n" * 300 + ".toml", "file/settings.toml"])
def test_what_cannot_be_written_is_told_once_and_stays_in_force(tmp_path, told, name):
    (tmp_path / "file").touch()
    settings = Settings(tmp_path / name)
    sentences = told(settings)
    settings.theme = "dark"
    settings.theme = "light"
    settings.add_recent_images("folder:/a")
    settings.save()
    assert sentences == [settings.problem]
    assert settings.theme == "light"
    assert settings.recent_images == ["folder:/a"]


def _check(settings):
    """Ask for everything; whatever the file holds, nothing is raised, and all is of its kind."""
    assert settings.theme in ("system", "light", "dark")
    assert re.fullmatch("system|[a-z]{2,3}[_A-Za-z0-9]*", settings.language)
    assert settings.data_dir is None or settings.data_dir.is_dir()
    assert all(run.is_file() for run in settings.recent_runs)
    assert all(isinstance(name, str) for name in settings.recent_images)
    assert isinstance(settings.layout("window"), bytes)


@often(max_examples=40)
@given(content=st.one_of(st.binary(), st.binary().map(b"[General]\n".__add__), st.text().map(str.encode)))
@example(b'[General]\nrecent_runs="' + b"x" * 200_000 + b"\ntheme=\\\n")
def test_any_content_is_survived(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("settings") / "settings.ini"
    path.write_bytes(content)
    settings = Settings(path)
    _check(settings)
    settings.theme = "dark"
    _check(settings)
    assert (Settings(path).theme == "dark") is not bool(settings.problem)


_PLAIN = st.one_of(st.text(), st.integers(), st.booleans(), st.floats(), st.datetimes())
_ANY = st.recursive(_PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6)
_PATHS = st.lists(st.sampled_from(["/root/x", "n" * 300, "/a\0b", "~nosuch/x", "", "/dev/full", "\\xe9"]) | _ANY)


@often(max_examples=40)
@given(
    values=st.fixed_dictionaries(
        {},
        optional={
            "theme": _ANY,
            "language": _ANY | st.sampled_from(["de", "", "../de", "de\n", "Deutsch", "pt_BR"]),
            "data_dir": _ANY | st.sampled_from(["n" * 300, "/a\0b", "~nosuch"]),
            "recent_runs": _ANY | _PATHS,
            "recent_images": _ANY | _PATHS,
            "layout": _ANY | st.fixed_dictionaries({"window": _ANY | st.just("A" * 200_000) | st.just("ä")}),
        },
    )
)
def test_broken_values_count_as_not_there(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    path.write_text(tomli_w.dumps(values), encoding="utf-8")
    settings = Settings(path)
    assert not settings.problem
    _check(settings)
    settings.theme = "dark"
    settings.set_layout("window", b"x")
    settings.add_recent_run(Path("x"))
    assert not settings.problem
    assert Settings(path).layout("window") == b"x"

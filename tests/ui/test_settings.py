"""What is remembered between starts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray

from latentlab.ui.settings import Settings


@pytest.fixture
def path(tmp_path):
    return tmp_path / "settings.ini"


def test_defaults(path):
    settings = Settings(path)
    assert settings.theme == "system"
    assert settings.data_dir is None
    assert settings.recent_runs == []
    assert settings.layout("window").isEmpty()


def test_the_next_start_remembers(path, tmp_path):
    settings = Settings(path)
    settings.theme = "dark"
    settings.data_dir = tmp_path
    settings.set_layout("window", QByteArray(b"\x00\x01geometry"))
    run = tmp_path / "a, b.safetensors"
    run.touch()
    settings.add_recent_run(run)
    settings.save()

    again = Settings(path)
    assert again.theme == "dark"
    assert again.data_dir == tmp_path
    assert again.layout("window") == QByteArray(b"\x00\x01geometry")
    assert again.recent_runs == [run]


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
    assert settings.recent_images == []
    names = [f"folder:/far/away, {number}" for number in range(10)]
    for name in names:
        settings.add_recent_images(name)
    settings.add_recent_images(names[5])
    settings.save()
    assert Settings(path).recent_images == [names[5], *(name for name in names[:1:-1] if name != names[5])]


def test_no_data_dir_can_be_remembered(path, tmp_path):
    settings = Settings(path)
    settings.data_dir = tmp_path
    settings.data_dir = None
    assert settings.data_dir is None


@given(
    key=st.sampled_from(["theme", "data_dir", "recipe", "dataset", "recent_runs", "recent_images", "layout\\window"]),
    value=st.one_of(
        st.binary(max_size=40),
        st.sampled_from([b"@Invalid()", b"@ByteArray(x)", b"@Variant(\\0\\0)", b"a, b, c", b"@Size(1 2)", b"\\x0"]),
    ),
)
def test_broken_values_count_as_not_there(tmp_path_factory, key, value):
    path = tmp_path_factory.mktemp("settings") / "settings.ini"
    path.write_bytes(b"[General]\n" + key.encode() + b"=" + value + b"\n")
    settings = Settings(path)
    assert settings.theme in ("system", "light", "dark")
    assert settings.data_dir is None or settings.data_dir.is_dir()
    assert all(run.is_file() for run in settings.recent_runs)
    assert all(isinstance(name, str) for name in settings.recent_images)
    assert isinstance(settings.layout("window"), QByteArray)


def test_the_environment_names_the_file(monkeypatch, path):
    monkeypatch.setenv("LATENTLAB_SETTINGS", str(path))
    settings = Settings()
    settings.theme = "light"
    settings.save()
    assert Path(path).is_file()
    assert Settings(path).theme == "light"

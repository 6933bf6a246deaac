"""What killed writers left behind is gone after the next start."""

import os

from latentlab.core.data import leftovers
from latentlab.core.locks import folder_of, hold
from latentlab.core.writing import temporary_name


def test_what_dead_writers_left_is_gone_wherever_they_wrote(tmp_path, own_home):
    own = own_home / "data" / "latentlab"
    folders = [own, own / "bookmarks", tmp_path / "sets" / "MNIST" / "raw", tmp_path / "mine", own_home / "cache"]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / temporary_name()).touch()
        folder_of(next(folder.glob(".latentlab-*.part"))).mkdir()
        (folder / "mine.part").touch()
    download = folders[2] / ".download-abcd_123"
    old = [folders[1] / ".0a.json.part", folders[1] / ".run.safetensors.part"]
    foreign = tmp_path / "mine" / ".run.safetensors.part"
    download.mkdir()
    for path in (*old, foreign):
        path.touch()
    for path in (*old, foreign, download):
        os.utime(path, (0, 0))
    new = folders[1] / ".0b.json.part"
    new.touch()
    living = folders[1] / temporary_name()
    held = hold(living)
    leftovers.sweep(tmp_path / "sets", [tmp_path / "mine", tmp_path / "nowhere"])
    os.close(held)
    found = {path.name for folder in folders for path in folder.iterdir() if path.is_file()}
    assert found == {"mine.part", foreign.name, new.name, living.name}
    assert not download.exists()


def test_without_any_folder_nothing_is_raised(tmp_path):
    leftovers.sweep(tmp_path / ("n" * 300))

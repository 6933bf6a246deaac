"""What was used last is looked for while the window is there already: a disk far away holds nobody up."""

import threading

from PySide6.QtWidgets import QMenu

from latentlab.core.data import registry
from latentlab.ui import settings as settings_module
from latentlab.ui.settings import Settings


def test_a_disk_that_does_not_answer_holds_no_start(make_lab, tmp_path, monkeypatch):
    run, answers = tmp_path / "far.safetensors", threading.Event()
    run.touch()
    settings, is_file, status = Settings(), settings_module.is_file, registry.status
    settings.add_recent_run(run)
    settings.add_recent_images(f"folder:{tmp_path / 'gone'}")

    def look(path):
        assert path != run or answers.wait(20)
        return is_file(path)

    def look_at_images(name, data_dir):
        assert not name.startswith("folder:") or answers.wait(20)
        return status(name, data_dir)

    monkeypatch.setattr(settings_module, "is_file", look)
    monkeypatch.setattr(registry, "status", look_at_images)
    lab = make_lab(settings)
    assert lab.child("startTrainingButton").isVisible()
    (images,) = lab.child("recentImagesMenu", QMenu).actions()
    assert images.isEnabled()
    answers.set()
    lab.until(lambda: lab.child("recentRunsMenu", QMenu).actions())
    lab.until(lambda: lab.child("openRecent0").isVisible())
    lab.until(lambda: not images.isEnabled())
    assert "does not exist" in images.toolTip()

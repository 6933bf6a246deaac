"""The progress of a reading, as it reaches the window."""

import threading

from latentlab.core.data import registry
from latentlab.core.data.reading import ReadingProgress
from latentlab.core.recipe.settings import DataSettings
from latentlab.ui.session.image_reading import reader


def test_no_more_is_told_of_a_quick_reading_than_a_person_can_read(monkeypatch, tmp_path):
    def load(settings, data_dir, reading):
        for step in ("looking", "reading"):
            for done in range(5001):
                reading.report(ReadingProgress(step, done, 5000))

    monkeypatch.setattr(registry, "load_for", load)
    told = []
    reader(DataSettings(dataset="folder:anywhere"), tmp_path)(threading.Event(), told.append)
    assert [(each.step, each.done) for each in told if each.done in (0, 5000)] == [
        ("looking", 0), ("looking", 5000), ("reading", 0), ("reading", 5000)
    ]  # fmt: skip
    assert len(told) < 100

"""The maps of runs, for pictures of them."""

import numpy as np
from PySide6.QtTest import QSignalSpy

from latentlab.core.runs.run import Run
from latentlab.ui.session.maps_of_runs import MapsOfRuns


def test_each_file_that_can_be_read_gives_its_map_and_the_others_none(qtbot, qapp, run_file, tmp_path):
    path, deep = run_file(), run_file(model__latent=3)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"\xff" * 100)
    maps = MapsOfRuns(qapp)
    found = QSignalSpy(maps.found)
    maps.look([broken, path, tmp_path / "none.safetensors", deep])
    qtbot.waitUntil(lambda: found.count() == 2)
    first, second = found.at(0)[0], found.at(1)[0]
    run = Run.open(path)
    assert (first.path, second.path) == (path, deep)
    np.testing.assert_allclose(first.points, run.codes, atol=1e-6)
    assert first.labels.tolist() == run.labels.tolist()
    assert first.classes == len(run.snapshot.class_names)
    assert second.points.shape == (len(run.labels), 2)
    maps.shut_down()
    maps.deleteLater()

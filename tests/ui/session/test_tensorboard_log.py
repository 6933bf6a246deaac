"""The switch in the menu, and what is written while the window trains."""

import pytest
from PySide6.QtGui import QAction
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QFileDialog

from latentlab.core.output.tensorboard import TensorBoardWriter
from latentlab.ui.threads.background import Task

pytest.importorskip("tensorboard")


def switch(lab):
    (found,) = [found for found in lab.window.findChildren(QAction) if "TensorBoard" in found.text()]
    return found


@pytest.fixture
def choose(monkeypatch):
    """Switch writing on and choose a folder; a real dialog would browse this machine."""
    monkeypatch.setattr(QFileDialog, "open", lambda self: None)

    def do(lab, folder):
        switch(lab).trigger()
        dialog = lab.window.findChildren(QFileDialog)[-1]
        assert not switch(lab).isChecked()
        dialog.fileSelected.emit(str(folder))
        dialog.done(QFileDialog.DialogCode.Accepted)

    return do


def settle(lab):
    """Wait until all is written."""
    log = lab.session.tensorboard
    lab.until(lambda: not any(task.is_busy for task in log.findChildren(Task)))


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (own,) = folder.iterdir()
    found = EventAccumulator(str(own), size_guidance={"scalars": 0, "images": 0})
    found.Reload()
    return own, found


def test_a_training_is_written_below_the_folder_that_was_chosen(lab, choose, tmp_path):
    folder = tmp_path / "logs"
    choose(lab, folder)
    lab.until(switch(lab).isChecked)
    assert str(folder) in lab.message()
    assert str(folder) in switch(lab).toolTip()
    assert lab.text("tensorboardLabel") == "TensorBoard: logs"
    told = QSignalSpy(lab.session.message)
    lab.train()
    settle(lab)
    own, found = read(folder)
    assert any(f"tensorboard --logdir {folder}" in told.at(i)[0] for i in range(told.count()))
    losses = [(ended.epoch, ended.test.loss) for ended in lab.session.run.history]
    assert [(point.step, point.value) for point in found.Scalars("loss/test")] == [
        (epoch, pytest.approx(loss)) for epoch, loss in losses
    ]
    assert [event.step for event in found.Images("reconstructions")] == [1, 2, 3]
    assert len((own / "codes" / "metadata.tsv").read_text().splitlines()) == len(lab.session.library.data.test_labels)


def test_a_training_that_goes_on_is_written_from_the_switch_to_the_switch(lab, choose, tmp_path):
    lab.begin()
    choose(lab, tmp_path)
    lab.until(switch(lab).isChecked)
    lab.until(lambda: any(tmp_path.glob("digits-vae-2d-*/events*")))
    drawn = lab.epochs_drawn()
    lab.until(lambda: lab.epochs_drawn() > drawn)
    switch(lab).trigger()
    assert not switch(lab).isChecked()
    assert lab.text("tensorboardLabel") == ""
    settle(lab)
    _, found = read(tmp_path)
    written = [point.step for point in found.Scalars("loss/test")]
    assert written == list(range(written[0], written[-1] + 1))
    lab.press("stopButton")
    lab.until(lambda: lab.session.state == "idle")
    settle(lab)
    assert [point.step for point in read(tmp_path)[1].Scalars("loss/test")] == written


def test_a_folder_that_cannot_be_written_to_is_told_and_the_switch_stays_off(lab, choose, tmp_path):
    file = tmp_path / "file"
    file.touch()
    choose(lab, file)
    lab.until(lambda: "choose another folder" in lab.message())
    assert not switch(lab).isChecked()
    lab.train()
    assert lab.session.run.epochs == 3


def test_a_disk_that_is_full_is_told_and_training_goes_on(lab, choose, tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    choose(lab, tmp_path)
    lab.until(switch(lab).isChecked)
    lab.begin()
    lab.until(lambda: any(tmp_path.glob("*/events*")))
    monkeypatch.setattr("tensorboard.summary.writer.record_writer.RecordWriter.write", full)
    lab.until(lambda: "(No space left on device): choose another folder." in lab.message())
    assert not switch(lab).isChecked()
    drawn = lab.epochs_drawn()
    lab.until(lambda: lab.epochs_drawn() > drawn)


def test_closing_the_window_closes_the_files(lab, choose, tmp_path, monkeypatch):
    closed = []
    close = TensorBoardWriter.close
    monkeypatch.setattr(TensorBoardWriter, "close", lambda self: (close(self), closed.append(self.folder)))
    choose(lab, tmp_path)
    lab.until(switch(lab).isChecked)
    lab.begin()
    lab.until(lambda: any(tmp_path.glob("*/events*")))
    lab.end()
    assert closed[0] in tmp_path.iterdir()

"""Tensors that torch has saved, never unpickled."""

from pathlib import Path

import numpy as np
import torch

from tests.core.data.arrays.own_arrays import COLOUR, GREY, LABELS, SQUARES, are_same, label_names, load, sentence


def test_tensors_of_torch_are_read_without_unpickling(tmp_path):
    images, labels = torch.from_numpy(COLOUR), torch.from_numpy(LABELS)
    processed = tmp_path / "processed"
    processed.mkdir()
    for content in (
        {"images": images, "labels": labels, "epoch": 3},
        (images, labels),
        [images, labels],
        {"train": {"x": images, "y": labels}},
    ):
        torch.save(content, tmp_path / "own.pt")
        found = load(tmp_path / "own.pt")
        assert are_same(found, COLOUR)
        assert label_names(found, COLOUR) == [str(label) for label in LABELS]
        assert dict(found.left_out) == ({"values that are no tensors": 1} if len(content) == 3 else {})
    torch.save(images, tmp_path / "own.pth")
    assert are_same(load(tmp_path / "own.pth"), COLOUR)
    torch.save(torch.from_numpy(GREY / 255).bfloat16(), tmp_path / "brain.pt")
    assert load(tmp_path / "brain.pt").image_shape == (1, 6, 5)
    # MNIST as torchvision kept it: two files, of tuples, one in the way of before 1.6.
    torch.save((torch.from_numpy(GREY), labels), processed / "training.pt", _use_new_zipfile_serialization=False)
    torch.save((torch.from_numpy(GREY[:2]), labels[:2]), processed / "test.pt")
    found = load(processed / "training.pt")
    assert np.array_equal(found.train_images.numpy()[:, 0], GREY)
    assert found.test_labels.tolist() == [0, 1]


class Harmful:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return (Path.touch, (Path("harm"),))


def test_nothing_is_ever_unpickled(tmp_path, monkeypatch):
    import pickle

    monkeypatch.chdir(tmp_path)
    torch.save({"images": torch.from_numpy(GREY), "harm": Harmful()}, tmp_path / "own.pt")
    (tmp_path / "own.pkl").write_bytes(pickle.dumps(Harmful()))
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(Harmful(), 2))
    np.save(tmp_path / "own.npy", np.array([Harmful()], object))
    np.savez(tmp_path / "own.npz", images=np.array([Harmful()] * 3, object))
    for name in ("own.pt", "own.pkl", "data_batch_1", "own.npy", "own.npz"):
        assert "unpickled" in (said := sentence(tmp_path / name)) or "pickle" in said or "objects" in said
    assert not (tmp_path / "harm").exists()


def test_tensors_of_one_shape_are_an_image_each(tmp_path):
    torch.save([torch.from_numpy(square) for square in SQUARES], tmp_path / "own.pt")
    assert are_same(load(tmp_path / "own.pt"), SQUARES)

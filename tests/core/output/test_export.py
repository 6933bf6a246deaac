"""Sheets, codes and interpolations as files."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from latentlab.core.output import export
from latentlab.core.output.export import ExportError
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

TINY = {"encoder.layers": "16", "decoder.layers": "16", "batch_size": 32, "epochs": 1, "device": "cpu"}


def trained(data, **changes):
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    trainer = Trainer(Recipe(name="tiny").with_changes(TINY | dotted), data)
    for _ in trainer.events():
        pass
    return trainer.result()


@pytest.fixture(scope="module")
def vae(tiny_images):
    return trained(tiny_images)


@pytest.fixture(scope="module")
def cvae(tiny_images):
    return trained(tiny_images, model__kind="cvae", latent=3)


@given(shape=st.tuples(*[st.integers(1, 5)] * 4), channels=st.sampled_from([1, 3]), gap=st.integers(0, 3))
def test_every_image_lies_in_its_place_of_a_sheet(shape, channels, gap):
    rows, columns, height, width = shape
    images = np.random.default_rng(0).random((rows, columns, channels, height, width), np.float32)
    pixels = export.sheet(images, gap)
    assert pixels.shape == (channels, rows * (height + gap) - gap, columns * (width + gap) - gap)
    assert pixels.dtype == np.uint8
    seen = 0
    for row in range(rows):
        for column in range(columns):
            top, left = row * (height + gap), column * (width + gap)
            part = pixels[:, top : top + height, left : left + width]
            assert np.abs(part / 255 - images[row, column]).max() <= 0.5 / 255 + 1e-6
            seen += int(part.astype(int).sum())
    assert pixels.astype(int).sum() == seen  # nothing between them


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_a_picture_is_grey_or_in_colour_pixel_for_pixel(channels, mode, tmp_path):
    pixels = np.arange(channels * 12, dtype=np.uint8).reshape(channels, 3, 4)
    export.save_picture(tmp_path / "a.png", pixels)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.mode == mode
        assert np.array_equal(np.atleast_3d(picture).transpose(2, 0, 1), pixels)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_originals_lie_above_reconstructions(vae, tiny_images):
    images, labels = tiny_images.test_images[:4].numpy(), tiny_images.test_labels[:4].numpy()
    rows = export.rebuilt(vae.snapshot, images, labels)
    assert rows.shape == (2, 4, 1, 28, 28)
    assert np.allclose(rows[0] * 255, images)
    assert np.allclose(rows[1], vae.snapshot.restore(images))


def test_of_a_denoising_model_what_it_sees_lies_between(tiny_images):
    run = trained(tiny_images, corruption__salt_and_pepper=0.2)
    images, labels = tiny_images.test_images[:4].numpy(), tiny_images.test_labels[:4].numpy()
    clean, noisy, restored = export.rebuilt(run.snapshot, images, labels)
    assert 0.05 < (clean != noisy).mean() < 0.25
    assert np.allclose(restored, run.snapshot.restore(noisy))
    *_, pair, _ = export.rebuilt(run.snapshot, images, labels, noisy=255 - images)
    assert np.abs(pair - (1 - clean)).mean() < 0.25


def test_codes_are_the_posteriors_of_every_image(vae, tiny_images):
    codes = export.encode_split(vae.snapshot, tiny_images, "test")
    mean, logvar = vae.snapshot.encode(tiny_images.test_images)
    assert np.allclose(codes.mean, mean)
    assert np.allclose(codes.deviation, np.exp(logvar / 2))
    assert codes.index.tolist() == list(range(60))
    assert set(codes.split) == {"test"}
    assert codes.class_name[0] == tiny_images.class_names[tiny_images.test_labels[0]]


def test_codes_of_both_splits_begin_with_training(cvae, tiny_images):
    codes = export.encode_split(cvae.snapshot, tiny_images, "both")
    assert codes.mean.shape == (240, 3)
    assert codes.split.tolist() == ["training"] * 180 + ["test"] * 60
    assert codes.index[179:182].tolist() == [179, 0, 1]
    assert np.allclose(codes.mean[180:], cvae.codes)


def test_images_without_a_class_have_no_name(vae, tiny_images):
    bare = replace(tiny_images, test_labels=tiny_images.test_labels * 0 - 1, class_names=())
    codes = export.encode_split(vae.snapshot, bare, "test")
    assert set(codes.label) == {-1}
    assert set(codes.class_name) == {""}


def test_a_table_of_codes_is_read_back(tmp_path, cvae, tiny_images):
    codes = export.encode_split(cvae.snapshot, tiny_images, "test")
    assert export.save_codes(tmp_path / "codes.csv", codes) == 10
    with (tmp_path / "codes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["index", "split", "label", "class_name"] + [
        f"{name}_{place}" for name in ("mean", "deviation") for place in (1, 2, 3)
    ]
    assert [int(row["label"]) for row in rows] == codes.label.tolist()
    assert [float(row["mean_3"]) for row in rows] == pytest.approx(codes.mean[:, 2].tolist(), rel=1e-6)
    assert [float(row["deviation_1"]) for row in rows] == pytest.approx(codes.deviation[:, 0].tolist(), rel=1e-6)


def test_arrays_of_codes_are_read_back(tmp_path, vae, tiny_images):
    codes = export.encode_split(vae.snapshot, tiny_images, "both")
    assert export.save_codes(tmp_path / "codes.NPZ", codes) == 6
    with np.load(tmp_path / "codes.NPZ", allow_pickle=False) as arrays:
        assert sorted(arrays) == ["class_name", "deviation", "index", "label", "mean", "split"]
        for name in arrays:
            assert np.array_equal(arrays[name], getattr(codes, name)), name


@pytest.mark.parametrize("is_spherical", [False, True])
def test_an_interpolation_leads_from_one_code_to_the_other(vae, is_spherical):
    images = export.interpolated(vae, 3, 5, 6, is_spherical=is_spherical, label=None)
    assert np.allclose(images[[0, -1]], vae.snapshot.decode(vae.codes[[3, 5]]), atol=1e-6)
    assert images.shape == (6, 1, 28, 28)


def test_a_cvae_goes_under_the_label_of_the_first_or_the_one_given(cvae):
    first = export.interpolated(cvae, 0, 1, 3, is_spherical=False, label=None)
    assert np.allclose(first[0], cvae.snapshot.decode(cvae.codes[:1], cvae.labels[:1])[0], atol=1e-6)
    other = (int(cvae.labels[0]) + 1) % 3
    assert not np.allclose(first, export.interpolated(cvae, 0, 1, 3, is_spherical=False, label=other))


def test_an_image_that_the_run_does_not_know_is_told(vae):
    with pytest.raises(ExportError, match=r"60 test images, counted from 0: there is no 60\."):
        export.interpolated(vae, 0, 60, 3, is_spherical=False, label=None)


def test_a_suffix_that_is_not_known_is_told(tmp_path):
    with pytest.raises(ExportError, match=r"codes to a \.csv or \.npz file, not to '.*codes\.xls'"):
        export.check_target(tmp_path / "codes.xls", "codes", (export.TABLE, export.ARRAYS))
    folder = tmp_path / "folder.png"
    folder.mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        export.check_target(folder, "samples", (export.PICTURE,))


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path, monkeypatch, vae, tiny_images):
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="cannot be made"):
        export.check_target(tmp_path / "file" / "a.png", "samples", (export.PICTURE,))

    def full(self, *arguments):
        raise OSError(28, "No space left on device")

    codes = export.encode_split(vae.snapshot, tiny_images, "test")
    (tmp_path / "a.csv").write_text("as it was")
    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(ExportError, match="no space left on device"):
        export.save_codes(tmp_path / "a.csv", codes)
    with pytest.raises(ExportError, match="no space left on device"):
        export.save_picture(tmp_path / "a.png", np.zeros((1, 2, 2), np.uint8))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "file"]
    assert (tmp_path / "a.csv").read_text() == "as it was"

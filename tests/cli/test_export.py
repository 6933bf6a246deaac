"""`latentlab export` as scripts see it."""

import json

import numpy as np
import pytest
from PIL import Image

from latentlab.__main__ import main
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run
from latentlab.core.training.trainer import Trainer

TINY = {"encoder.layers": "16", "decoder.layers": "16", "batch_size": 32, "epochs": 1, "device": "cpu"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, tiny_images):
    """Give the files of tiny runs: a VAE, a CVAE and a cleaner of pages, on the tiny images as a file."""
    folder = tmp_path_factory.mktemp("runs")
    path = folder / "tiny.npz"
    images = np.concatenate([tiny_images.train_images, tiny_images.test_images])
    np.savez(path, images=images, labels=np.concatenate([tiny_images.train_labels, tiny_images.test_labels]))
    from latentlab.core.data import registry

    data = registry.load(f"array:{path}", folder)
    kinds = {
        "vae": {},
        "cvae": {"model.kind": "cvae"},
        "planes": {"model.kind": "autoencoder", "model.code": "planes", "model.latent": 2,
                   "model.encoder.kind": "pool", "model.decoder.kind": "pool",
                   "encoder.layers": "2", "decoder.layers": "2"},
    }  # fmt: skip
    made = {}
    for kind, changes in kinds.items():
        trainer = Trainer(Recipe(name=kind).with_changes({"dataset": data.name} | TINY | changes), data)
        for _ in trainer.events():
            pass
        made[kind] = folder / f"{kind}.safetensors"
        trainer.result().save(made[kind])
    return made


@pytest.fixture
def exported(tmp_path, capsys):
    """Export to a file in an empty folder, and give what was told as JSON and, of a picture, its size."""

    def do(run, what, *options, name="out.png"):
        path = tmp_path / name
        assert main(["export", str(run), what, *options, "--out", str(path), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told.pop("event"), told.pop("what"), told.pop("path")) == ("finished", what, str(path))
        assert [each.name for each in path.parent.iterdir()] == [name]
        if path.suffix not in (".png", ".gif"):
            return told, path
        with Image.open(path) as picture:
            return told, picture.size

    return do


def side(count, gap=2):
    return count * (28 + gap) - gap


def test_samples_are_rows_and_columns(runs, exported):
    told, size = exported(runs["vae"], "samples")
    assert told == {"rows": 10, "columns": 20, "count": 200}
    assert size == (side(20), side(10))
    told, size = exported(runs["vae"], "samples", "--rows", "3", "--columns", "4", "--like-codes")
    assert (told["count"], size) == (12, (side(4), side(3)))


def test_samples_are_those_of_the_seed_and_temperature(runs, tmp_path):
    def pixels(*options):
        path = tmp_path / "out.png"
        assert main(["export", str(runs["vae"]), "samples", "--rows", "2", "--out", str(path), *options]) == 0
        return path.read_bytes()

    assert pixels("--seed", "5") == pixels("--seed", "5") != pixels("--seed", "6")
    cold = pixels("--temperature", "0", "--seed", "5")
    assert cold == pixels("--temperature", "0", "--seed", "6")


def test_samples_of_a_cvae_are_a_row_for_each_label(runs, exported):
    told, size = exported(runs["cvae"], "samples", "--columns", "5")
    assert told == {"rows": 3, "columns": 5, "count": 15}
    assert size == (side(5), side(3))


def test_the_manifold_is_one_surface(runs, exported):
    told, size = exported(runs["vae"], "manifold")
    assert told == {"rows": 20, "columns": 20, "count": 400}
    assert size == (560, 560)


def test_the_manifold_is_over_what_was_asked_for(runs, tmp_path):
    def pixels(*options, run="vae"):
        path = tmp_path / "out.png"
        assert main(["export", str(runs[run]), "manifold", "--side", "3", "--out", str(path), *options]) == 0
        return np.asarray(Image.open(path).copy())

    snapshot = Run.open(runs["vae"]).snapshot
    corner = snapshot.decode([[-2.0, 2.0]])[0]
    assert np.abs(pixels("--radius", "2")[:28, :28] / 255 - corner).max() < 0.01
    means = Run.open(runs["vae"]).codes
    corner = snapshot.decode([[means[:, 0].min(), means[:, 1].max()]])[0]
    assert np.abs(pixels("--over", "means")[:28, :28] / 255 - corner).max() < 0.01
    assert np.array_equal(pixels("--over", "quantiles")[28:56, 28:56], pixels()[28:56, 28:56])
    under = [pixels("--label", label, run="cvae") for label in ("0", "2")]
    assert not np.array_equal(*under)
    assert np.array_equal(under[0], pixels(run="cvae"))


def test_codes_are_a_table_or_arrays(runs, exported):
    told, path = exported(runs["vae"], "codes", name="codes.csv")
    run = Run.open(runs["vae"])
    assert told == {"rows": len(run.codes), "columns": 8, "count": len(run.codes)}
    assert np.loadtxt(path, delimiter=",", skiprows=1, usecols=(4, 5)) == pytest.approx(run.codes, rel=1e-4, abs=1e-5)
    path.unlink()
    told, path = exported(runs["vae"], "codes", "--split", "both", name="codes.npz")
    with np.load(path) as arrays:
        assert len(arrays["mean"]) == told["count"] == 240


def test_codes_tell_how_probable_their_images_are(runs, exported):
    told, path = exported(runs["vae"], "codes", "--likelihood", name="codes.csv")
    assert told["columns"] == 10
    lines = path.read_text().splitlines()
    assert lines[0].split(",")[-2:] == ["elbo", "log_p"]
    elbo, log_p = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(8, 9)).T
    assert elbo.mean() < log_p.mean() < 0
    path.unlink()
    _, path = exported(runs["vae"], "codes", "--likelihood", "--split", "both", name="codes.npz")
    with np.load(path) as arrays:
        assert len(arrays["log_p"]) == len(arrays["index"]) > len(log_p)
        np.testing.assert_allclose(arrays["log_p"][arrays["split"] == "test"], log_p, atol=0.02)


def test_codes_of_other_images_can_be_had(runs, exported, tmp_path_factory, tiny_images):
    other = tmp_path_factory.mktemp("other") / "other.npz"
    np.savez(other, images=tiny_images.test_images.numpy())
    told, _ = exported(runs["vae"], "codes", "--dataset", f"array:{other}", "--split", "both", name="codes.csv")
    assert told["count"] == 60


def test_reconstructions_lie_below_the_originals(runs, exported):
    told, size = exported(runs["vae"], "reconstructions", "--count", "4")
    assert told == {"rows": 2, "columns": 4, "count": 8}
    assert size == (side(4), side(2))


def test_an_interpolation_is_a_strip(runs, exported):
    told, size = exported(runs["vae"], "interpolation", "--from", "2", "--to", "5", "--spherical")
    assert told == {"rows": 1, "columns": 10, "count": 10}
    assert size == (side(10), 28)


def test_an_interpolation_is_an_animation_there_and_back(runs, exported, tmp_path):
    told, size = exported(runs["vae"], "interpolation", "--steps", "5", name="out.gif")
    assert told == {"rows": 1, "columns": 1, "count": 8}
    assert size[0] == size[1] >= 256
    with Image.open(tmp_path / "out.gif") as picture:
        assert picture.n_frames == 8


def test_people_are_told_in_a_sentence(runs, tmp_path, capsys):
    path = tmp_path / "new" / "out.png"
    assert main(["export", str(runs["vae"]), "samples", "--out", str(path)]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"200 samples, saved as {path}.\n"


@pytest.mark.parametrize(
    ("run", "arguments", "said"),
    [
        ("vae", [], "required: WHAT"),
        ("vae", ["nonsense"], "nonsense"),
        ("vae", ["samples"], "--out"),
        ("none", ["samples", "--out", "{tmp}/a.png"], "There is no file"),
        ("tiny.npz", ["samples", "--out", "{tmp}/a.png"], "not a run"),
        ("vae", ["samples", "--out", "{tmp}/a.jpg"], "samples to a .png or .npz file"),
        ("vae", ["samples", "--out", "{tmp}/a"], "samples to a .png or .npz file"),
        ("vae", ["codes", "--out", "{tmp}/a.png"], "codes to a .csv or .npz file"),
        ("vae", ["interpolation", "--out", "{tmp}/a.mp4"], "interpolation to a .png or .gif file"),
        ("vae", ["samples", "--out", "/dev/null/a.png"], "cannot be made"),
        ("vae", ["samples", "--like", "999", "--out", "{tmp}/a.png"], "no 999"),
        ("planes", ["samples", "--like", "0", "--out", "{tmp}/a.png"], "stack of planes"),
        ("vae", ["samples", "--rows", "0", "--out", "{tmp}/a.png"], "whole number from 1 on"),
        ("vae", ["samples", "--columns", "two", "--out", "{tmp}/a.png"], "not 'two'"),
        ("vae", ["samples", "--temperature", "-1", "--out", "{tmp}/a.png"], "number from 0 on"),
        ("vae", ["samples", "--temperature", "inf", "--out", "{tmp}/a.png"], "number from 0 on"),
        ("vae", ["samples", "--seed", "1.5", "--out", "{tmp}/a.png"], "not '1.5'"),
        ("vae", ["samples", "--rows", "9999", "--columns", "9999", "--out", "{tmp}/a.png"], "choose fewer"),
        ("vae", ["interpolation", "--steps", "999999999", "--out", "{tmp}/a.gif"], "choose fewer"),
        ("vae", ["samples", "--side", "3", "--out", "{tmp}/a.png"], "--side"),
        ("cvae", ["samples", "--rows", "3", "--out", "{tmp}/a.png"], "leave --rows out"),
        ("planes", ["samples", "--out", "{tmp}/a.png"], "planes"),
        ("planes", ["interpolation", "--out", "{tmp}/a.png"], "planes"),
        ("vae", ["manifold", "--side", "1", "--out", "{tmp}/a.png"], "whole number from 2 on"),
        ("vae", ["manifold", "--over", "there", "--out", "{tmp}/a.png"], "there"),
        ("vae", ["manifold", "--radius", "wide", "--out", "{tmp}/a.png"], "not 'wide'"),
        ("vae", ["manifold", "--label", "1", "--out", "{tmp}/a.png"], "leave --label out"),
        ("cvae", ["manifold", "--label", "seven", "--out", "{tmp}/a.png"], "choose one of 0, 1, 2"),
        ("planes", ["manifold", "--out", "{tmp}/a.png"], "planes"),
        ("vae", ["codes", "--split", "half", "--out", "{tmp}/a.csv"], "half"),
        ("vae", ["codes", "--dataset", "nonsense", "--out", "{tmp}/a.csv"], "no image set 'nonsense'"),
        ("vae", ["reconstructions", "--count", "0", "--out", "{tmp}/a.png"], "whole number from 1 on"),
        ("vae", ["reconstructions", "--dataset", "mnist", "--data-dir", "{tmp}", "--out", "{tmp}/a.png"], "--download"),
        ("vae", ["interpolation", "--to", "99999", "--out", "{tmp}/a.png"], "there is no 99999"),
        ("vae", ["interpolation", "--from", "-1", "--out", "{tmp}/a.png"], "not '-1'"),
        ("vae", ["interpolation", "--steps", "1", "--out", "{tmp}/a.png"], "whole number from 2 on"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(run, arguments, said, runs, tmp_path, capsys):
    path = runs.get(run, runs["vae"].with_name(run))
    assert main(["export", str(path), *(argument.format(tmp=tmp_path) for argument in arguments)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.endswith(".\n")
    assert said in told.err
    assert list(tmp_path.iterdir()) == []


def test_samples_as_arrays_are_an_image_set(runs, exported, tmp_path):
    from latentlab.core.data import registry

    told, path = exported(runs["cvae"], "samples", "--columns", "5", name="more.npz")
    assert told == {"rows": 3, "columns": 5, "count": 15}
    data = registry.load(f"array:{path}", tmp_path)
    labels = np.concatenate([data.train_labels, data.test_labels])
    assert np.bincount(labels).tolist() == [5, 5, 5]
    told, path = exported(runs["vae"], "samples", "--rows", "2", "--columns", "4", name="more.npz")
    with np.load(path) as arrays:
        assert arrays.files == ["images"]
        assert arrays["images"].shape == (8, 28, 28)


def test_samples_like_an_image_are_spread_around_it_by_the_temperature(runs, exported):
    run = Run.open(runs["vae"])
    own = run.snapshot.decode(run.codes[4:5])[0]
    spread = []
    for temperature in ("0", "0.5", "2"):
        options = ("--like", "4", "--rows", "2", "--columns", "8", "--temperature", temperature)
        _, path = exported(runs["vae"], "samples", *options, name="more.npz")
        with np.load(path) as arrays:
            spread.append(float(np.abs(arrays["images"] / 255 - own).mean()))
            assert set(arrays["labels"]) == {run.labels[4]}
        path.unlink()
    assert spread[0] < 0.003 < spread[1] < spread[2]

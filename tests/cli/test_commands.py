"""The command line as scripts see it: exit status, JSON on standard output, sentences on standard error."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentlab import __version__
from latentlab.__main__ import main
from latentlab.core.data.binarisation import STATIC_SEED, binarised
from latentlab.core.measures import annealed
from latentlab.core.measures.likelihood import likelihoods
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.output.clean_page import read_page
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import evaluation
from latentlab.core.runs.images import images_for
from latentlab.core.runs.run import Run
from latentlab.core.training.trainer import Trainer

ROOT = Path(__file__).parents[2]
SMALL = ["--set", "encoder.layers=16", "decoder.layers=16"]  # in which a likelihood is soon integrated


@pytest.fixture
def array(tmp_path, tiny_images):
    """Give the name of an image set: the tiny images as a file."""
    path = tmp_path / "tiny.npz"
    images = np.concatenate([tiny_images.train_images, tiny_images.test_images])
    np.savez(path, images=images, labels=np.concatenate([tiny_images.train_labels, tiny_images.test_labels]))
    return f"array:{path}"


@pytest.fixture
def trained(tmp_path, array, capsys):
    """Give a run that the command line has trained, and its dataset."""
    path = tmp_path / "trained.safetensors"
    assert main(["train", "mlp-vae-2d", "--out", str(path), "--dataset", array, "--epochs", "2", *SMALL]) == 0
    capsys.readouterr()
    return path


def objects(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def sentence(capsys):
    """Give what was said on standard error, having seen that it is one sentence and nothing else was said."""
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.endswith(".\n")
    return told.err


def latentlab(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "latentlab", *arguments],
        **{"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options,
    )


def test_training_tells_its_epochs_and_saves_the_run(tmp_path, array, capsys):
    out = tmp_path / "new folder" / "run.safetensors"
    command = [
        "train",
        "mlp-vae-2d",
        "--out",
        str(out),
        "--dataset",
        array,
        "--epochs",
        "2",
        "--limit",
        "150",
        "--json",
    ]
    assert main(command) == 0
    started, *epochs, finished = objects(capsys)
    assert (started["event"], started["epochs"], started["images"]) == ("started", 2, 150)
    assert [(each["event"], each["epoch"]) for each in epochs] == [("epoch", 1), ("epoch", 2)]
    assert epochs[0]["best"] is True
    assert epochs[1]["train"]["loss"] < epochs[0]["train"]["loss"]
    assert finished["event"] == "finished"
    assert finished["epochs"] == 2
    assert finished["images_per_second"] > 0
    assert finished["seconds"] > 0
    for part in ("train", "test"):
        losses = finished[part]
        assert losses == epochs[-1][part]
        assert losses["loss"] == pytest.approx(losses["reconstruction"] + losses["kl"])
    run = Run.open(out)
    assert run.epochs == 2
    assert run.recipe.data.dataset == array


def test_the_same_seed_gives_the_same_losses(tmp_path, array, capsys):
    def losses(seed):
        out = str(tmp_path / "run.safetensors")
        command = ["train", "mlp-vae-2d", "--out", out, "--dataset", array, "--epochs", "1", "--seed", seed, "--json"]
        assert main(command) == 0
        return objects(capsys)[-1]["test"]

    assert losses("3") == losses("3") != losses("4")


def test_settings_are_changed_by_key(tmp_path, array):
    out = tmp_path / "run.safetensors"
    changes = ["--set", "beta=2", "model.encoder.layers=32,16", "--set", "epochs=5", "--epochs", "1"]
    assert main(["train", "mlp-vae-2d", "--out", str(out), "--dataset", array, *changes]) == 0
    recipe = Run.open(out).recipe
    assert recipe.loss.beta == 2
    assert recipe.model.encoder.layers == (32, 16)
    assert recipe.training.epochs == 1


def test_a_recipe_of_ones_own_is_trained(tmp_path, array):
    path, out = tmp_path / "mine.toml", tmp_path / "run.safetensors"
    recipe = Recipe.load("mlp-vae-2d").with_changes({"dataset": array, "epochs": 1, "latent": 3})
    path.write_text(recipe.to_toml(), encoding="utf-8")
    assert main(["train", str(path), "--out", str(out)]) == 0
    assert Run.open(out).codes.shape[1] == 3


def test_resuming_goes_on_from_the_run(tmp_path, array, trained, capsys):
    out = tmp_path / "longer.safetensors"
    command = ["train", "mlp-vae-2d", "--out", str(out), "--dataset", array, "--epochs", "1", "--resume", str(trained)]
    assert main([*command, *SMALL, "--json"]) == 0
    started, epoch, finished = objects(capsys)
    assert started["first_epoch"] == 2
    assert epoch["epoch"] == finished["epochs"] == 3
    earlier, later = Run.open(trained), Run.open(out)
    assert later.history[:2] == earlier.history
    assert later.history[2].train.loss < earlier.history[0].train.loss


def test_a_collapse_is_told_once_with_the_option_that_mends_it(tmp_path, array, capsys):
    command = ["train", "mlp-vae-2d", "--out", str(tmp_path / "run.safetensors"), "--dataset", array, "--epochs", "8"]
    tiny = ["--set", "encoder.layers=16", "decoder.layers=16", "batch_size=8", "learning_rate=0.003"]
    assert main([*command, *tiny, "beta=1"]) == 0
    assert "latentlab:" not in capsys.readouterr().err
    assert main([*command, *tiny, "beta=200"]) == 0
    (told,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("latentlab:")]
    assert "collapsed" in told
    option = told.split("--set ")[1].removesuffix(".")
    assert main([*command, *tiny, "beta=200", option]) == 0
    assert "latentlab:" not in capsys.readouterr().err


def test_a_diverging_loss_saves_the_last_good_model(tmp_path, array, capsys):
    out = tmp_path / "run.safetensors"
    command = ["train", "mlp-vae-2d", "--out", str(out), "--dataset", array, "--epochs", "200", "--json"]
    assert main([*command, "--set", "learning_rate=1", "batch_size=4"]) == 1
    told = capsys.readouterr()
    events = [json.loads(line)["event"] for line in told.out.splitlines()]
    assert events[-2:] == ["diverged", "finished"]
    last = told.err.splitlines()[-1]
    assert "no longer a finite number" in last
    assert last.endswith("--set learning_rate=0.1.")
    assert np.isfinite(Run.open(out).codes).all()


def test_ctrl_c_saves_the_run_so_far(tmp_path, array):
    out = tmp_path / "run.safetensors"
    command = ["train", "mlp-vae-2d", "--out", str(out), "--dataset", array, "--epochs", "99999"]
    with latentlab(*command, "--json") as process:
        while json.loads(process.stdout.readline())["event"] != "epoch":
            pass
        process.send_signal(signal.SIGINT)
        told, said = process.communicate(timeout=60)
    assert process.returncode == 130
    finished = json.loads(told.splitlines()[-1])
    assert finished["event"] == "finished"
    assert finished["stopped"] is True
    assert Run.open(out).epochs == finished["epochs"] >= 1
    assert "Traceback" not in said


def test_a_reader_that_goes_away_does_not_end_training(tmp_path, array):
    out = tmp_path / "run.safetensors"
    with latentlab("train", "mlp-vae-2d", "--out", str(out), "--dataset", array, "--epochs", "9", "--json") as process:
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(60) == 1
    assert "Traceback" not in said
    assert "BrokenPipe" not in said
    assert Run.open(out).epochs == 9


def test_evaluating_gives_the_losses_of_training_and_the_agreement(trained, array, capsys):
    assert main(["evaluate", str(trained), "--json"]) == 0
    (finished,) = objects(capsys)
    assert (finished["event"], finished["dataset"], finished["images"]) == ("finished", array, 39)
    assert finished["test"]["loss"] == pytest.approx(Run.open(trained).history[-1].test.loss, rel=1e-4)
    assert 0 <= finished["agreement"] <= 1
    assert finished["beta"] == 1
    assert finished["elbo"] == pytest.approx(-finished["test"]["loss"])
    assert finished["elbo_standard_error"] == pytest.approx(finished["test"]["standard_error"])
    assert 0 <= finished["agreement_standard_error"] < 0.1


def test_evaluating_for_people_names_the_measures(trained, capsys):
    assert main(["evaluate", str(trained)]) == 0
    told = capsys.readouterr().out
    assert re.search(r"Loss, β = 1 +\d+\.\d\d ± \d+\.\d\d nats", told)
    assert re.search(r"ELBO, one sample each +-\d+\.\d\d ± \d+\.\d\d nats", told)
    assert re.search(r"Agreement of 15 neighbours +\d+\.\d% ± \d+\.\d%", told)


def test_evaluating_tells_how_probable_the_images_are(trained, capsys):
    assert main(["evaluate", str(trained), "--likelihood", "--json"]) == 0
    (finished,) = objects(capsys)
    told = finished["likelihood"]
    assert told.keys() >= {"elbo", "iwae", "k", "log_p", "standard_error", "images", "seconds"}
    assert (told["images"], told["k"]) == (39, 50)
    # The loss is of one sample for each image, at the same temperature and β.
    assert told["elbo"] == pytest.approx(-finished["test"]["loss"], abs=3 * told["standard_error"])
    assert told["elbo"] < told["iwae"] < told["log_p"]
    assert 0 < told["error"] < 0.01
    assert main(["evaluate", str(trained), "--likelihood"]) == 0
    rows = capsys.readouterr().out
    assert f"{told['log_p']:.2f} ± {told['standard_error']:.2f} nats" in rows
    assert "k = 50" in rows


def test_the_likelihood_of_binarised_images_says_by_which_protocol_and_seed(trained, capsys, tiny_images):
    def told(*options):
        assert main(["evaluate", str(trained), "--likelihood", *options, "--json"]) == 0
        (finished,) = objects(capsys)
        return finished["likelihood"]

    grey, static, again = told(), told("--binarised", "static"), told("--binarised", "dynamic")
    other = told("--binarised", "dynamic", "--seed", "3")
    assert [(each["binarised"], each["seed"]) for each in (grey, static, again, other)] == [
        (None, None),
        ("static", STATIC_SEED),
        ("dynamic", 0),
        ("dynamic", 3),
    ]
    assert len({each["log_p"] for each in (grey, static, other)}) == 3
    run = Run.open(trained)
    images = images_for(run, None, None)
    expected = likelihoods(run.snapshot, binarised(images.test_images, 3), images.test_labels)
    assert other["log_p"] == pytest.approx(expected.log_p.mean(), abs=1e-6)
    assert main(["evaluate", str(trained), "--likelihood", "--binarised", "dynamic", "--seed", "3"]) == 0
    rows = capsys.readouterr().out
    assert "dynamic protocol, seed 3" in rows
    assert "Burda" in rows


def test_a_run_of_ones_and_zeros_is_judged_by_them_unless_another_protocol_is_asked_for(
    tmp_path, tiny_images, array, capsys
):
    path = saved(tmp_path, tiny_images, array, {"data.binarised": "dynamic"})
    for options, told in (((), ("dynamic", 0)), (("--binarised", "static"), ("static", STATIC_SEED))):
        assert main(["evaluate", str(path), "--likelihood", *options, "--json"]) == 0
        (finished,) = objects(capsys)
        assert (finished["likelihood"]["binarised"], finished["likelihood"]["seed"]) == told


def test_the_bound_is_of_as_many_samples_as_are_asked_for(tmp_path, tiny_images, array, capsys):
    path = saved(tmp_path, tiny_images, array, {"model.latent": 5})
    run = Run.open(path)
    images = images_for(run, None, None)
    assert main(["evaluate", str(path), "--likelihood", "--annealed", "0", "--samples", "90", "--json"]) == 0
    (finished,) = objects(capsys)
    told, known = finished["likelihood"], likelihoods(run.snapshot, images.test_images, images.test_labels, 90)
    assert (told["k"], told["iwae"]) == (90, pytest.approx(known.iwae.mean()))
    for wrong in ("0", "10001", "9" * 5000, "many"):
        assert main(["evaluate", str(path), "--likelihood", "--samples", wrong]) == 2
        assert "a whole number from 1 to 10000 is needed" in sentence(capsys)


def test_of_more_dimensions_annealing_stands_beside_the_bound(tmp_path, tiny_images, array, capsys, monkeypatch):
    monkeypatch.setattr(annealed, "_LEAPS", 2)
    path = saved(tmp_path, tiny_images, array, {"model.latent": 5})
    assert main(["evaluate", str(path), "--likelihood", "--annealed", "3", "--json"]) == 0
    (finished,) = objects(capsys)
    told = finished["likelihood"]
    known = told["annealed"]
    assert (told["log_p"], known["images"], known["distributions"], known["chains"]) == (None, 3, 500, 16)
    run = Run.open(path)
    images = images_for(run, None, None)
    few = likelihoods(run.snapshot, images.test_images, images.test_labels)
    assert known["iwae"] == pytest.approx(few.iwae[:3].mean())
    assert known["log_p"] >= known["iwae"] - 3 * (known["error"] + few.iwae_error[:3].max())
    assert main(["evaluate", str(path), "--likelihood", "--annealed", "2"]) == 0
    rows = capsys.readouterr().out
    assert "Annealed sampling, first 2 images" in rows
    assert "500 distributions, 16 chains" in rows


def test_a_bound_that_disagrees_with_annealing_is_told(tmp_path, tiny_images, array, capsys, monkeypatch):
    monkeypatch.setattr(annealed, "_LEAPS", 2)
    path = saved(tmp_path, tiny_images, array, {"model.latent": 5})
    run = Run.open(path)
    run.snapshot.model.logvar_head.bias.sub_(8)  # an encoder that is much too sure
    run.save(path)
    assert main(["evaluate", str(path), "--likelihood", "--annealed", "3"]) == 0
    assert "nats below annealed importance sampling of the first 3 images" in capsys.readouterr().err


def test_binarising_is_refused_where_it_means_nothing(trained, tmp_path, tiny_images, array, capsys):
    for options, word in (
        (("--binarised", "static"), "--likelihood"),
        (("--seed", "1"), "--likelihood"),
        (("--annealed", "1"), "--likelihood"),
        (("--samples", "9"), "--likelihood"),
        (("--likelihood", "--seed", "1"), "--binarised"),
        (("--likelihood", "--binarised", "static", "--seed", "1"), "one seed"),
        (("--likelihood", "--binarised", "never"), "never"),
    ):
        assert main(["evaluate", str(trained), *options]) == 2
        assert word in sentence(capsys)
    path = saved(tmp_path, tiny_images, array, {"loss.reconstruction": "squared-error"})
    assert main(["evaluate", str(path), "--likelihood", "--binarised", "static"]) == 2
    assert "squared error" in sentence(capsys)


def test_an_autoencoder_makes_no_image_probable(tmp_path, tiny_images, array, capsys, monkeypatch):
    monkeypatch.setattr(evaluation, "evaluate", None)  # nothing is measured first, to be lost then
    path = saved(tmp_path, tiny_images, array, {"model.kind": "autoencoder"})
    assert main(["evaluate", str(path), "--likelihood"]) == 2
    assert "no prior" in sentence(capsys)
    assert main(["export", str(path), "codes", "--likelihood", "--out", str(tmp_path / "codes.csv")]) == 2
    assert "no prior" in sentence(capsys)
    assert not (tmp_path / "codes.csv").exists()


def test_evaluating_images_without_labels_knows_no_agreement(tmp_path, trained, tiny_images, capsys):
    path = tmp_path / "unlabelled.npz"
    np.savez(path, images=tiny_images.train_images.numpy())
    assert main(["evaluate", str(trained), "--dataset", f"array:{path}", "--json"]) == 0
    (finished,) = objects(capsys)
    assert finished["agreement"] is None


def test_evaluating_images_of_another_size_is_told_in_a_sentence(tmp_path, trained, capsys):
    path = tmp_path / "small.npz"
    np.savez(path, images=np.zeros((20, 8, 8), np.uint8), labels=np.arange(20) % 2)
    assert main(["evaluate", str(trained), "--dataset", f"array:{path}"]) == 2
    assert "8×8" in sentence(capsys)


def test_recipes_are_listed_with_their_settings(capsys):
    assert main(["recipes", "--json"]) == 0
    listed = objects(capsys)
    assert [each["name"] for each in listed] == list(Recipe.names())
    assert all(each["title"] and each["summary"] for each in listed)
    for each in listed:
        recipe = Recipe.load(each["name"])
        assert Recipe.from_dict({key: each[key] for key in ("name", "title", "summary")} | each["settings"]) == recipe
    assert main(["recipes"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in Recipe.names())


def test_a_terminal_without_the_fields_letters_is_no_traceback():
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    with latentlab("recipes", env=environment) as process:
        told, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
    assert "mlp-vae-2d" in told


def test_image_sets_are_listed_with_what_is_here(tmp_path, capsys):
    assert main(["data", "--json", "--data-dir", str(tmp_path)]) == 0
    listed = {each["name"]: each for each in objects(capsys)}
    assert listed["digits"]["here"] is True
    assert listed["digits"]["bytes"] == 0
    assert listed["digits"]["train"] + listed["digits"]["test"] == 1797
    assert listed["mnist"] == {
        "name": "mnist",
        "title": "MNIST",
        "here": False,
        "bytes": listed["mnist"]["bytes"],
        "train": 60_000,
        "test": 10_000,
        "problem": None,
    }
    assert listed["mnist"]["bytes"] > 10**6
    assert main(["data", "--data-dir", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in listed)


def test_the_folder_of_image_sets_comes_from_the_environment(tmp_path, monkeypatch, capsys):
    broken = tmp_path / "MNIST" / "raw"
    broken.mkdir(parents=True)
    (broken / "train-images-idx3-ubyte").write_bytes(b"")
    monkeypatch.setenv("LATENTLAB_DATA", str(tmp_path))
    assert main(["data", "--json"]) == 0
    told = capsys.readouterr()
    mnist = next(each for line in told.out.splitlines() if (each := json.loads(line))["name"] == "mnist")
    assert str(broken) in mnist["problem"]
    assert str(broken) in told.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train"], "RECIPE"),
        (["train", "mlp-vae-2d", "--out", "{tmp}/run.safetensors", "--dataset", "nonsense"], "no image set 'nonsense'"),
        (["train", "mlp-vae-2d", "--out", "{tmp}/run.safetensors", "--dataset", "array:{tmp}/no.npz"], "no.npz"),
        (["train", "mlp-vae-2d", "--out", "{tmp}/run.safetensors", "--dataset", "mnist"], "latentlab data --download"),
        (["train", "nonsense", "--out", "{tmp}/run.safetensors"], "no recipe named 'nonsense'"),
        (["train", "{tmp}/no.toml", "--out", "{tmp}/run.safetensors"], "no such file"),
        (["train", "mlp-vae-2d", "--out", "{tmp}/run.pt"], ".safetensors"),
        (["train", "mlp-vae-2d", "--out", "{tmp}"], ".safetensors"),
        (["train", "mlp-vae-2d", "--out", "/dev/null/run.safetensors"], "cannot be made"),
        (["train", "mlp-vae-2d", "--out", "{tmp}/run.safetensors", "--set", "beta"], "key=value"),
        (["train", "mlp-vae-2d", "--out", "{tmp}/run.safetensors", "--set", "colour=red"], "no setting 'colour'"),
        (["train", "mlp-vae-2d", "--out", "{tmp}/run.safetensors", "--epochs", "-1"], "training.epochs"),
        (["train", "mlp-vae-2d", "--out", "{tmp}/run.safetensors", "--epochs", "ten"], "training.epochs"),
        (["train", "mlp-vae-2d", "--out", "{tmp}/run.safetensors", "--device", "abacus"], "training.device"),
        (["train", "mlp-vae-2d", "--out", "{tmp}/run.safetensors", "--dataset", "digits", "--resume", "no"], "no"),
        (["evaluate", "{tmp}/no.safetensors"], "no.safetensors"),
        (["evaluate", str(ROOT / "pyproject.toml")], "not a run"),
        (["data", "--download", "nonsense"], "no image set 'nonsense'"),
        (["data", "--download", "digits"], "nothing to download"),
        (["clean", "{tmp}/no.safetensors", "{tmp}/page.png", "--out", "{tmp}/out.png"], "no.safetensors"),
        (["clean", "run", "page.png"], "--out"),
        (["recipes", "--colour"], "--colour"),
        (["nonsense"], "neither a run nor a command 'nonsense'"),
        (["a.safetensors", "b.safetensors"], "one run at a time"),
        (["--nonsense"], "--nonsense"),
        (["tour"], "--out"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(arguments, said, tmp_path, capsys):
    assert main([argument.format(tmp=tmp_path) for argument in arguments]) == 2
    assert said in sentence(capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def cleaner(tmp_path, tiny_images):
    """Give a run of a tiny page cleaner, untrained."""
    network = {"kind": "pool", "layers": [4]}
    model = {"kind": "autoencoder", "latent": 4, "code": "planes", "encoder": network, "decoder": network}
    recipe = Recipe.from_dict({"model": model, "loss": {"reconstruction": "squared-error"}})
    path = tmp_path / "cleaner.safetensors"
    Trainer(recipe, tiny_images).result().save(path)
    return path


def test_a_page_of_any_size_is_cleaned(tmp_path, cleaner, capsys):
    page, out = tmp_path / "page.jpg", tmp_path / "new folder" / "clean.png"
    Image.effect_noise((600, 530), 90).save(page)
    assert main(["clean", str(cleaner), str(page), "--out", str(out)]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "530×600 pixels" in told.err
    with Image.open(out) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (600, 530))
        expected = Run.open(cleaner).snapshot.restore(read_page(page)[None])[0]
        assert np.abs(np.asarray(picture) / 255 - expected).max() < 0.5 / 255 + 1e-4


def test_cleaning_stops_at_ctrl_c_and_saves_nothing(tmp_path, cleaner, monkeypatch, capsys):
    page, out = tmp_path / "page.png", tmp_path / "clean.png"
    Image.new("L", (40, 30)).save(page)
    restore, calls = Snapshot.restore, []

    def interrupted(self, images):
        calls.append(signal.raise_signal(signal.SIGINT))
        return restore(self, images)

    monkeypatch.setattr("latentlab.core.output.clean_page.TILE", 16)
    monkeypatch.setattr(Snapshot, "restore", interrupted)
    assert main(["clean", str(cleaner), str(page), "--out", str(out)]) == 130
    assert len(calls) == 1
    assert "nothing is saved" in sentence(capsys)
    assert not out.exists()


def test_what_cannot_be_cleaned_is_a_sentence(tmp_path, cleaner, trained, capsys):
    page = tmp_path / "page.png"
    Image.new("L", (40, 30)).save(page)
    for run, scan, out, said in (
        (cleaner, page, page, "would be lost"),
        (cleaner, page, tmp_path / "clean.jpg", ".png"),
        (cleaner, tmp_path / "none.png", tmp_path / "clean.png", "none.png"),
        (trained, page, tmp_path / "clean.png", "28×28"),
    ):
        assert main(["clean", str(run), str(scan), "--out", str(out)]) == 2
        assert said in sentence(capsys)
    assert not (tmp_path / "clean.png").exists()


def test_a_run_of_another_model_cannot_be_resumed(tmp_path, array, trained, capsys):
    out = tmp_path / "run.safetensors"
    command = ["train", "mlp-vae-2d", "--out", str(out), "--dataset", array, "--resume", str(trained)]
    assert main([*command, "--set", "latent=3"]) == 2
    assert "model.latent" in sentence(capsys)
    assert not out.exists()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["recipes", "--json"], ["train", "--help"]])
def test_what_needs_no_model_imports_none(arguments):
    assert said_without_a_model(*arguments) == ""


def test_runs_are_listed_without_reading_a_model(trained):
    assert said_without_a_model("runs", "--json") == ""
    assert "They lie in" in said_without_a_model("runs")


def said_without_a_model(*arguments):
    """Give what is said on standard error by a program that has imported nothing of what models need."""
    program = (
        "import sys\n"
        "from latentlab.__main__ import main\n"
        "status = main(sys.argv[1:])\n"
        "heavy = {'torch', 'PySide6', 'sklearn', 'numpy', 'torchvision'} & set(sys.modules)\n"
        "sys.exit(f'{status} {heavy}' if status or heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_the_version_is_the_packages(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"latentlab {__version__}\n"


def test_without_a_screen_the_app_says_what_works():
    environment = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    environment.pop("QT_QPA_PLATFORM", None)
    with latentlab(env=environment) as process:
        told, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert told == ""
    assert "latentlab train" in said
    assert said.count("\n") == 1


def saved(tmp_path, images, dataset, changes):
    """Save an untrained run of a small model on an image set, and give its path."""
    from latentlab.core.training.trainer import Trainer

    small = {"model.encoder.layers": "8", "model.decoder.layers": "8", "device": "cpu", "dataset": dataset}
    path = tmp_path / "run.safetensors"
    Trainer(Recipe.load("mlp-vae-2d").with_changes(small | changes), images).result().save(path)
    return path


@pytest.mark.parametrize(
    ("changes", "keys", "said"),
    [
        ({}, {"active_units", "beta", "elbo", "elbo_standard_error"}, ["Active dimensions", "of 2"]),
        (
            {"model.kind": "autoencoder", "sparsity": "0.1", "latent": "5"},
            {"active_share", "movement"},
            ["Penalty", "Units that an image switches on", "% of 5", "Movement of the code"],
        ),
        ({"model.kind": "autoencoder", "gaussian": "0.2"}, {"movement", "psnr"}, ["PSNR, noisy to restored", "dB"]),
        (
            {
                "model.kind": "autoencoder",
                "output": "linear",
                "reconstruction": "squared-error",
                "model.encoder.activation": "linear",
                "model.decoder.activation": "linear",
            },
            {"movement", "principal_angles"},
            ["Angles to the principal components", "°"],
        ),
    ],
    ids=["vae", "sparse", "denoising", "linear"],
)
def test_evaluating_tells_what_applies_to_the_model(tmp_path, tiny_images, array, capsys, changes, keys, said):
    path = saved(tmp_path, tiny_images, array, changes)
    assert main(["evaluate", str(path), "--json"]) == 0
    (finished,) = objects(capsys)
    always = {"event", "dataset", "images", "test", "agreement", "agreement_standard_error", "agreement_images"}
    assert finished.keys() == always | keys
    assert finished["images"] == 39
    if "psnr" in keys:
        assert finished["psnr"].keys() == {"noisy", "restored"}
        assert 10 < finished["psnr"]["noisy"] < 30
    if "principal_angles" in keys:
        assert len(finished["principal_angles"]) == 2
        assert all(0 <= angle <= 90 for angle in finished["principal_angles"])
    for share in ("active_share", "movement"):
        assert finished.get(share, 0.5) > 0
    assert main(["evaluate", str(path)]) == 0
    told = capsys.readouterr().out
    assert all(words in told for words in said)


def test_evaluating_keeps_to_the_images_of_the_recipe_unless_others_are_named(tmp_path, tiny_images, array, capsys):
    path = saved(tmp_path, tiny_images, array, {"images": "5,16", "model.kind": "autoencoder"})
    assert main(["evaluate", str(path), "--json"]) == 0
    assert main(["evaluate", str(path), "--dataset", array, "--json"]) == 0
    chosen, all_of_them = objects(capsys)
    assert (chosen["images"], all_of_them["images"]) == (2, 39)
    assert chosen["agreement"] is None
    assert chosen["test"]["loss"] != all_of_them["test"]["loss"]


def test_excluded_images_are_neither_trained_on_nor_measured(tmp_path, array, capsys):
    out = str(tmp_path / "run.safetensors")
    command = ["train", "mlp-vae-2d", "--out", out, "--dataset", array, "--epochs", "1", "--limit", "150", "--json"]
    layers = ["--set", "encoder.layers=8", "--set", "decoder.layers=8"]
    assert main([*command, *layers, "--set", "data.exclude=0-9, 160, 201, 230-239"]) == 0
    assert objects(capsys)[0]["images"] == 140  # the limit brings no others in for them
    assert main(["evaluate", out, "--json"]) == 0
    assert objects(capsys)[-1]["images"] == 39 - 11
    assert main([*command, *layers, "--set", "data.exclude=0-239"]) == 2
    assert "No training images" in capsys.readouterr().err
    assert main([*command, *layers, "--set", "data.exclude=240"]) == 2
    assert "there is no image 240" in capsys.readouterr().err


def test_a_model_of_planes_is_evaluated_on_images_of_another_size(tmp_path, tiny_images, array, capsys):
    path, small = tmp_path / "planes.toml", tmp_path / "small.npz"
    changes = {"dataset": array, "latent": 4, "model.encoder.layers": "4", "model.decoder.layers": "4", "epochs": 1}
    path.write_text(Recipe.load("page-cleaner").with_changes(changes).to_toml(), encoding="utf-8")
    out = tmp_path / "run.safetensors"
    assert main(["train", str(path), "--out", str(out)]) == 0
    np.savez(small, images=tiny_images.train_images[:40, :9, :20].numpy())
    capsys.readouterr()
    assert main(["evaluate", str(out), "--dataset", f"array:{small}", "--json"]) == 0
    (finished,) = objects(capsys)
    assert finished["test"]["loss"] > 0

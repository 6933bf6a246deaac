import dataclasses
import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from latentlab.core.events import Changed
from latentlab.core.files import resource
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.runs.run import Run, RunError, codes_of
from latentlab.core.training.control import Control
from latentlab.core.training.trainer import Trainer
from tests.faults import full_disk

RECIPE = Recipe.from_dict(
    {
        "name": "small",
        "data": {"dataset": "tiny"},
        "model": {"latent": 3, "encoder": {"layers": [4]}, "decoder": {"layers": [4]}},
        "training": {"batch_size": 90, "epochs": 2, "device": "cpu"},
    }
)


def trained(recipe, images):
    control = Control()
    control.change("beta", 0.5)
    trainer = Trainer(recipe, images, run_id="abc", control=control)
    list(trainer.events())
    return trainer.result()


@pytest.fixture(scope="module")
def run(tiny_images):
    return trained(RECIPE, tiny_images)


@pytest.fixture(scope="module")
def saved(run, tmp_path_factory):
    """Give the bytes of a run's file."""
    path = tmp_path_factory.mktemp("saved") / "run.safetensors"
    run.save(path)
    return path.read_bytes()


@pytest.fixture
def changed(saved, tmp_path):
    """Write the run again with some of its tensors or metadata changed, as another program could."""

    def write(tensors=None, metadata=None, without=()):
        path = tmp_path / "run.safetensors"
        path.write_bytes(saved)
        with safe_open(path, "pt") as file:
            all_metadata = file.metadata() | (metadata or {})
            all_tensors = {name: file.get_tensor(name) for name in file.keys()} | (tensors or {})  # noqa: SIM118
        kept = {name: tensor for name, tensor in all_tensors.items() if name not in without}
        save_file(kept, path, {key: value for key, value in all_metadata.items() if key not in without})
        return path

    return write


def refused(path):
    """Open a file that cannot be opened, and give the sentence that says so."""
    with pytest.raises(RunError) as caught:
        Run.open(path)
    message = str(caught.value)
    assert str(path) in message
    assert message.endswith(".")
    assert "\n" not in message
    return message


def opened_or_refused(path):
    """Open a file that may be damaged: give the run, or None where a sentence said that it is."""
    try:
        return Run.open(path)
    except RunError as error:
        message = str(error)
    assert str(path) in message
    assert "\n" not in message
    return None


# Round trip


@pytest.mark.parametrize("kind", ["autoencoder", "vae", "cvae"])
def test_round_trip(tiny_images, tmp_path, kind):
    run = trained(RECIPE.with_changes({"model.kind": kind}), tiny_images)
    path = tmp_path / "run.safetensors"
    run.save(path)
    opened = Run.open(path)

    state, expected = opened.snapshot.state(), run.snapshot.state()
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], expected[name]) for name in expected)
    assert opened.recipe == run.recipe
    assert opened.snapshot.run_id == "abc"
    assert opened.snapshot.class_names == ("upright", "level", "ring")
    assert opened.snapshot.image_shape == (1, 28, 28)
    assert opened.history == run.history
    assert opened.changes == run.changes == (Changed("abc", 0.0, "beta", 0.5),)
    assert opened.epochs == 2
    assert opened.preparation == run.preparation
    np.testing.assert_array_equal(opened.codes, run.codes)
    np.testing.assert_array_equal(opened.labels, run.labels)
    assert opened.codes.dtype == np.float32
    assert opened.labels.dtype == np.int64
    images, labels = tiny_images.test_images, tiny_images.test_labels
    np.testing.assert_array_equal(opened.snapshot.encode(images, labels), run.snapshot.encode(images, labels))


def test_an_opened_run_can_be_gone_on_with(run, saved, tiny_images, tmp_path):
    path = tmp_path / "run.safetensors"
    path.write_bytes(saved)
    again = []
    for start in (run, Run.open(path)):
        trainer = Trainer(RECIPE, tiny_images, run_id="on", start=start)
        list(trainer.events())
        again.append(trainer.result())
    assert again[0].history == again[1].history
    assert again[1].epochs == 4


def test_a_run_without_epochs_or_classes_round_trips(nameless_images, tmp_path):
    path = tmp_path / "run.safetensors"
    Trainer(RECIPE, nameless_images).result().save(path)
    opened = Run.open(path)
    assert opened.history == ()
    assert opened.epochs == 0
    assert opened.snapshot.class_names == ()
    assert (opened.labels == -1).all()


def test_names_in_any_writing_round_trip(tiny_images, tmp_path):
    names = ('a "quoted" one', "ŋ 字 ☂", "")
    recipe = RECIPE.with_changes({"title": "Übung „drei“"})
    path = tmp_path / "läuft ☂.safetensors"
    Trainer(recipe, dataclasses.replace(tiny_images, class_names=names)).result().save(path)
    opened = Run.open(path)
    assert opened.snapshot.class_names == names
    assert opened.recipe.title == "Übung „drei“"


def test_others_read_the_file_without_latentlab(run, saved, tmp_path):
    path = tmp_path / "run.safetensors"
    path.write_bytes(saved)
    with safe_open(path, "np") as file:
        metadata = file.metadata()
        np.testing.assert_array_equal(file.get_tensor("codes"), run.codes)
    assert metadata["format"] == "latentlab/1"
    assert Recipe.from_dict(json.loads(metadata["recipe"])) == RECIPE
    assert json.loads(metadata["class_names"]) == ["upright", "level", "ring"]
    history = json.loads(metadata["history"])
    assert [epoch["epoch"] for epoch in history] == [1, 2]
    assert history[1]["test"]["loss"] == run.history[1].test.loss


def test_a_sample_of_many_test_images_has_its_codes_kept_whatever_the_order_of_the_file(run, tiny_images):
    order = tiny_images.test_labels.argsort(stable=True)
    by_class = dataclasses.replace(
        tiny_images, test_images=tiny_images.test_images[order], test_labels=tiny_images.test_labels[order]
    )
    codes, labels = codes_of(run.snapshot, by_class, 25)
    rows = np.sort(np.random.default_rng(0).permutation(60)[:25])
    np.testing.assert_array_equal(codes, run.snapshot.encode(by_class.test_images[rows])[0])
    np.testing.assert_array_equal(labels, by_class.test_labels[rows])
    assert np.bincount(labels).min() > 4, "of each class"
    codes, labels = codes_of(run.snapshot, by_class, 60)
    np.testing.assert_array_equal(labels, by_class.test_labels)


# Saving is whole or not at all


def test_saving_over_a_run_replaces_it_and_leaves_nothing_else(run, tmp_path):
    path = tmp_path / "run.safetensors"
    path.write_text("older")
    run.save(path)
    assert Run.open(path).epochs == 2
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_up_leaves_the_old_file_whole(run, saved, tmp_path):
    path = tmp_path / "run.safetensors"
    path.write_bytes(saved)
    with pytest.raises(RunError, match=r"choose another place\.$") as caught, full_disk(len(saved) // 2):
        run.save(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == saved
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_may_not_be_replaced_stays_whole(run, saved, tmp_path, monkeypatch):
    path = tmp_path / "run.safetensors"
    path.write_bytes(saved)

    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "replace", refuse)
    with pytest.raises(RunError, match=r"permission denied; choose another place\.$"):
        run.save(path)
    assert path.read_bytes() == saved
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["no folder", "below a file", "a folder", "long name", "nothing"])
def test_a_place_that_cannot_hold_a_run_is_refused_in_a_sentence(run, tmp_path, kind, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    path = {
        "no folder": tmp_path / "none" / "run.safetensors",
        "below a file": tmp_path / "file" / "run.safetensors",
        "a folder": tmp_path / "folder",
        "long name": tmp_path / ("x" * 250 + ".safetensors"),
        "nothing": "",
    }[kind]
    with pytest.raises(RunError, match=r"could not be saved as .*choose another place\.$"):
        run.save(path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["file", "folder"]


# What is no run


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0" * 7, id="shorter than its length"),
        pytest.param(b"\0" * 64, id="zeros"),
        pytest.param(b"\xff" * 64, id="a huge length"),
        pytest.param(b"PK\x03\x04" + b"\0" * 60, id="a zip, such as torch saves"),
        pytest.param("A letter of some length, not a run at all. ☂".encode(), id="text"),
        pytest.param(b"\x02\0\0\0\0\0\0\0{}", id="safetensors of nothing"),
        pytest.param(b"\x02\0\0\0\0\0\0\0[]", id="safetensors of no mapping"),
        pytest.param(b"\x04\0\0\0\0\0\0\0\xff\xfe{}", id="no UTF-8"),
    ],
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    refused(path)


def test_no_file_and_a_folder_are_refused(tmp_path):
    assert "There is no file" in refused(tmp_path / "none.safetensors")
    refused(tmp_path)


def test_safetensors_of_another_program_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(2)}, path)
    assert "is not a run" in refused(path)
    save_file({"weight": torch.zeros(2)}, path, {"format": "pt"})
    assert "latentlab/1" in refused(path)


def test_a_run_of_a_later_version_is_refused(changed):
    assert "this version" in refused(changed(metadata={"format": "latentlab/2"}))


@given(end=st.floats(0, 1, exclude_max=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_run_cut_short_anywhere_is_refused(saved, tmp_path, end):
    path = tmp_path / "run.safetensors"
    path.write_bytes(saved[: int(end * len(saved))])
    refused(path)


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_bytes_give_a_run_or_a_sentence(saved, tmp_path, data):
    head = 8 + int.from_bytes(saved[:8], "little")
    places = st.one_of(st.integers(0, head - 1), st.integers(0, len(saved) - 1))  # most of the damage in the head
    damaged = bytearray(saved)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=4)):
        damaged[place] = value
    path = tmp_path / "run.safetensors"
    path.write_bytes(damaged)
    opened = opened_or_refused(path)
    if opened is not None:  # what opens can be used
        latent = opened.snapshot.latent
        assert opened.codes.shape == (len(opened.labels), latent)
        assert opened.snapshot.decode(np.zeros((1, latent))).shape == (1, *opened.snapshot.image_shape)
        assert (opened.preparation.height, opened.preparation.width) == opened.snapshot.image_shape[1:]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["epoch", "train", "test", "loss", "kl", "height", "a"]), inner, max_size=4),
    ),
    max_leaves=8,
)
KEYS = ["run", "recipe", "class_names", "image_shape", "epochs", "history", "changes", "preparation"]


@given(key=st.sampled_from(KEYS), value=JSON)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_metadata_of_any_shape_give_a_run_or_a_sentence(changed, key, value):
    path = changed(metadata={key: json.dumps(value)})
    opened = opened_or_refused(path)
    if opened is not None:
        assert isinstance(opened.snapshot.run_id, str)
        assert isinstance(opened.epochs, int)
        assert all(isinstance(name, str) for name in opened.snapshot.class_names)
        opened.save(path)  # or what is trained further would be lost
        assert Run.open(path).epochs == opened.epochs


@pytest.mark.parametrize("key", ["run", "fingerprint", "chain", "training", "group"])
def test_text_that_nothing_can_encode_is_kept_as_it_is(changed, run, key):
    odd = "\ud800"
    link = {"recipe": run.recipe.model_dump(mode="json"), "first_epoch": 0, "epochs": 1, "steps_done": 0}
    group = {"id": odd, "name": odd, "number": 1, "of": 2, "settings": {odd: odd}}
    value = {
        "chain": [link | {"run_id": odd, "device": odd, "fingerprint": odd, "made_with": {"torch": odd}}],
        "training": run.training.to_dict() | {"device": odd, "made_with": {"torch": odd}},
        "group": group,
    }.get(key, odd)
    path = changed(metadata={key: json.dumps(value)})
    opened = opened_or_refused(path)
    if opened is not None:
        opened.save(path)
        again = Run.open(path)
        assert (again.chain, again.fingerprint, again.group) == (opened.chain, opened.fingerprint, opened.group)


@pytest.mark.parametrize("key", [*KEYS, "codes", "labels", "model.mean_head.weight"])
def test_a_part_that_is_missing_is_refused(changed, key):
    refused(changed(without=[key]))


@pytest.mark.parametrize(
    "tensors",
    [
        pytest.param({"codes": torch.zeros(60, 2)}, id="codes of another latent space"),
        pytest.param({"codes": torch.zeros(59, 3)}, id="fewer codes than labels"),
        pytest.param({"codes": torch.tensor(1.0)}, id="a number for codes"),
        pytest.param({"codes": torch.full((60, 3), math.nan)}, id="codes that are NaN"),
        pytest.param({"labels": torch.full((60,), 3)}, id="a label beyond the classes"),
        pytest.param({"labels": torch.full((60,), -2)}, id="a label below none"),
        pytest.param({"labels": torch.zeros(60, 1, dtype=torch.int64)}, id="labels in two dimensions"),
        pytest.param({"model.mean_head.weight": torch.zeros(2, 4)}, id="weights of another shape"),
        pytest.param({"model.mean_head.bias": torch.tensor([0.0, math.nan, 0.0])}, id="a weight that is NaN"),
        pytest.param({"model.mean_head.bias": torch.tensor([0.0, math.inf, 0.0])}, id="a weight that is infinite"),
        pytest.param({"model.another.bias": torch.zeros(3)}, id="a layer too many"),
        pytest.param({"stray": torch.zeros(3)}, id="a tensor of no part"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(changed, tensors):
    refused(changed(tensors))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("recipe", "{"),
        ("recipe", '{"model": {"latent": 0}}'),
        ("recipe", '{"model": {"kind": "gan"}}'),
        ("class_names", "[]"),
        ("image_shape", "[28, 29]"),
        ("image_shape", "[0, 28]"),
        ("image_shape", "[-28, -28]"),
        ("image_shape", "[28]"),
        ("image_shape", "[1e999, 28]"),
        ("epochs", "Infinity"),
        ("epochs", "-1"),
        ("epochs", '"two"'),
        ("epochs", str(2**53)),
        ("epochs", "1e300"),
        ("epochs", "9" * 4000),
        ("history", '[{"epoch": 1}]'),
        ("history", '[{"run": "a", "epoch": 1, "train": {"loss": 1}, "test": {}, "is_best": true}]'),
        ("changes", '[{"setting": "beta"}]'),
        ("changes", '[{"run": "a", "epochs_done": 1, "setting": "colour", "value": 1}]'),
        ("changes", '[{"run": "a", "epochs_done": "one", "setting": "beta", "value": 1}]'),
        ("chain", "{}"),
        ("chain", '[{"recipe": {"model": {"kind": "gan"}}, "first_epoch": 0, "epochs": 1, "steps_done": 0}]'),
        ("chain", '[{"recipe": {}, "first_epoch": -1, "epochs": 1, "steps_done": 0}]'),
        ("preparation", "{}"),
        ("run", "[" * 100_000),
    ],
)
def test_metadata_that_do_not_fit_are_refused(changed, key, value):
    refused(changed(metadata={key: value}))


def test_tests_of_earlier_versions_were_at_the_temperature_of_training(changed, run):
    history = [dataclasses.asdict(epoch) for epoch in run.history]
    for epoch in history:
        del epoch["temperatures"]
    recipe = RECIPE.with_changes({"temperature": 0.6}).model_dump(mode="json")
    opened = Run.open(changed(metadata={"history": json.dumps(history), "recipe": json.dumps(recipe)}))
    assert {epoch.temperatures for epoch in opened.history} == {(0.6, 0.6)}
    opened = Run.open(changed(metadata={"history": json.dumps(history)}))
    assert [dataclasses.replace(epoch, run_id="") for epoch in opened.history] == [
        dataclasses.replace(epoch, run_id="") for epoch in run.history
    ]


def test_losses_of_earlier_versions_were_told_with_the_beta_then_in_force(changed, run):
    history = [dataclasses.asdict(epoch) for epoch in run.history]
    for epoch in history:
        del epoch["objective"], epoch["test"]["standard_error"]
        epoch["test"]["loss"] = epoch["test"]["reconstruction"] + 0.1 * epoch["test"]["kl"]
    path = changed(metadata={"history": json.dumps(history)})
    for opened, mine in zip(Run.open(path).history, run.history, strict=True):
        assert (opened.test, opened.objective) == (dataclasses.replace(mine.test, standard_error=None), None)
    assert workspace.known_of(path).test["loss"] == run.history[-1].test.loss


def test_runs_of_earlier_versions_chose_by_their_test_images(changed):
    recipe = RECIPE.with_changes({"patience": 2}).model_dump(mode="json")
    assert Run.open(changed(metadata={"recipe": json.dumps(recipe)})).recipe.validation_share == 1 / 6
    del recipe["data"]["validation"]
    assert Run.open(changed(metadata={"recipe": json.dumps(recipe)})).recipe.validation_share == 0


def test_losses_that_are_no_numbers_are_refused(changed, run):
    history = [dataclasses.asdict(epoch) for epoch in run.history]
    history[0]["train"]["loss"] = "low"
    refused(changed(metadata={"history": json.dumps(history)}))


@pytest.mark.parametrize(
    "damage", [{"epoch": 10**400}, {"images": -1}, {"images": 10**400}, {"seconds": -1.0}, {"seconds": float("nan")}]
)
def test_an_epoch_of_no_such_number_or_length_is_refused(changed, run, damage):
    history = [dataclasses.asdict(epoch) for epoch in run.history]
    history[0] |= damage
    refused(changed(metadata={"history": json.dumps(history)}))


def test_a_preparation_for_images_of_another_size_is_refused(changed, run):
    preparation = run.preparation.to_dict() | {"height": 32}
    refused(changed(metadata={"preparation": json.dumps(preparation)}))


def test_nothing_is_unpickled(tmp_path):
    path = tmp_path / "run.safetensors"
    torch.save({"codes": torch.zeros(2)}, path)
    refused(path)


def test_a_run_of_when_all_images_were_grey_opens(saved, tmp_path):
    path = tmp_path / "run.safetensors"
    path.write_bytes(saved.replace(b'"[1, 28, 28]"', b'"[28, 28]"   '))
    assert Run.open(path).snapshot.image_shape == (1, 28, 28)
    path.write_bytes(saved.replace(b'"[1, 28, 28]"', b'"[2, 28, 28]"'))
    refused(path)


def test_opening_a_run_loads_no_compiler():
    """Torch loads its own for what it does not know of tensors without numbers: seconds, and 200 MB."""
    path = resource("models", "mnist-vae-2d.safetensors")
    code = (
        "import sys; from latentlab.core.runs.run import Run; "
        f"Run.open({str(path)!r}); sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_open_run_does_not_need_its_file_any_more(saved, tmp_path, run):
    """It may be cut short by whoever writes over it; what is mapped would end the process then (SIGBUS)."""
    path = tmp_path / "run.safetensors"
    path.write_bytes(saved)
    opened = Run.open(path)
    os.truncate(path, 0)
    np.testing.assert_array_equal(opened.codes, run.codes)
    for name, tensor in run.training.tensors.items():
        assert torch.equal(opened.training.tensors[name], tensor), name
    for name, tensor in run.snapshot.state().items():
        assert torch.equal(opened.snapshot.state()[name], tensor), name

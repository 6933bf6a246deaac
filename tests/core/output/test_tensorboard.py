"""What TensorBoard's own reader finds in what a training wrote."""

import gc
import io
import shutil
import sys
import threading
from contextlib import closing, suppress
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from latentlab.core.errors import LatentlabError
from latentlab.core.events import EpochEnded
from latentlab.core.output import tensorboard
from latentlab.core.output.event_files import EventFiles, TensorBoardError, check
from latentlab.core.output.tensorboard import TensorBoardWriter
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.control import Control
from latentlab.core.training.trainer import Trainer
from tests.faults import full_disk

pytest.importorskip("tensorboard")

TINY = {"encoder.layers": "16", "decoder.layers": "16", "batch_size": 32, "epochs": 3, "device": "cpu"}


def written(folder, data, control=None, **changes):
    """Train a tiny recipe as the command line does, and give where it was written, and the history."""
    recipe = Recipe(name="my own/tiny").with_changes(TINY | {key.replace("__", "."): to for key, to in changes.items()})
    trainer = Trainer(recipe, data, control=control)
    with closing(TensorBoardWriter(folder, recipe, trainer.data, trainer.run_id)) as writer:
        for event in trainer.events():
            writer.take(event)
            if isinstance(event, EpochEnded) and writer.wants(event.epoch):
                writer.take_model(event.epoch, trainer.snapshot())
        writer.take_model(trainer.history[-1].epoch, trainer.snapshot(), is_last=True)
    return writer.folder, trainer


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    found.Reload()
    return found


def curve(found, tag):
    return [(point.step, point.value) for point in found.Scalars(tag)]


def pictures(found, tag):
    return [(event.step, Image.open(io.BytesIO(event.encoded_image_string))) for event in found.Images(tag)]


def projector(folder):
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    return text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig()).embeddings


@pytest.fixture(scope="module")
def vae(tmp_path_factory, tiny_images):
    """Give the folder of a 2-D VAE's training, what is read from it, and the trainer."""
    folder, trainer = written(tmp_path_factory.mktemp("logs"), tiny_images)
    return folder, read(folder), trainer


def test_a_training_has_a_folder_of_its_own_by_name_date_and_id(vae):
    folder, _, trainer = vae
    assert folder.name.startswith("my-own-tiny-20")
    assert folder.name.endswith(trainer.run_id[:4])


def test_epochs_are_curves_of_train_and_test(vae):
    _, found, trainer = vae
    for term in ("loss", "reconstruction", "kl"):
        for part in ("train", "test"):
            expected = [(ended.epoch, getattr(getattr(ended, part), term)) for ended in trainer.history]
            assert curve(found, f"{term}/{part}") == [(epoch, pytest.approx(value)) for epoch, value in expected]
    assert not {"penalty/train", "objective/train", "batch/objective"} & set(found.Tags()["scalars"])


def test_steps_are_a_curve_that_ends_with_the_last(vae):
    _, found, _ = vae
    steps = [step for step, _ in curve(found, "batch/loss")]
    assert steps == sorted(set(steps))
    assert steps[-1] == 3 * 6  # 180 images in batches of 32
    assert dict(curve(found, "settings/beta")) == dict.fromkeys(steps, 1)
    assert curve(found, "settings/learning rate")[0][1] == pytest.approx(1e-3)


def test_images_of_every_epoch_are_originals_above_reconstructions_and_the_manifold(vae, tiny_images):
    _, found, trainer = vae
    sheets = pictures(found, "reconstructions")
    assert [step for step, _ in sheets] == [1, 2, 3]
    pixels = np.asarray(sheets[-1][1].convert("L"))
    assert pixels.shape == (2 * 28 + 2, 10 * 28 + 9 * 2)
    assert (pixels[:28, :28] == tiny_images.test_images[0].numpy()).all()
    rebuilt = trainer.snapshot().restore(tiny_images.test_images[:1])[0]
    assert np.abs(pixels[30:, :28] / 255 - rebuilt).max() < 0.01
    assert [picture.size for _, picture in pictures(found, "manifold")] == [(448, 448)] * 3


def test_the_recipe_is_there_to_read(vae):
    _, found, trainer = vae
    (text,) = found.Tensors("recipe/text_summary")
    told = text.tensor_proto.string_val[0].decode()
    assert Recipe.from_toml(told.split("```")[1]) == trainer.recipe


def test_the_projector_gets_as_many_names_and_pictures_as_codes(vae, tiny_images):
    folder, _, trainer = vae
    (embedding,) = projector(folder)
    codes = np.loadtxt(folder / embedding.tensor_path, delimiter="\t")
    assert codes == pytest.approx(trainer.snapshot().encode(tiny_images.test_images)[0], abs=1e-4)
    names = (folder / embedding.metadata_path).read_text().splitlines()
    assert names == [tiny_images.class_names[label] for label in tiny_images.test_labels]
    sprite = np.asarray(Image.open(folder / embedding.sprite.image_path))
    width, height = embedding.sprite.single_image_dim
    columns = sprite.shape[1] // width
    assert columns * (sprite.shape[0] // height) >= len(codes) == 60
    row, column = divmod(59, columns)
    last = sprite[row * height : (row + 1) * height, column * width : (column + 1) * width]
    assert (last == tiny_images.test_images[59].numpy()).all()


def test_a_long_run_is_thinned_and_has_few_embeddings(tmp_path, tiny_images, monkeypatch):
    def refuse(question, model):
        raise LatentlabError("It would take most of the time.")

    monkeypatch.setattr(tensorboard, "manifold", refuse)
    folder, _ = written(tmp_path, tiny_images.limited(40), epochs=30, checkpoint_every=2)
    found = read(folder)
    shown = [step for step, _ in pictures(found, "reconstructions")]
    assert set(shown) == {*range(1, 26), 26, 28, 30}
    assert len(curve(found, "loss/test")) == 30
    names = [embedding.tensor_name for embedding in projector(folder)]
    assert names == ["codes", *(f"codes-epoch{epoch:02}" for epoch in range(28, 0, -4))]


def test_an_autoencoder_has_no_kl_but_its_penalty_and_what_it_sees(tmp_path, tiny_images):
    changes = {
        "model.kind": "autoencoder",
        "sparsity": 0.1,
        "corruption.gaussian": 0.2,
        "epochs": 1,
        "schedule": "one-cycle",
    }
    folder, _ = written(tmp_path, tiny_images, **changes)
    found = read(folder)
    assert {"penalty/test", "batch/loss"} <= set(found.Tags()["scalars"])
    assert not {"kl/test", "batch/kl", "settings/beta"} & set(found.Tags()["scalars"])
    assert pictures(found, "reconstructions")[0][1].size[1] == 3 * 28 + 2 * 2
    assert curve(found, "settings/learning rate")[-1][1] < 1e-4


def test_settings_that_are_changed_are_seen_from_then_on(tmp_path, tiny_images):
    control = Control()
    control.change("beta", 4.0)
    control.change("learning_rate", 0.01)
    folder, trainer = written(tmp_path, tiny_images, control, epochs=1)
    found = read(folder)
    assert curve(found, "settings/beta")[0][1] == 4
    assert curve(found, "settings/learning rate")[0][1] == pytest.approx(0.01)
    (ended,) = trainer.history
    assert curve(found, "objective/train") == [(1, pytest.approx(ended.train.reconstruction + 4 * ended.train.kl))]
    assert curve(found, "loss/train") == [(1, pytest.approx(ended.train.reconstruction + ended.train.kl))]
    assert "batch/objective" in found.Tags()["scalars"]


def test_images_that_are_not_square_fit_into_the_sprite(tmp_path, tiny_images):
    images = tiny_images.test_images[..., 8:20].repeat(1, 1, 12, 1)  # 336 high, 12 wide
    tall = replace(tiny_images, train_images=images, train_labels=tiny_images.test_labels, test_images=images)
    folder, _ = written(tmp_path, tall, epochs=1)
    (embedding,) = projector(folder)
    sprite = np.asarray(Image.open(folder / embedding.sprite.image_path))
    width, height = embedding.sprite.single_image_dim
    assert width == height == sprite.shape[1] // 8 <= 256


def test_without_tensorboard_it_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(TensorBoardError, match="pip install tensorboard"):
        check(tmp_path)


def test_a_folder_that_cannot_be_written_to_is_told_in_a_sentence(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(TensorBoardError, match="another folder"):
        check(file / "logs")


def test_a_folder_that_goes_away_is_told_in_a_sentence(tmp_path, tiny_images):
    recipe = Recipe(name="tiny").with_changes(TINY)
    trainer = Trainer(recipe, tiny_images)
    writer = TensorBoardWriter(tmp_path / "logs", recipe, trainer.data, trainer.run_id)
    shutil.rmtree(tmp_path / "logs")
    with pytest.raises(TensorBoardError, match="another folder"):
        writer.take_model(1, trainer.snapshot(), is_last=True)
    writer.close()


# A full disk


@pytest.mark.parametrize("most", [0, 3_000, 40_000])
def test_a_full_disk_is_told_in_one_sentence_and_nothing_else(tmp_path, tiny_images, capfd, most):
    recipe = Recipe(name="tiny").with_changes(TINY)
    trainer, told, threads = Trainer(recipe, tiny_images), [], threading.active_count()
    events = list(trainer.events())
    writer = TensorBoardWriter(tmp_path, recipe, trainer.data, trainer.run_id)
    with full_disk(most):
        try:
            for event in events:
                writer.take(event)
                if isinstance(event, EpochEnded):
                    writer.take_model(event.epoch, trainer.snapshot())
        except TensorBoardError as error:
            told.append(str(error))
        assert threading.active_count() == threads
        with suppress(TensorBoardError):  # of what is left
            writer.close()
        writer.close()
    (sentence,) = told
    assert sentence.startswith(f"What TensorBoard reads cannot be written to {writer.folder} (File too large): ")
    assert capfd.readouterr() == ("", "")


def test_a_disk_that_has_no_room_for_codes_is_told_in_a_sentence(tmp_path):
    with closing(EventFiles(tmp_path)) as files, full_disk(10_000):
        codes, images = np.zeros((1000, 20), np.float32), np.zeros((1000, 1, 8, 8), np.uint8)
        with pytest.raises(TensorBoardError, match=r"file too large; choose another place"):
            files.embedding("codes", codes, ["nought"] * 1000, images)


def test_what_was_written_before_a_disk_was_full_can_be_read(tmp_path):
    files = EventFiles(tmp_path)
    with full_disk(20_000), suppress(TensorBoardError), closing(files):
        for step in range(10_000):
            files.scalar("loss", 2.0 * step, step)
    points = curve(read(tmp_path), "loss")
    assert 300 < len(points) < 1000
    assert points == [(step, 2.0 * step) for step in range(len(points))]


def test_closing_writes_what_is_left(tmp_path):
    files = EventFiles(tmp_path)
    files.scalar("loss", 1.0, 7)
    files.close()
    files.close()
    assert curve(read(tmp_path), "loss") == [(7, 1.0)]


@pytest.mark.parametrize("refused", [0, 1])
def test_a_disk_that_is_full_from_the_first_lines_on_leaves_no_file_open(tmp_path, tiny_images, monkeypatch, refused):
    """The first is the file's own, the second the recipe's; files that nobody closes warn, which fails a test."""
    from tensorboard.summary.writer.record_writer import RecordWriter

    write, calls = RecordWriter.write, []

    def full(self, data):
        calls.append(data)
        if len(calls) > refused:
            raise OSError(28, "No space left on device")
        write(self, data)

    monkeypatch.setattr(RecordWriter, "write", full)
    with pytest.raises(TensorBoardError, match="No space left on device"):
        TensorBoardWriter(tmp_path, Recipe(name="tiny"), tiny_images, "abc")
    gc.collect()

"""Images in colour, of sides that nothing divides, go all the way: trained, kept, looked at, and written for others."""

import dataclasses
from contextlib import closing

import av
import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from latentlab.core.data.image_set import ImageSet
from latentlab.core.fields.tiles import CELLS, Landscape, TileAddress
from latentlab.core.map import explore
from latentlab.core.map.browsing import Listing, ListQuestion, Lists, rebuild
from latentlab.core.map.comparing import at_image
from latentlab.core.map.live_map import map_of
from latentlab.core.map.map_images import MapSource, choose
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.output.animation import save_film
from latentlab.core.output.clean_page import CleaningError, clean
from latentlab.core.output.export import save_picture, sheet
from latentlab.core.output.selection_export import save_selected
from latentlab.core.output.tensorboard import TensorBoardWriter
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.evaluation import evaluate
from latentlab.core.runs.run import Run
from latentlab.core.training.trainer import Trainer
from latentlab.core.views.interpolations import InterpolationsQuestion
from latentlab.core.views.manifold import ManifoldQuestion
from latentlab.core.views.pca import BesidePcaQuestion
from latentlab.core.views.posterior_samples import PosteriorSamplesQuestion
from latentlab.core.views.restored import Damage, RestoredQuestion
from latentlab.core.views.samples import SamplesQuestion
from latentlab.core.views.sensitivity import SensitivityQuestion
from latentlab.core.views.traversals import TraversalsQuestion
from latentlab.core.views.units import UnitsQuestion
from latentlab.core.views.walk import WalkPlan, WalkQuestion

SHAPE = (3, 13, 18)
NETWORK = {"kind": "conv", "layers": [8, 8]}
RECIPE = Recipe.from_dict(
    {
        "data": {"dataset": "colours"},
        "model": {"encoder": NETWORK, "decoder": NETWORK},
        "training": {"batch_size": 10, "epochs": 12, "learning_rate": 0.02, "device": "cpu"},
    }
)


@pytest.fixture(scope="module")
def images():
    """Red and blue images, whose right half is darker by an amount of its own."""
    random = np.random.default_rng(0)
    pixels = np.zeros((80, *SHAPE), np.uint8)
    labels = np.arange(80) % 2
    pixels[np.arange(80), 2 * labels] = 220
    pixels[..., 9:] = (pixels[..., 9:] * random.random((80, 1, 1, 1))).astype(np.uint8)
    x, y = torch.from_numpy(pixels), torch.from_numpy(labels)
    return ImageSet("colours", "Colours", x[:60], y[:60], x[60:], y[60:], ("red", "blue"))


@pytest.fixture(scope="module")
def run(images):
    trainer = Trainer(RECIPE, images)
    list(trainer.events())
    return trainer.result()


@pytest.fixture(scope="module")
def model(run, images):
    return map_of(run, choose(images, MapSource()))


def test_a_model_learns_colours(run, images):
    restored = run.snapshot.restore(images.test_images)
    assert restored.shape == images.test_images.shape
    red, green, blue = restored.mean((2, 3)).T
    assert green.max() < 0.1
    assert ((red > blue) == (images.test_labels.numpy() == 0)).all()


@pytest.mark.parametrize("kind", ["mlp", "conv", "pool"])
@pytest.mark.parametrize("terms", [("tanh", "squared-error"), ("sigmoid", "bernoulli")])
def test_a_decoder_begins_at_the_mean_colour(images, kind, terms):
    changes = {"encoder.kind": kind, "decoder.kind": kind, "output": terms[0], "reconstruction": terms[1]}
    snapshot = Trainer(RECIPE.with_changes(changes), images).snapshot()
    colours = snapshot.decode(np.zeros((1, 2), np.float32)).mean((0, 2, 3))
    np.testing.assert_allclose(colours, images.train_images.numpy().mean((0, 2, 3)) / 255, atol=0.15)


def test_a_run_is_opened_again(run, tmp_path):
    run.save(tmp_path / "run.safetensors")
    opened = Run.open(tmp_path / "run.safetensors")
    assert opened.snapshot.image_shape == SHAPE
    assert opened.preparation == run.preparation
    codes = np.random.default_rng(0).standard_normal((5, 2)).astype(np.float32)
    np.testing.assert_array_equal(opened.snapshot.decode(codes), run.snapshot.decode(codes))


def test_a_run_is_measured(run, images):
    snapshot = Snapshot("noisy", RECIPE.with_changes({"gaussian": 0.1}), run.snapshot.model, images.class_names)
    found = evaluate(snapshot, images)
    assert found.images == 20
    assert np.isfinite(dataclasses.astuple(found.test)).all()
    assert found.agreement > 0.5
    assert found.psnr.noisy == pytest.approx(22, abs=1)  # half of the noise is cut off at black


def test_every_view_answers_in_colour(model):
    damage = Damage("salt_and_pepper", 0.3, 0)
    pictures = {
        ManifoldQuestion(3, "radius", 2.0, 0): ("images", (3, 3)),
        SamplesQuestion(2, 4, 1.0, 0, False): ("images", (2, 4)),
        PosteriorSamplesQuestion(2, 3, 1.0, 0, 0): ("posterior", (2, 3)),
        InterpolationsQuestion((0, 1, 2), 5, "linear", None): ("images", (3,)),
        TraversalsQuestion(None, 2.0, 3, 2, True, 0): ("images", (2, 3)),
        RestoredQuestion(damage, 4): ("restored", (4,)),
        WalkQuestion(WalkPlan("arrow", (0, 1, 2)), 4, None, 0, False): ("images", (1, 4)),
    }
    for question, (name, count) in pictures.items():
        found = getattr(question.answer(model), name)
        assert found.shape == (*count, *SHAPE), question
        assert 0 <= found.min() <= found.max() <= 1
    assert np.isfinite(SensitivityQuestion().answer(model).movements).all()
    assert UnitsQuestion(0).answer(model).images == 20


def test_a_code_of_an_autoencoder_draws_colours(images):
    linear = {"kind": "mlp", "layers": [], "activation": "linear"}
    recipe = RECIPE.with_changes(
        {"model.kind": "autoencoder", "output": "linear", "reconstruction": "squared-error", "epochs": 1}
        | {f"{part}.{key}": value for part in ("encoder", "decoder") for key, value in linear.items()}
    )
    trainer = Trainer(recipe, images)
    list(trainer.events())
    model = map_of(trainer.result(), choose(images, MapSource()))
    assert UnitsQuestion(0).answer(model).drawn.shape[1:] == SHAPE
    compared = BesidePcaQuestion().answer(model)
    assert compared.principal_error <= compared.error


def test_a_point_a_place_and_a_list_are_in_colour(model):
    image = model.images[3] / np.float32(255)
    point = explore.data_point(model.snapshot, model.projection, 3, model.means[3], 1, image)
    assert point.reconstruction.shape == SHAPE
    noise = explore.new_noise(0, 2)
    decoded = explore.decode(model.snapshot, model.projection, model.means[3], label=None, temperature=1.0, noise=noise)
    assert decoded.image.shape == SHAPE
    assert decoded.samples.shape == (8, *SHAPE)
    assert at_image(model, 3).image.shape == SHAPE
    assert rebuild(model, np.array([1, 2])).images.shape == (2, *SHAPE)
    question = ListQuestion(Listing("near_pixels", 3, "distance", False), np.empty(0, np.int64), 3, model.means[3], 0)
    found = Lists(model).find(question, lambda share: True)
    assert (model.labels[found.rows] == model.labels[3]).all(), "colours tell images apart"


def test_a_sketch_is_a_painting(model):
    from latentlab.core.sketch.preparation import prepare

    painting = np.zeros((3, 260, 360), np.float32)
    painting[2] = 0.8
    image = prepare(painting, model.preparation)
    found = explore.sketched(
        model.snapshot, model.projection, image, label=None, means=model.means, labels=model.labels, images=model.images
    )
    assert found.input.shape == found.reconstruction.shape == SHAPE
    assert found.votes[0][0] == 1, "blue"


def test_a_tile_holds_its_cells_in_colour(model):
    landscape = Landscape.of(model, None, 0)
    (tile,) = landscape.decode([TileAddress(1, 0, 0)])
    assert tile.pixels.shape == (3, CELLS * 13, CELLS * 18)
    last = model.snapshot.decode(landscape.codes([TileAddress(1, 0, 0)])[-1:])[0]
    np.testing.assert_allclose(tile.pixels[:, -13:, -18:], np.rint(last * 255), atol=1)


def test_pictures_and_films_are_in_colour(model, tmp_path):
    images = model.images[:4].reshape(2, 2, *SHAPE) / np.float32(255)
    save_picture(tmp_path / "sheet.png", sheet(images))
    with Image.open(tmp_path / "sheet.png") as picture:
        assert (picture.mode, picture.size) == ("RGB", (2 * 18 + 2, 2 * 13 + 2))
        np.testing.assert_array_equal(np.asarray(picture)[-13:, -18:], model.images[3].transpose(1, 2, 0))
    film = np.zeros((1, 3, *SHAPE), np.float32)
    film[0, :, 0] = 1
    for ending in ("gif", "mp4", "png"):
        save_film(tmp_path / f"film.{ending}", film, 10)
    with Image.open(tmp_path / "film.gif") as file:
        frames = [np.asarray(frame.convert("RGB"))[5, 5].tolist() for frame in ImageSequence.Iterator(file)]
    assert frames[0] == [255, 0, 0]
    with av.open(tmp_path / "film.mp4") as file:
        pixel = next(file.decode(video=0)).to_ndarray(format="rgb24")[20, 20].astype(int)
    assert np.abs(pixel - [255, 0, 0]).max() < 20


def test_selected_images_are_written_in_colour(model, images, tmp_path):
    rows = np.array([4, 2, 9])
    save_selected(
        tmp_path / "a.npz", model, rows, rows + 60, images, with_reconstructions=False, goes_on=lambda share: True
    )
    with np.load(tmp_path / "a.npz") as arrays:
        np.testing.assert_array_equal(arrays["images"], model.images[rows].transpose(0, 2, 3, 1))
    save_selected(
        tmp_path / "a.png", model, rows, rows + 60, images, with_reconstructions=True, goes_on=lambda share: True
    )
    with Image.open(tmp_path / "a.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture)[:13, :18], model.images[4].transpose(1, 2, 0))


def test_tensorboard_is_told_colours(images, tmp_path):
    pytest.importorskip("tensorboard")
    trainer = Trainer(RECIPE.with_changes({"epochs": 1}), images)
    list(trainer.events())
    with closing(TensorBoardWriter(tmp_path, RECIPE, images, trainer.run_id)) as writer:
        writer.take_model(1, trainer.snapshot(), is_last=True)
    with Image.open(writer.folder / "codes" / "sprite.png") as sprite:
        assert sprite.mode == "RGB"
        first = np.asarray(sprite)[:18, :18]
    np.testing.assert_array_equal(first[2:15], images.test_images[0].numpy().transpose(1, 2, 0))


def test_pages_are_not_cleaned_by_a_model_of_colours(model):
    with pytest.raises(CleaningError, match=r"^Pages are cleaned in grey, .*\.$"):
        clean(model.snapshot, np.zeros((1, 13, 18), np.uint8))


def test_grey_images_are_told_from_colours_in_words(run, tiny_images):
    with pytest.raises(Exception, match="cannot be continued on 'tiny'"):
        run.check_fits(RECIPE, tiny_images)

import threading

import numpy as np
import pytest
import torch

from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

RECIPE = Recipe.from_dict(
    {
        "data": {"dataset": "tiny"},
        "model": {"encoder": {"layers": [16]}, "decoder": {"layers": [16]}},
        "training": {"batch_size": 60, "epochs": 1, "learning_rate": 0.01, "device": "cpu"},
    }
)
MODELS = {
    "autoencoder": {"model.kind": "autoencoder"},
    "vae": {},
    "cvae": {"model.kind": "cvae"},
    "tanh": {"reconstruction": "squared-error", "output": "tanh"},
}


@pytest.fixture(scope="module", params=MODELS)
def trainer(request, tiny_images):
    trainer = Trainer(RECIPE.with_changes(MODELS[request.param]), tiny_images, run_id="abc")
    list(trainer.events())
    return trainer


@pytest.fixture(scope="module")
def snapshot(trainer):
    return trainer.snapshot()


def test_it_knows_what_it_is_of(trainer, snapshot):
    assert snapshot.run_id == "abc"
    assert snapshot.recipe == trainer.recipe
    assert snapshot.class_names == ("upright", "level", "ring")
    assert snapshot.latent == 2
    assert snapshot.image_shape == (1, 28, 28)
    assert snapshot.uses_labels == (trainer.recipe.model.kind == "cvae")


def test_it_gives_what_the_model_gives(trainer, snapshot, tiny_images):
    images, labels = tiny_images.test_images, tiny_images.test_labels
    x = images.float() / 255
    codes, noise = torch.randn(60, 2), torch.randn(60, 2)
    model = trainer.model.eval()
    with torch.no_grad():
        mean, logvar = model.encode(x, labels)
        decoded = model.pixels(model.decode(codes, labels))
        terms = model.loss_terms(x, labels, noise)
    model.train()
    np.testing.assert_allclose(snapshot.encode(images, labels), (mean, logvar), atol=1e-6)
    np.testing.assert_allclose(snapshot.decode(codes, labels), decoded, atol=1e-6)
    np.testing.assert_allclose(snapshot.loss_terms(images, labels, noise)[0], terms.reconstruction, rtol=1e-5)
    np.testing.assert_allclose(snapshot.loss_terms(images, labels, noise)[1], terms.kl, rtol=1e-5)


def test_answers_are_numpy_of_the_documented_shapes(snapshot, tiny_images):
    images, labels = tiny_images.test_images.numpy(), tiny_images.test_labels.numpy()
    answers = [
        (*snapshot.encode(images, labels), (60, 2)),
        (snapshot.decode(np.zeros((5, 2)), labels[:5]), (5, 1, 28, 28)),
        (*snapshot.loss_terms(images, labels), (60,)),
    ]
    for *arrays, shape in answers:
        for array in arrays:
            assert isinstance(array, np.ndarray)
            assert array.dtype == np.float32
            assert array.shape == shape


def test_decoded_pixels_lie_between_black_and_white(snapshot):
    codes = np.random.default_rng(0).normal(0, 100, (50, 2))
    pixels = snapshot.decode(codes, np.zeros(50, np.int64))
    assert pixels.min() >= 0
    assert pixels.max() <= 1


def test_losses_without_noise_are_at_the_mean(snapshot, tiny_images):
    images, labels = tiny_images.test_images, tiny_images.test_labels
    np.testing.assert_array_equal(
        snapshot.loss_terms(images, labels), snapshot.loss_terms(images, labels, np.zeros((60, 2)))
    )


def test_grey_values_may_come_as_bytes_or_as_shares(snapshot, tiny_images):
    images, labels = tiny_images.test_images.numpy(), tiny_images.test_labels
    shares = (images / 255).astype(np.float32)
    np.testing.assert_allclose(snapshot.encode(images, labels), snapshot.encode(shares, labels), atol=1e-6)
    np.testing.assert_allclose(
        snapshot.encode(images, labels), snapshot.encode(shares.astype(float), labels), atol=1e-6
    )
    np.testing.assert_allclose(snapshot.loss_terms(images, labels), snapshot.loss_terms(shares, labels), rtol=1e-5)


@pytest.mark.parametrize("count", [999, 1000, 1001, 2060])  # a thousand go through a model at once
def test_chunks_agree_with_the_whole(snapshot, tiny_images, count):
    rows = np.arange(count) % 60
    images, labels = tiny_images.test_images, tiny_images.test_labels
    for few, many in zip(snapshot.encode(images, labels), snapshot.encode(images[rows], labels[rows]), strict=True):
        np.testing.assert_allclose(many, few[rows], atol=1e-5)
    restored = snapshot.restore(images[rows], labels[rows])
    np.testing.assert_allclose(restored, snapshot.restore(images, labels)[rows], atol=1e-5)


def test_no_images_give_no_codes(snapshot):
    mean, logvar = snapshot.encode(np.empty((0, 1, 28, 28), np.uint8), np.empty(0, np.int64))
    assert mean.shape == logvar.shape == (0, 2)
    assert snapshot.decode(np.empty((0, 2)), np.empty(0, np.int64)).shape == (0, 1, 28, 28)


def test_what_goes_in_is_not_changed(snapshot, tiny_images):
    images = tiny_images.test_images.float().div(255)
    codes = np.ones((60, 2), np.float32)
    before = images.clone()
    snapshot.encode(images, tiny_images.test_labels)
    snapshot.loss_terms(images, tiny_images.test_labels)
    snapshot.decode(codes, tiny_images.test_labels)
    assert torch.equal(images, before)
    assert (codes == 1).all()


def test_later_training_does_not_reach_it(tiny_images):
    trainer = Trainer(RECIPE, tiny_images)
    snapshot = trainer.snapshot()
    codes = np.eye(2)
    before = snapshot.decode(codes), snapshot.encode(tiny_images.test_images)
    list(trainer.events())
    np.testing.assert_array_equal(snapshot.decode(codes), before[0])
    np.testing.assert_array_equal(snapshot.encode(tiny_images.test_images), before[1])
    assert not np.allclose(trainer.snapshot().decode(codes), before[0], atol=1e-3)


def test_it_has_no_part_in_gradients(trainer, snapshot, tiny_images):
    assert not any(parameter.requires_grad for parameter in snapshot.model.parameters())
    assert not snapshot.model.training
    assert all(parameter.requires_grad for parameter in trainer.model.parameters())
    snapshot.encode(tiny_images.test_images[:2], tiny_images.test_labels[:2])
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_another_thread_gets_the_same_answers_while_the_model_trains(tiny_images):
    trainer = Trainer(RECIPE.with_changes({"epochs": 4}), tiny_images)
    snapshot = trainer.snapshot()
    expected = snapshot.encode(tiny_images.test_images)[0]
    wrong, done = [], threading.Event()

    def explore():
        while True:
            last = done.is_set()
            mean, _ = snapshot.encode(tiny_images.test_images)
            if torch.is_inference_mode_enabled() or not np.array_equal(mean, expected):
                wrong.append(mean)
            if last:
                return

    thread = threading.Thread(target=explore)
    thread.start()
    losses = [event for event in trainer.events() if hasattr(event, "losses")]
    done.set()
    thread.join()
    assert not wrong
    assert losses


def test_labels_steer_a_cvae_and_no_vae(tiny_images):
    codes = np.zeros((3, 2))
    for kind in ("vae", "cvae"):
        snapshot = Trainer(RECIPE.with_changes({"model.kind": kind}), tiny_images).snapshot()
        images = snapshot.decode(codes, [0, 1, 2])
        means, _ = snapshot.encode(tiny_images.test_images[:1].repeat(3, 1, 1, 1), [0, 1, 2])
        assert np.allclose(images[0], images[1]) == (kind == "vae")
        assert np.allclose(means[0], means[2]) == (kind == "vae")


def test_a_cvae_takes_no_label_as_minus_one(tiny_images):
    snapshot = Trainer(RECIPE.with_changes({"model.kind": "cvae"}), tiny_images).snapshot()
    assert np.isfinite(snapshot.decode(np.zeros((1, 2)), [-1])).all()


def test_its_state_builds_the_same_model(trainer, snapshot, tiny_images):
    other = Snapshot("other", trainer.recipe, trainer.model, snapshot.class_names)
    other.model.load_state_dict(snapshot.state())
    images, labels = tiny_images.test_images, tiny_images.test_labels
    np.testing.assert_array_equal(other.encode(images, labels), snapshot.encode(images, labels))


# Autoencoders


@pytest.mark.parametrize("kind", ["autoencoder", "vae", "cvae"])
def test_restoring_is_encoding_and_decoding_the_mean(kind, tiny_images):
    snapshot = Trainer(RECIPE.with_changes({"model.kind": kind}), tiny_images).snapshot()
    images, labels = tiny_images.test_images, tiny_images.test_labels
    mean, logvar = snapshot.encode(images, labels)
    restored = snapshot.restore(images, labels)
    assert restored.dtype == np.float32
    np.testing.assert_allclose(restored, snapshot.decode(mean, labels), atol=1e-6)
    np.testing.assert_allclose(restored[:3], snapshot.restore((images[:3] / 255).numpy(), labels[:3]), atol=1e-6)
    assert snapshot.restore(images[:0], labels[:0]).shape == (0, 1, 28, 28)
    assert snapshot.is_variational == (kind != "autoencoder")
    assert (logvar == -np.inf).all() == (kind == "autoencoder")
    assert not snapshot.takes_any_size


def test_a_model_of_planes_restores_pages_of_any_size(tiny_images):
    pool = {"kind": "pool", "layers": [4]}
    model = {"kind": "autoencoder", "code": "planes", "latent": 4, "encoder": pool, "decoder": pool}
    recipe = Recipe.from_dict(RECIPE.model_dump() | {"model": model})
    snapshot = Trainer(recipe, tiny_images).snapshot()
    assert snapshot.takes_any_size
    random = np.random.default_rng(0)
    for shape in [(28, 28), (1, 1), (31, 45), (270, 100)]:
        page = random.random((2, 1, *shape), np.float32)
        restored = snapshot.restore(page)
        assert restored.shape == page.shape
        assert 0 <= restored.min() <= restored.max() <= 1
        assert snapshot.encode(page)[0].shape == (2, 4)
        assert snapshot.loss_terms(page)[0].shape == (2,)
    assert snapshot.decode(np.zeros((3, 4))).shape == (3, 1, 28, 28)


def test_penalties_are_known_without_gradients(tiny_images):
    changes = {"model.kind": "autoencoder", "latent": 5, "sparsity": 0.5, "contraction": 2.0}
    snapshot = Trainer(RECIPE.with_changes(changes), tiny_images).snapshot()
    images = tiny_images.test_images[:4]
    penalty = snapshot.loss_terms(images)[2]
    assert penalty.shape == (4,)
    noise = np.random.default_rng(0).choice([-1.0, 1.0], (400, 5))
    for row, (image, mean) in enumerate(zip(images, snapshot.encode(images)[0], strict=True)):
        draws = snapshot.loss_terms(np.repeat(image[None].numpy(), 400, 0), None, noise)[2]
        jacobian = torch.func.jacrev(lambda x: snapshot.model.encode(x)[0])(image[None] / 255)
        exact = 0.5 * np.abs(mean).sum() + 2 * float(jacobian.square().sum())
        assert draws.mean() == pytest.approx(exact, rel=0.15)
        assert penalty[row] == pytest.approx(exact, rel=1e-4)
        assert snapshot.loss_terms(image[None])[2] == pytest.approx(exact, rel=1e-4)  # alone, too
    assert not np.allclose(penalty, snapshot.loss_terms(images, None, np.ones((4, 5)))[2])  # signs are random

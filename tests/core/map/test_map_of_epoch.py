"""Maps of earlier epochs, read from the disk, and turned to lie as the present one does."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group

from latentlab.core.events import EpochEnded
from latentlab.core.map.live_map import map_of
from latentlab.core.map.map_images import MapSource, choose
from latentlab.core.map.map_of_epoch import map_at, size_of, turned
from latentlab.core.map.projection import fit
from latentlab.core.runs.epochs_on_disk import FOLDER, write
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL


@pytest.fixture(scope="module")
def present(tiny_images):
    run = Trainer(SMALL, tiny_images).result()
    return map_of(run, choose(tiny_images, MapSource()))


def with_codes(update, codes):
    return replace(update, means=codes.astype(np.float32), projection=fit(codes.astype(np.float32)))


@given(latent=st.sampled_from([1, 2, 3, 5]), seed=st.integers(0, 1000), noise=st.sampled_from([0.0, 0.3]))
@settings(max_examples=40)
def test_a_map_is_turned_as_orthogonal_procrustes_does(present, latent, seed, noise):
    random = np.random.default_rng(seed)
    codes = random.normal(size=(60, latent)) * np.linspace(1, 3, latent) + 1
    rotation = ortho_group.rvs(latent, random_state=seed) if latent > 1 else np.array([[-1.0]])
    now = with_codes(present, codes)
    then = with_codes(present, codes @ rotation + noise * random.normal(size=codes.shape))
    found = turned(then, now)
    mine, others = then.means - then.projection.origin, now.means - now.projection.origin
    best, _ = orthogonal_procrustes(mine.astype(float), others.astype(float))
    places = found.projection.to_plane(found.means)
    assert np.allclose(places, mine @ best @ now.projection.directions.T, atol=1e-3)
    if not noise:
        assert np.allclose(places, now.projection.to_plane(now.means), atol=1e-3)
    # The codes are what they were, and a place is that of the code that is decoded there.
    assert found.means is then.means
    code = found.projection.moved(then.means[3], (0.5, -0.25))
    assert np.allclose(found.projection.position(code)[0], 0.5, atol=1e-4)
    assert np.allclose(found.projection.moved(then.means[3], tuple(places[3])), then.means[3], atol=1e-4)
    assert "turned" in found.projection.axes[0]


def test_what_is_not_of_the_same_images_is_not_turned(present):
    other = replace(present, ids=present.ids.unknown())
    assert turned(other, present) is other
    assert turned(present, present) is present
    narrow = with_codes(present, np.ones((len(present.means), 3)))
    assert turned(narrow, present) is narrow


def test_codes_that_are_not_known_yet_are_left_out(present):
    codes = np.random.default_rng(0).normal(size=(len(present.means), 2)).astype(np.float32)
    then = with_codes(present, codes[:, ::-1])
    then.means[3] = np.nan
    assert np.allclose(turned(then, with_codes(present, codes)).projection.directions, [[0, 1], [1, 0]], atol=1e-5)


def test_a_map_is_read_as_it_was(tiny_images, tmp_path):
    trainer, shown, maps = Trainer(SMALL, tiny_images, run_id="abc"), choose(tiny_images, MapSource()), {}
    for event in trainer.events():
        if isinstance(event, EpochEnded):
            write(tmp_path / FOLDER / "abc", "abc", event, trainer.model.state_dict())
            maps[event.epoch] = map_of(trainer.result(), shown)
    run, path = trainer.result(), tmp_path / "run.safetensors"
    run.save(path)
    now = map_of(run, shown)
    then = map_at(run, path, 1, shown, now, lambda: False)
    assert np.allclose(then.means, maps[1].means, atol=1e-6)
    assert not np.allclose(then.means, now.means, atol=1e-3)
    assert (then.run_id, then.epochs_done, then.ids) == ("abc", 1.0, now.ids)
    assert then.images is now.images
    assert map_at(run, path, 1, shown, now, lambda: True) is None
    assert size_of(then) > then.means.nbytes

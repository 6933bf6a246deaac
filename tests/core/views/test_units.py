"""Which dimensions a VAE uses, and which units of an autoencoder's code are on for whom."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.errors import LatentlabError
from latentlab.core.measures.latent import kl_per_dimension
from latentlab.core.views.units import UnitsQuestion


def asked(model, label=0):
    return UnitsQuestion(label).answer(model)


def test_the_dimensions_of_a_vae_come_by_their_kl(tiny_model):
    model = tiny_model(model__latent=5)
    used = asked(model)
    assert (used.run_id, used.images) == (model.run_id, 60)
    assert sorted(used.dimensions) == list(range(5))
    assert (np.diff(used.kl) <= 0).all()
    kl = model.snapshot.loss_terms(model.images)[1]
    assert used.kl.sum() == pytest.approx(kl.mean(), rel=1e-4)
    each = kl_per_dimension(model.snapshot, model.images, model.labels)
    np.testing.assert_allclose(used.kl, each[used.dimensions], rtol=1e-4)
    assert np.array_equal(used.active, model.means.var(0)[used.dimensions] > 0.01)


def test_a_vae_without_its_images_is_refused_in_a_sentence(tiny_model):
    with pytest.raises(LatentlabError, match="not loaded"):
        asked(dataclasses.replace(tiny_model(), images=None))


class Told:
    """Stands in for the snapshot of an autoencoder whose images are their codes."""

    is_variational = uses_labels = takes_any_size = False
    image_shape, class_names = (1, 1, 4), ("a", "b")

    def __init__(self, latent=4):
        self.latent, self.image_shape = latent, (1, 1, latent)

    def decode(self, codes, labels):
        return codes[:, None, None] * [[2, 2, -2, 2][: self.latent]] + 7


CODES = np.array([[1, 0, 0, 0], [3, 0, 2, 0], [2, 1, 0, 0], [0, 1, 4, 0]], np.float32)
LABELS = np.array([0, 0, 1, 1])


@pytest.fixture
def told(tiny_model):
    """Give an autoencoder with such codes."""
    return dataclasses.replace(tiny_model(), snapshot=Told(), means=CODES, labels=LABELS, images=None)


def test_units_are_counted_by_unit_image_and_class(told):
    firing = asked(told)
    np.testing.assert_allclose(firing.by_unit, [0.75, 0.5, 0.5, 0])
    assert firing.share == pytest.approx(7 / 16)
    assert firing.counts.sum() == pytest.approx(1)
    middles = (firing.edges[1:] + firing.edges[:-1]) / 2
    assert (firing.counts * middles).sum() == pytest.approx(7 / 16, abs=0.02)
    # Unit 0 is of class a; 2 and 1 are of class b, or of both; 3 is never on.
    np.testing.assert_allclose(firing.by_class, [[1, 0.5, 0], [0.5, 0.5, 1]])


def test_the_units_of_a_class_are_drawn_alone(told):
    firing = asked(told, 1)
    assert firing.label == 1
    assert list(firing.telling) == [1]
    np.testing.assert_allclose(firing.telling_shares, [1])
    np.testing.assert_allclose(firing.drawn, [[[[0.5, 1, 0.5, 0.5]]]])
    assert list(asked(told, 0).telling) == [0]


def test_a_unit_that_takes_ink_is_dark(told):
    codes = CODES[:, [2, 1, 0, 3]]
    firing = asked(dataclasses.replace(told, means=codes), 0)
    np.testing.assert_allclose(firing.drawn, [[[[0.5, 0.5, 0, 0.5]]]])


def test_without_classes_units_are_only_counted(told):
    told.snapshot.class_names = ()
    firing = asked(dataclasses.replace(told, labels=np.full(4, -1)))
    assert firing.by_class.shape == (0, 3)
    assert firing.drawn.shape == (0, 1, 1, 4)
    assert firing.share == pytest.approx(7 / 16)


@settings(max_examples=20)
@given(st.data())
def test_any_codes_have_an_answer(data):
    from types import SimpleNamespace

    count, latent = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    values = st.lists(st.sampled_from([0.0, 1e-9, 1.0, -3.0, 50.0]), min_size=count * latent, max_size=count * latent)
    codes = np.array(data.draw(values), np.float32).reshape(count, latent)
    labels = np.array(data.draw(st.lists(st.integers(-1, 1), min_size=count, max_size=count)), np.int64)
    model = SimpleNamespace(run_id="a", snapshot=Told(latent), means=codes, labels=labels)
    firing = asked(model, data.draw(st.integers(0, 3)))
    assert 0 <= firing.share <= 1
    assert firing.counts.sum() == pytest.approx(1)
    assert firing.by_class.shape == (2, np.count_nonzero(firing.by_unit))
    assert len(firing.drawn) == len(firing.telling) == len(firing.telling_shares)
    assert np.isfinite(firing.drawn).all()


def test_a_trained_autoencoder_has_units(tiny_model):
    firing = asked(tiny_model(model__kind="autoencoder", model__latent=40, model__code_activation="relu"), 2)
    assert len(firing.by_unit) == 40
    assert firing.by_class.shape[0] == 3
    assert firing.drawn.shape[1:] == (1, 28, 28)

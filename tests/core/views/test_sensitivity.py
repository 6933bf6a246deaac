"""How far codes move when noise is added to images, as a view."""

import dataclasses

import numpy as np
import pytest

from latentlab.core.errors import LatentlabError
from latentlab.core.measures.latent import movement
from latentlab.core.views.sensitivity import SensitivityQuestion

AUTOENCODER = {"model__kind": "autoencoder", "model__latent": 4}


def asked(model):
    return SensitivityQuestion().answer(model)


@pytest.mark.parametrize("changes", [AUTOENCODER, {"model__kind": "cvae"}], ids=["autoencoder", "cvae"])
def test_the_curve_begins_at_rest_and_rises(tiny_model, changes):
    model = tiny_model(**changes)
    found = asked(model)
    assert (found.run_id, found.name, found.epochs, found.images) == (model.run_id, "untitled", 2.0, 60)
    assert (found.deviations[0], found.movements[0]) == (0, 0)
    assert (np.diff(found.deviations) > 0).all()
    assert (np.diff(found.movements) > 0).all()
    alone = movement(model.snapshot, model.images, model.labels, 0.1, 1)
    (at,) = np.flatnonzero(np.isclose(found.deviations, 0.1))
    assert found.movements[at] == pytest.approx(alone, rel=0.4)  # of sixty images


def test_a_contracted_code_moves_less(tiny_model):
    free, held = asked(tiny_model(**AUTOENCODER)), asked(tiny_model(**AUTOENCODER, loss__contraction=10.0))
    assert (free.contraction, held.contraction) == (0, 10)
    assert (held.movements[1:] < free.movements[1:]).all()


def test_what_has_no_movement_is_refused_in_a_sentence(tiny_model):
    model = tiny_model(**AUTOENCODER)
    with pytest.raises(LatentlabError, match="not loaded"):
        asked(dataclasses.replace(model, images=None))
    alone = dataclasses.replace(model, images=model.images[:1], labels=model.labels[:1], means=model.means[:1])
    with pytest.raises(LatentlabError, match="no spread"):
        asked(alone)

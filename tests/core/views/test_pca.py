"""A model's plane beside PCA's, as a view."""

import dataclasses

import numpy as np
import pytest

from latentlab.core.errors import LatentlabError
from latentlab.core.views.pca import BesidePcaQuestion

LINEAR = {
    "model__kind": "autoencoder",
    "model__encoder__layers": (),
    "model__decoder__layers": (),
    "model__output": "linear",
    "loss__reconstruction": "squared-error",
}


def asked(model):
    return BesidePcaQuestion().answer(model)


def test_points_of_both_are_of_the_maps_images(tiny_model):
    model = tiny_model(**LINEAR)
    found = asked(model)
    assert found.run_id == model.run_id
    assert found.angles.shape == (2,)
    assert found.points.points.shape == found.principal_points.points.shape == (60, 2)
    assert found.points.axes == found.principal_points.axes == ("PC 1", "PC 2")
    assert np.array_equal(found.points.labels, model.labels)
    pixels = model.images.reshape(60, -1) / 255
    _, sizes, components = np.linalg.svd(pixels - pixels.mean(0), full_matrices=False)
    along = np.abs((pixels - pixels.mean(0)) @ components[0])
    np.testing.assert_allclose(np.abs(found.principal_points.points[:, 0]), along, atol=1e-3)
    assert found.principal_error == pytest.approx(np.square(sizes[2:]).sum() / 60, rel=1e-4)
    assert found.error >= found.principal_error
    assert found.principal_explained >= found.explained


def test_a_single_dimension_has_one_axis(tiny_model):
    found = asked(tiny_model(model__latent=1))
    assert found.points.axes == ("PC 1", "")
    assert not found.points.points[:, 1].any()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"images": None}, "not loaded"),
        ({"means": np.full((60, 2), np.nan, np.float32)}, "diverged"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(tiny_model, changes, sentence):
    with pytest.raises(LatentlabError, match=sentence):
        asked(dataclasses.replace(tiny_model(**LINEAR), **changes))


def test_a_cvae_is_refused_in_a_sentence(tiny_model):
    with pytest.raises(LatentlabError, match="CVAE"):
        asked(tiny_model(model__kind="cvae"))


def test_few_images_do_at_first_and_what_is_known_of_them_is_found_once(tiny_model, monkeypatch):
    from latentlab.core.measures import pca as measure
    from latentlab.core.views import pca as view

    model, found = tiny_model(**LINEAR), []
    principal = measure.principal
    monkeypatch.setattr(
        measure, "principal", lambda images, count: found.append(len(images)) or principal(images, count)
    )
    monkeypatch.setattr(view, "_QUICK_IMAGES", 20)
    monkeypatch.setattr(view, "_kept", None)
    quick = BesidePcaQuestion(is_quick=True).answer(model)
    assert quick.is_quick
    assert len(quick.points.points) == 20
    for _ in range(2):
        whole = BesidePcaQuestion().answer(model)
        assert not whole.is_quick
        assert len(whole.points.points) == 60
    assert found == [20, 60]
    asked(dataclasses.replace(model, images=model.images.copy()))
    assert found == [20, 60, 60]
    monkeypatch.setattr(view, "_QUICK_IMAGES", 60)
    assert not BesidePcaQuestion(is_quick=True).answer(model).is_quick

"""Operations of a model: counted from its layers by hand, and the same however busy the machine is."""

import pytest

from latentlab.core.map import explore
from latentlab.core.models.building import build
from latentlab.core.models.operations import Operations, count
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe

NAMES = tuple("0123456789")


def counted(name, shape=(1, 28, 28)):
    recipe = Recipe.load(name)
    model = build(recipe, shape, len(NAMES))
    return count(Snapshot("run", recipe, model, NAMES)), model


def test_a_fully_connected_model_uses_each_weight_once():
    found, model = counted("mlp-vae-2d")
    encoder = 784 * 256 + 2 * 256 * 2
    decoder = 2 * 256 + 256 * 784
    assert found == Operations(2 * encoder, 2 * decoder)
    assert not any(layer._forward_hooks for layer in model.modules())


def test_a_convolution_uses_its_weights_at_each_place_it_puts_out_and_a_transposed_one_at_each_it_takes_in():
    found, _ = counted("conv-vae-2d")
    heads = 2 * 64 * 49 * 2
    assert found.encode == 2 * (14 * 14 * 32 * 16 + 7 * 7 * 64 * 32 * 16 + heads)
    assert found.decode == 2 * (2 * 49 * 32 + 49 * 32 * 64 * 16 + 196 * 64 * 32 * 16 + 784 * 32 * 9)


def test_a_label_costs_its_plane_and_its_place_beside_the_code():
    plain, _ = counted("conv-vae-2d")
    labelled, _ = counted("conv-cvae-2d")
    assert labelled.labels == 10
    assert labelled.encode - plain.encode == 2 * (10 * 784 + 14 * 14 * 32 * 16)
    assert labelled.decode - plain.decode == 2 * (10 * 49 * 32)


def test_a_contraction_costs_three_encodings_for_each_dimension():
    found, _ = counted("contractive-ae")
    assert found.penalty == 3 * 32 * found.encode
    assert explore.data_point_operations(found) > found.penalty
    assert counted("mlp-vae-2d")[0].penalty == 0


@pytest.mark.parametrize("name", ["mlp-vae-2d", "conv-cvae-2d"])
def test_questions_cost_what_they_encode_and_decode(name):
    model, _ = counted(name)
    both = model.encode + model.decode
    assert explore.decode_operations(model) == model.encode + (9 + model.labels) * model.decode
    assert explore.data_point_operations(model) == 2 * both + 15 * model.decode
    tried = 15 * 10 if model.labels else 15  # poses and labels, and what is shown in the end
    assert explore.sketched_operations(model) == (tried + 2) * both + 16 * model.decode

"""Recipes: the bundled ones, changes as typed by a person, TOML, and the sentences about what is wrong."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from latentlab.core.recipe import Recipe, RecipeError
from latentlab.core.recipe_parts import NetworkSettings

networks = st.builds(
    NetworkSettings,
    kind=st.sampled_from(["mlp", "conv"]),
    layers=st.lists(st.integers(1, 512), min_size=1, max_size=5).map(tuple),
    activation=st.sampled_from(["relu", "leaky-relu", "gelu", "tanh"]),
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "data.dataset": st.text(min_size=1).map(lambda path: f"folder:{path}"),
        "data.limit": st.none() | st.integers(2, 10**6),
        "model.kind": st.sampled_from(["vae", "cvae"]),
        "model.latent": st.integers(1, 64),
        "model.encoder": networks,
        "model.decoder": networks,
        "loss.reconstruction": st.sampled_from(["bernoulli", "squared-error"]),
        "loss.beta": st.floats(0, 1000),
        "training.learning_rate": st.floats(1e-12, 1),
        "training.epochs": st.integers(1, 1000),
        "training.seed": st.integers(0, 2**63 - 1),
        "training.augmentation.rotation": st.floats(0, 45),
    },
)


def changed(values):
    nested = Recipe().model_dump()
    for key, value in values.items():
        *parents, leaf = key.split(".")
        part = nested
        for parent in parents:
            part = part[parent]
        part[leaf] = value
    return Recipe.model_validate(nested)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "mlp-vae-2d",
            {
                "model.kind": "vae",
                "model.latent": 2,
                "model.encoder.kind": "mlp",
                "model.encoder.layers": (256,),
                "model.output": "sigmoid",
                "loss.reconstruction": "bernoulli",
                "training.learning_rate": 1e-3,
                "training.batch_size": 128,
                "training.epochs": 20,
            },
        ),
        (
            "conv-vae-2d",
            {
                "model.kind": "vae",
                "model.encoder.kind": "conv",
                "model.encoder.layers": (32, 64),
                "model.decoder.layers": (64, 32),
                "model.output": "tanh",
                "loss.reconstruction": "squared-error",
                "training.learning_rate": 1e-4,
                "training.beta1": 0.5,
                "training.batch_size": 64,
                "training.epochs": 100,
            },
        ),
        ("conv-cvae-2d", {"model.kind": "cvae", "model.encoder.kind": "conv", "training.beta1": 0.5}),
    ],
)
def test_bundled_recipes_have_the_figures_of_their_sources(name, expected):
    assert name in Recipe.names()
    recipe = Recipe.load(name)
    assert recipe.name == name
    assert {key: recipe.flat()[key] for key in expected} == expected


def test_every_bundled_recipe_loads_and_introduces_itself():
    for name in Recipe.names():
        recipe = Recipe.load(name)
        assert recipe.title
        assert recipe.summary.endswith(".")


@given(changes)
def test_toml_gives_back_the_recipe_it_was_made_of(values):
    recipe = changed(values)
    assert Recipe.from_toml(recipe.to_toml()) == recipe


@given(changes)
def test_differences_are_exactly_what_was_changed(values):
    recipe = changed(values)
    differing = Recipe().differences(recipe)
    assert Recipe().with_changes({key: theirs for key, (_, theirs) in differing.items()}) == recipe
    assert all(mine != theirs for mine, theirs in differing.values())


@pytest.mark.parametrize(
    ("typed", "key", "value"),
    [
        ({"epochs": "3"}, "training.epochs", 3),
        ({"learning_rate": "1e-2"}, "training.learning_rate", 0.01),
        ({"model.encoder.layers": "512,256, 128"}, "model.encoder.layers", (512, 256, 128)),
        ({"model.decoder.layers": "128-256"}, "model.decoder.layers", (128, 256)),
        ({"limit": "none"}, "data.limit", None),
        ({"dataset": "folder:a-b"}, "data.dataset", "folder:a-b"),
    ],
)
def test_changes_are_understood_as_typed_on_a_command_line(typed, key, value):
    recipe = Recipe.load("mlp-vae-2d").with_changes({"data.limit": 10})
    assert recipe.with_changes(typed).flat()[key] == value


def test_a_change_leaves_the_original_as_it_was():
    recipe = Recipe()
    recipe.with_changes({"epochs": 7})
    assert recipe == Recipe()
    with pytest.raises(ValidationError):
        recipe.name = "other"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"epoch": "3"}, "no setting 'epoch'"),
        ({"layers": "3"}, "model.encoder.layers or model.decoder.layers"),
        ({"epochs": "0"}, "training.epochs"),
        ({"epochs": "many"}, "training.epochs"),
        ({"beta": "nan"}, "loss.beta"),
        ({"device": "tpu"}, "training.device"),
        ({"output": "tanh"}, "bernoulli"),
        ({"model.encoder.kind": "conv", "model.encoder.layers": ""}, "at least one layer"),
        ({"epochs": "0", "batch_size": "0"}, "1 more"),
    ],
)
def test_a_wrong_change_is_told_in_a_sentence(typed, said):
    with pytest.raises(RecipeError, match=said) as caught:
        Recipe().with_changes(typed)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@given(st.dictionaries(st.sampled_from(sorted(Recipe().flat())), st.text() | st.floats() | st.integers()))
def test_whatever_is_typed_gives_a_recipe_or_a_sentence(typed):
    try:
        recipe = Recipe().with_changes(typed)
    except RecipeError:
        return
    assert Recipe.from_dict(recipe.model_dump(mode="json")) == recipe


@given(st.text())
def test_whatever_a_file_holds_gives_a_recipe_or_a_sentence(text):
    try:
        recipe = Recipe.from_toml(text, source="file.toml")
    except RecipeError:
        return
    assert recipe.flat().items() >= tomllib.loads(text).items()


def test_a_file_is_named_after_itself(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[training]\nepochs = 2\n", encoding="utf-8")
    recipe = Recipe.load(path)
    assert (recipe.name, recipe.training.epochs) == ("mine", 2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[training", "not valid TOML"),
        (b"[trainings]\nepochs = 2", "the key 'trainings' is not known"),
        (b"[training]\nepochs = 2.5", "training.epochs = 2.5 is not allowed"),
    ],
)
def test_a_file_that_is_no_recipe_is_told_in_a_sentence(tmp_path, content, said):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecipeError, match=said) as caught:
        Recipe.load(path)
    assert str(path) in str(caught.value)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(RecipeError, match="mlp-vae-2d"):
        Recipe.load("mlp-vae-3d")

"""Recipes: the bundled ones, changes as typed by a person, TOML, and the sentences about what is wrong."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from latentlab.core.files import resource
from latentlab.core.recipe.recipe import Recipe, RecipeError
from latentlab.core.recipe.settings import NetworkSettings

widths = st.lists(st.integers(1, 512), min_size=1, max_size=5).map(tuple)
activations = st.sampled_from(["relu", "leaky-relu", "gelu", "tanh", "sigmoid", "linear"])
networks = st.builds(NetworkSettings, kind=st.just("mlp"), layers=widths, activation=activations) | st.builds(
    NetworkSettings,
    kind=st.sampled_from(["conv", "pool"]),
    layers=widths,
    dense=st.lists(st.integers(1, 64), max_size=2).map(tuple),
    activation=activations,
    kernel=st.sampled_from([3, 4]),
    planes=st.none() | st.integers(1, 64),
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "data.dataset": st.text(min_size=1).map(lambda path: f"folder:{path}"),
        "data.limit": st.none() | st.integers(2, 10**6),
        "data.images": st.lists(st.integers(0, 10**5), max_size=4).map(tuple),
        "model.kind": st.sampled_from(["autoencoder", "vae", "cvae"]),
        "model.latent": st.integers(1, 64),
        "model.encoder": networks,
        "model.decoder": networks,
        "loss.reconstruction": st.sampled_from(["bernoulli", "squared-error"]),
        "loss.beta": st.floats(0, 1000),
        "loss.warm_up": st.floats(0, 1000),
        "loss.free_bits": st.floats(0, 100),
        "loss.sparsity": st.floats(0, 1000),
        "loss.contraction": st.floats(0, 1000),
        "corruption.salt_and_pepper": st.floats(0, 1),
        "corruption.creases": st.floats(0, 1),
        "training.optimiser": st.sampled_from(["adam", "adamw", "rmsprop"]),
        "training.patience": st.none() | st.integers(1, 100),
        "training.threads": st.none() | st.integers(1, 64),
        "training.precision": st.sampled_from(["float32", "bfloat16"]),
        "training.temperature": st.floats(0, 2),
        "training.refine": st.floats(0, 0.9),
        "training.checkpoint_every": st.none() | st.integers(1, 100),
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


def test_every_bundled_recipe_loads_and_introduces_itself():
    for name in Recipe.names():
        recipe = Recipe.load(name)
        assert recipe.title
        assert recipe.summary.endswith(".")


@pytest.mark.parametrize("name", Recipe.names())
def test_a_bundled_recipe_is_read_at_a_glance(name):
    lines = resource("recipes", f"{name}.toml").read_text(encoding="utf-8").splitlines()
    assert 10 <= len(lines) <= 30


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
        ({"images": "5, 16"}, "data.images", (5, 16)),
        ({"data.exclude": "5, 8 - 10,2"}, "data.exclude", (5, 8, 9, 10, 2)),
        ({"size": "32"}, "data.size", (32, 32)),
        ({"size": "32x48"}, "data.size", (32, 48)),
        ({"size": "32×48"}, "data.size", (32, 48)),
        ({"size": "32, 48"}, "data.size", (32, 48)),
        ({"size": 16}, "data.size", (16, 16)),
        ({"size": "none"}, "data.size", None),
        ({"fit": "pad"}, "data.fit", "pad"),
        ({"dataset": "folder:caf\udce9"}, "data.dataset", "folder:caf\\xe9"),
        ({"patience": "7"}, "training.patience", 7),
        ({"patience": "none"}, "training.patience", None),
        ({"threads": "1"}, "training.threads", 1),
        ({"threads": "none"}, "training.threads", None),
        ({"salt_and_pepper": "0.1"}, "corruption.salt_and_pepper", 0.1),
        ({"model.encoder.kind": "conv", "model.encoder.kernel": "3"}, "model.encoder.kernel", 3),
        (
            {"model.encoder.kind": "conv", "model.encoder.kernel": "3", "model.encoder.strides": "2"},
            "model.encoder.strides",
            (2,),
        ),
    ],
)
def test_changes_are_understood_as_typed_on_a_command_line(typed, key, value):
    recipe = Recipe.load("mlp-vae-2d").with_changes({"data.limit": 10})
    assert recipe.with_changes(typed).flat()[key] == value
    sized = recipe.with_changes({"data.size": (9, 10)})
    assert sized.with_changes(typed).flat()[key] == value


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
        ({"size": "7"}, "data.size"),
        ({"size": "300×8"}, "data.size"),
        ({"size": "8,8,8"}, "data.size"),
        ({"size": "large"}, "data.size"),
        ({"fit": "squeeze"}, "data.fit"),
        ({"output": "tanh"}, "bernoulli"),
        ({"micro_batch": "0"}, "training.micro_batch"),
        ({"micro_batch": "16", "free_bits": "0.1"}, "loss.free_bits .* leave training.micro_batch out"),
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
        (None, "cannot be read: no such file"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[training", "not valid TOML"),
        (
            b"[trainings]\nepochs = 2",
            "the key 'trainings' is not known: allowed in a recipe are .*corruption, training",
        ),
        (b"[corruption]\nsalt = 0.1", "'corruption.salt' is not known: allowed in corruption are salt_and_pepper,"),
        (
            b"[model.encoder]\nactivation = 'swish'",
            "model.encoder.activation = 'swish' is not allowed: it should be 'relu', .* 'sigmoid' or 'linear'",
        ),
        (
            b"[model.encoder]\nkind = 'pool'\nlayers = 4",
            r"model.encoder.layers = 4 is not allowed: it should be a list\.$",
        ),
        (b"[model]\nencoder = 'mlp'", r"model.encoder = 'mlp' is not allowed: it should be a table of settings\.$"),
        (b"[model.encoder]\nkind = 'conv'\nkernel = 5", "model.encoder.kernel = 5 is not allowed: it should be less"),
        (
            b"[model.encoder]\nkind = 'conv'\nlayers = [4, 8]\nstrides = [2]",
            "model.encoder: strides are for kind = 'conv', one for each of its layers",
        ),
        (b"[model.encoder]\nstrides = [2]", "model.encoder: strides are for kind = 'conv'"),
        (b"[model.encoder]\nkind = 'conv'\nlayers = [4]\nstrides = [1]", "a stride of 1 needs kernel = 3"),
        (b"[model]\ncode = 'features'", "code and code_activation other than linear are for kind = 'autoencoder'"),
        (
            b"[model]\nkind = 'autoencoder'\ncode = 'planes'",
            "code = 'planes' needs an encoder and a decoder of kind = 'pool'",
        ),
        (
            b"[model]\nkind = 'autoencoder'\ncode = 'planes'\nencoder = {kind = 'pool', dense = [3]}\n"
            b"decoder = {kind = 'pool'}",
            "code = 'planes' has no place for dense layers",
        ),
        (
            b"[loss]\ncontraction = 0.1\n[model]\nkind = 'autoencoder'\ncode = 'planes'\nencoder = {kind = 'pool'}\n"
            b"decoder = {kind = 'pool'}",
            "loss.contraction is for a code of numbers, not for model.code = 'planes'",
        ),
        (b"[model]\noutput = 'linear'", "the bernoulli reconstruction needs model.output = 'sigmoid'"),
        (
            b"[corruption]\ngaussian = 1.5",
            "corruption.gaussian = 1.5 is not allowed: it should be less than or equal to 1",
        ),
        (b"[data]\nimages = [5, -1]", "data.images.1 = -1 is not allowed"),
        (b"[data]\nexclude = [%s]" % (b"1," * 100_001), "it should have at most 100000 items"),
        (b"[training]\npatience = 0", "training.patience = 0 is not allowed"),
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

"""What a run is made of: data, model, loss, corruption and training, validated, read from and written to TOML.

A recipe is frozen. Every change gives a new one, so that a run keeps the recipe it was trained with
and two recipes can be compared key by key.
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, reduce
from pathlib import Path
from typing import Any, Self

import tomli_w
from pydantic import Field, ValidationError, model_validator

from latentlab.core.budgets import CHARACTERS, RECIPE, contents, few
from latentlab.core.errors import LatentlabError, reason_of
from latentlab.core.files import resource
from latentlab.core.recipe.settings import (
    CorruptionSettings,
    DataSettings,
    LossSettings,
    ModelSettings,
    Part,
    Text,
    TrainingSettings,
)

SEED = "training.seed"
NAMES = frozenset({"name", "title", "summary"})
"""What a recipe is called: no settings."""

# What pydantic says in words of Python.
_IN_WORDS_OF_TOML = {
    "model_type": "it should be a table of settings",
    "tuple_type": "it should be a list",
    "too_long": "it should have at most {max_length} items",
    **dict.fromkeys(("float_parsing", "float_type"), "it should be a number"),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "it should be a whole number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "it should be true or false"),
}

_LISTS_OF_IMAGES = ("data.images", "data.exclude")
_VALIDATION = 1 / 6  # of the training images, where something chooses and the recipe says no other share
_LONGEST_RANGE = 1_000_000
_LONGEST_TOLD = 200
_MOST_DOTS = 100_000  # those in a line squared, of all lines
_MOST_KEYS, _MOST_ITEMS = 10_000, 250_000  # two lists of images have 200,000


def value_in_words(value: Any, between: str = ", ") -> str:
    """Write the value of a setting as one types it, with this between the items of a list."""
    if isinstance(value, tuple | list):
        return between.join(value_in_words(each, between) for each in value) or "none"
    if value is None:
        return "none"
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


class RecipeError(LatentlabError):
    """A recipe that cannot be used; the message names the file, the key and what is allowed."""


class Recipe(Part):
    """What a run is made of.

    Raises
    ------
    RecipeError
        From the class methods and `with_changes`; the bare constructor raises pydantic's ``ValidationError``.
    """

    name: Text = Field("untitled", min_length=1, max_length=100)
    title: Text = Field("", max_length=CHARACTERS)
    summary: Text = Field("", max_length=CHARACTERS)
    data: DataSettings = DataSettings()
    model: ModelSettings = ModelSettings()
    loss: LossSettings = LossSettings()
    corruption: CorruptionSettings = CorruptionSettings()
    training: TrainingSettings = TrainingSettings()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.loss.reconstruction == "bernoulli" and self.model.output != "sigmoid":
            raise ValueError("the bernoulli reconstruction needs model.output = 'sigmoid'")
        if self.loss.contraction and self.model.code == "planes":
            raise ValueError("loss.contraction is for a code of numbers, not for model.code = 'planes'")
        if self.loss.contraction and self.model.code == "places":
            raise ValueError("loss.contraction is for a code without jumps, not for model.code = 'places'")
        if self.data.binarised and (self.loss.reconstruction != "bernoulli" or self.data.is_paired):
            raise ValueError("data.binarised is for single images and loss.reconstruction = 'bernoulli'")
        if self.training.augmentation.target == "changed" and (self.data.binarised or self.data.is_paired):
            raise ValueError(
                "training.augmentation.target = 'changed' is for single images that are not binarised: a changed one "
                "has greys"
            )
        if self.model.prior != "normal":
            if self.training.temperature != 1:
                raise ValueError("model.prior = 'vamp' needs training.temperature = 1: its KL is that of samples of z")
            if self.loss.free_bits:
                raise ValueError("model.prior = 'vamp' has no KL of single dimensions that loss.free_bits could be of")
        if self.training.micro_batch and self.loss.free_bits:
            raise ValueError("loss.free_bits looks at the mean of a whole batch: leave training.micro_batch out")
        is_small_vae = self.model.kind == "vae" and self.model.latent <= 2
        seeks = is_small_vae and self.model.prior == "normal" and self.loss.samples == 1
        what_for = "is for a VAE of one or two dimensions with the normal prior and one sample of z"
        if self.model.code == "places" and not seeks:
            raise ValueError(f"model.code = 'places' {what_for}: choose 'linear'")
        if self.model.code == "places" and self.training.modes < 1:
            raise ValueError(
                "model.code = 'places' learns from modes that are sought all the time: set training.modes to 1"
            )
        if self.training.modes and not seeks:
            raise ValueError(f"training.modes {what_for}: set it to 0")
        if self.training.fit_prior and self.model.kind == "autoencoder":
            raise ValueError("training.fit_prior is for a VAE: an autoencoder has no prior")
        if self.loss.labels and (self.model.kind != "vae" or self.loss.samples > 1):
            raise ValueError("loss.labels is for model.kind = 'vae' and loss.samples = 1")
        if self.loss.samples > 1:
            if self.model.kind == "autoencoder":
                raise ValueError("loss.samples is for a VAE: an autoencoder draws no samples of its code")
            if self.training.temperature != 1:
                raise ValueError("loss.samples of more than one need training.temperature = 1, or they weigh no bound")
            if self.loss.free_bits:
                raise ValueError("loss.samples of more than one have no KL of which loss.free_bits could be free")
        return self

    @property
    def sampling_temperature(self) -> float:
        """T with which codes are drawn in training; an autoencoder draws none, which is as 1."""
        return 1.0 if self.model.kind == "autoencoder" else self.training.temperature

    @property
    def validation_share(self) -> float:
        """Share of the training images that are set apart to choose the best epoch by; 0 for none."""
        if self.data.validation is None:
            return 0.0 if self.training.patience is None else _VALIDATION
        return self.data.validation

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Give the names of the bundled recipes, in alphabetical order."""
        return _bundled_names()

    @classmethod
    def load(cls, name_or_path: str | Path) -> Recipe:
        """Read a bundled recipe by its name, or any recipe from a TOML file."""
        path = Path(name_or_path)
        if str(name_or_path) in cls.names():
            return _bundled(str(name_or_path))
        if path.suffix != ".toml":
            raise RecipeError(
                f"There is no recipe named '{name_or_path}': choose one of {', '.join(cls.names())}, or a .toml file."
            )
        return cls.from_toml(_text_of(path), source=str(path), name=path.stem)

    @classmethod
    def from_toml(cls, text: str, *, source: str = "the recipe", name: str = "untitled") -> Recipe:
        """Read a recipe from TOML; `source` names the text in errors, `name` is used where it gives none."""
        _check(text, source)
        with contents(source, RecipeError, "holds a number that is too long, or lists too deep", "correct it"):
            try:
                values = tomllib.loads(text)
            except tomllib.TOMLDecodeError as error:
                raise RecipeError(f"{source} is not valid TOML: {error}.") from error
        return cls._validated({"name": name} | values, source)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, source: str = "the recipe") -> Recipe:
        """Read a recipe from nested dictionaries, such as a run's metadata hold."""
        return cls._validated(values, source)

    def to_toml(self) -> str:
        """Write the recipe as TOML that `from_toml` reads back to an equal recipe."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

    def flat(self) -> dict[str, Any]:
        """Give every setting by its dotted key, e.g. ``"training.epochs"``."""
        return dict(_flatten(self.model_dump(mode="python")))

    def differences(self, other: Recipe) -> dict[str, tuple[Any, Any]]:
        """Give the dotted keys whose values differ, each with this recipe's value and the other's."""
        mine, theirs = self.flat(), other.flat()
        return {key: (mine[key], theirs[key]) for key in mine if mine[key] != theirs[key]}

    def full_key(self, key: str) -> str:
        """Give the dotted key of a setting from a part of it that is unique; else a `RecipeError` is raised."""
        return _full_key(key, self.flat())

    def with_changes(self, changes: Mapping[str, Any]) -> Recipe:
        """Give a copy with some settings changed.

        Parameters
        ----------
        changes : mapping of str to object
            Dotted keys, or a last component that is unique (``epochs``). Values may be strings, as typed on a
            command line: ``"3"``, ``"1e-3"``, ``"512,256"``.

        Raises
        ------
        RecipeError
            For an unknown or ambiguous key or a value that is not allowed.
        """
        values = self.model_dump(mode="python")
        known = self.flat()
        for key, value in changes.items():
            dotted = _full_key(key, known)
            *parents, leaf = dotted.split(".")
            part = values
            for parent in parents:
                part = part[parent]
            part[leaf] = _typed_value(value, known[dotted], has_ranges=dotted in _LISTS_OF_IMAGES)
        return self._validated(values, "the changed recipe" if changes else "the recipe")

    @classmethod
    def _validated(cls, values: Mapping[str, Any], source: str) -> Recipe:
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise RecipeError(f"In {source}, {_sentence(error)}") from error


@cache  # their folder comes with the program, and every window lists them all
def _bundled_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in resource("recipes").glob("*.toml")))


@cache
def _bundled(name: str) -> Recipe:
    path = resource("recipes", f"{name}.toml")
    return Recipe.from_toml(_text_of(path), source=str(path), name=name)


def _text_of(path: Path) -> str:
    """Read the text of a recipe's file."""
    try:
        status = path.stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # whoever opens a pipe waits
            raise RecipeError(
                f"The recipe {path} is a pipe, a socket or a device, and no file: give the path of a file."
            )
        few(status.st_size, RECIPE, f"The recipe {path}", "bytes", RecipeError, "choose a recipe")
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:  # UnicodeDecodeError, and names that no system takes
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else reason_of(error)
        raise RecipeError(f"The recipe {path} cannot be read: {reason}.") from error


def _check(text: str, source: str) -> None:
    """See that reading a text as TOML takes no longer than a recipe does; a dotted key takes its length squared."""
    remedy = "correct it, or choose another"
    few(len(text), RECIPE, source, "characters", RecipeError, remedy)
    few(sum(map(text.count, "=[{")), _MOST_KEYS, source, "keys, tables and lists", RecipeError, remedy)
    few(text.count(","), _MOST_ITEMS, source, "commas", RecipeError, remedy)
    if sum(line.count(".") ** 2 for line in text.split("\n")) > _MOST_DOTS:  # in prose, there are not as many
        raise RecipeError(f"{source} has keys of hundreds of parts: {remedy}.")


def _flatten(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            pairs += _flatten(value, f"{prefix}{key}.")
        else:
            pairs.append((f"{prefix}{key}", value))
    return pairs


def _full_key(key: str, known: Mapping[str, Any]) -> str:
    if key in known:
        return key
    matches = [full for full in known if full.endswith(f".{key}")]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise RecipeError(f"'{key}' could mean {' or '.join(matches)}: write the whole key.")
    raise RecipeError(f"There is no setting '{_shortened(key)}': the settings are {', '.join(known)}.")


def _typed_value(value: Any, current: Any, *, has_ranges: bool) -> Any:
    if isinstance(value, str) and isinstance(current, tuple):
        if has_ranges:
            return [number for item in value.split(",") if item.strip() for number in _range(item.strip())]
        return [item.strip() for item in value.replace("-", ",").split(",") if item.strip()]
    if isinstance(value, str) and value.lower() in {"none", ""} and not isinstance(current, str):
        return None
    return value


def _range(text: str) -> Iterable[int | str]:
    """Read ``"5-16"`` as all from 5 to 16; anything else is left as it is."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not (dash and first.isdecimal() and last.isdecimal() and max(len(first), len(last)) < 10):
        return (text,)
    numbers = range(int(first), int(last) + 1)
    return numbers if 0 < len(numbers) <= _LONGEST_RANGE else (text,)


def _sentence(error: ValidationError) -> str:
    """Say in one clause which key is wrong and what is allowed; more mistakes are counted."""
    problems = error.errors(include_url=False)
    first = problems[0]
    key = _shortened(".".join(str(part) for part in first["loc"]))
    if first["type"] == "extra_forbidden":
        *parents, _ = (str(part) for part in first["loc"])
        allowed = ", ".join(type(reduce(getattr, parents, Recipe())).model_fields)
        said = f"the key '{key}' is not known: allowed in {'.'.join(parents) or 'a recipe'} are {allowed}"
    elif first["type"] == "value_error":
        said = (f"{key}: " if key else "") + str(first["ctx"]["error"])
    else:
        told = re.sub("^(Input|String) should", "it should", first["msg"])
        if first["type"] in _IN_WORDS_OF_TOML:
            told = _IN_WORDS_OF_TOML[first["type"]].format(**first.get("ctx", {}))
        said = f"{key} = {_told(first['input'])} is not allowed: {told}"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{said}{more}."


def _told(value: Any) -> str:
    try:
        return _shortened(repr(value))  # may be a list of thousands
    except ValueError:  # of numbers that Python does not write
        return "a number of thousands of digits"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TOLD else f"{text[: _LONGEST_TOLD // 2]} …"

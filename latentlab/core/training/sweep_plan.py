"""The plan of a sweep: every combination of some settings' values with every seed, each a run of its own.

Nothing is trained, read or written here. Whoever trains the runs, on this machine or others, takes them one by one:
each `Member` says by which recipe, under which name in the workspace, and as what of which group.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from latentlab.core.data.recipe_images import located
from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.recipe import SEED, Recipe, value_in_words
from latentlab.core.runs.run_group import LONGEST, MOST_NAME, RunGroup, in_words, short
from latentlab.core.runs.run_header import SUFFIX

MOST_RUNS = 1000
THREADS, DATASET = "training.threads", "data.dataset"
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{MOST_NAME - 1}}}")
_CHANGED = "In the changed recipe, "  # so begins what is wrong with a change; here no recipe is seen
_LONGEST_STEM = 160  # characters: with what stands before and after it, a name that every file system takes


class SweepError(LatentlabError):
    """A sweep that cannot be made; the message says which of its settings is wrong."""


def is_name(text: str) -> bool:
    """Whether a sweep may be called so."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Member:
    """One run of a sweep.

    Attributes
    ----------
    recipe : Recipe
        What it is trained with; complete, so that it can be trained anywhere.
    group : RunGroup
        What its file says of the sweep.
    file_name : str
        Of its file in the workspace, which no other run of the sweep has.
    """

    recipe: Recipe
    group: RunGroup
    file_name: str

    @property
    def number(self) -> int:
        """Which one it is, counted from 1."""
        return self.group["number"]

    @property
    def words(self) -> str:
        """What it has of what the sweep varies, in one line."""
        return in_words(self.group["settings"])


class SweepPlan(BaseModel):
    """What a sweep trains; made by `of`.

    Attributes
    ----------
    name : str
        Letters, digits, ``-`` and ``_``: its runs' files and its folder are named after it.
    recipe : Recipe
        What all of them begin with.
    settings : tuple of (str, tuple of str)
        By dotted keys, the values that each takes; those of one value are the same in all runs.
    seeds : int
        With how many seeds each combination is trained: the recipe's own, and those after it.
    threads : int, optional
        That each run computes with on a processor, where the recipe says none: part of what the run is, so it is
        chosen once for all runs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    recipe: Recipe
    settings: tuple[tuple[str, tuple[str, ...]], ...]
    seeds: int = Field(1, ge=1, le=MOST_RUNS)
    threads: int | None = Field(None, ge=1, le=1024)

    @classmethod
    def of(cls, recipe: Recipe, settings: Sequence[str], seeds: int = 1, name: str = "") -> Self:
        """Read what one types: ``"beta=0.5,1"``, ``"latent=2"``, ``"encoder.layers=512,256;256"``.

        A comma stands between two values; where a value is itself a list, or has commas, a semicolon does, and one at
        the end says that there is one value: ``"encoder.layers=512,256;"``. What could mean either is refused.

        Parameters
        ----------
        recipe : Recipe
        settings : sequence of str
            ``key=values`` each, with keys as `Recipe.with_changes` takes them.
        seeds : int
        name : str
            By default one that no other sweep has: the recipe's with a part of the sweep's id.

        Raises
        ------
        SweepError, RecipeError
            For what cannot be read, is ambiguous, or makes a recipe that cannot be trained; nothing else is looked at.
        """
        read = [_setting(recipe, each) for each in settings]
        keys = [key for key, _ in read]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            raise SweepError(f"'{twice}' is set twice: write all of its values after one key, as in {twice}=1,2.")
        if not 1 <= seeds <= MOST_RUNS:
            raise SweepError(f"A sweep trains each combination with 1 to {MOST_RUNS:,} seeds, not {seeds:,}.")
        if seeds > 1 and len(dict(read).get(SEED, ())) > 1:
            raise SweepError("The seeds are given twice: either as values of seed or as a number of seeds.")
        count = math.prod(len(values) for _, values in read) * seeds
        if count > MOST_RUNS:
            raise SweepError(f"That makes {count:,} runs, and {MOST_RUNS:,} are the most of a sweep: leave some out.")
        if count == 1:
            raise SweepError("That makes a single run: give a setting several values, as in beta=1,2, or more seeds.")
        if name and not is_name(name):
            raise SweepError(
                f"A sweep is called by at most {MOST_NAME} letters, digits, - and _, which '{name}' is not."
            )
        plan = cls(name=name, recipe=located(recipe), settings=tuple(read), seeds=seeds)
        if name:
            plan.members  # noqa: B018 - what is wrong with a combination is told now
            return plan
        start = re.sub(r"[^A-Za-z0-9_]+", "-", recipe.name)[:40].strip("-_") or "sweep"
        return plan.model_copy(update={"name": f"{start}-{plan.id[:4]}"})

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        SweepError
            When it is no plan.
        """
        try:
            plan = cls.model_validate_json(text)
            is_one = is_name(plan.name) and 1 < plan.count <= MOST_RUNS
            is_one = is_one and all(plan.recipe.full_key(key) == key for key, _ in plan.settings)
            if is_one:
                plan.members  # noqa: B018 - what is wrong with a combination is told now
        except (ValidationError, LatentlabError) as error:
            raise SweepError("What is kept of the sweep is damaged: begin it anew, by its own command.") from error
        if not is_one:
            raise SweepError("What is kept of the sweep is damaged: begin it anew, by its own command.")
        return plan

    def to_json(self) -> str:
        """Write it, with the name and the threads that it has."""
        return self.model_dump_json(indent=1)

    def computing_with(self, threads: int) -> Self:
        """Give the same sweep, each run of which computes with so many threads, where its recipe says none."""
        return type(self).model_validate(self.model_dump() | {"threads": threads})

    @property
    def count(self) -> int:
        """How many runs there are."""
        return math.prod(len(values) for _, values in self.settings) * self.seeds

    @property
    def varied(self) -> tuple[str, ...]:
        """The dotted keys of what is varied, the seed as the last where there are several."""
        keys = [key for key, values in self.settings if len(values) > 1]
        return (*keys, SEED) if self.seeds > 1 else tuple(keys)

    @property
    def id(self) -> str:
        """Another one for every other set of runs, however it is written; name and threads are no part of it."""
        left_out = {"title": True, "summary": True}
        known = [recipe.model_dump(mode="json", exclude=left_out, exclude_defaults=True) for recipe in self._recipes]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:12]

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """The runs: first all combinations with the first seed, so that something of each is known early."""
        identity, varied, digits = self.id, self.varied, len(str(self.count))
        made = []
        for number, recipe in enumerate(self._recipes, 1):
            flat = recipe.flat()
            settings = {key: value_in_words(flat[key], ",")[:LONGEST] for key in varied}
            group = RunGroup(id=identity, name=self.name, number=number, of=self.count, settings=settings)
            if self.threads is not None and recipe.training.threads is None:
                recipe = recipe.with_changes({THREADS: self.threads})
            values = "-".join(re.sub(r"[^A-Za-z0-9_.=+,-]+", "-", f"{short(key)}={settings[key]}") for key in varied)
            stem = f"{self.name}-{number:0{digits}}-{values}"[:_LONGEST_STEM].rstrip(".-")
            made.append(Member(recipe, group, f"{stem}{SUFFIX}"))
        return tuple(made)

    @cached_property
    def _recipes(self) -> tuple[Recipe, ...]:
        """The recipes of all runs, as `members` has them but for the threads."""
        keys = [key for key, _ in self.settings]
        found: dict[str, str] = {}
        recipes = []
        for seed in range(self.seeds):
            for values in itertools.product(*(values for _, values in self.settings)):
                changes: dict[str, Any] = dict(zip(keys, values, strict=True))
                try:
                    recipe = self.recipe.with_changes(changes)
                    recipe = located(recipe.with_changes({SEED: recipe.training.seed + seed}) if seed else recipe)
                except LatentlabError as error:
                    raise SweepError(self._problem(changes, error)) from error
                known, words = recipe.model_dump_json(), in_words({**changes, SEED: str(recipe.training.seed)})
                if known in found:
                    raise SweepError(f"Two runs would be the same, {found[known]} and {words}: leave one value out.")
                found[known] = words
                recipes.append(recipe)
        return tuple(recipes)

    def _problem(self, changes: dict[str, Any], error: LatentlabError) -> str:
        """Say what is wrong with a combination: of one of its values alone, or that they do not go together."""
        for key, value in changes.items():
            try:
                self.recipe.with_changes({key: value})
            except LatentlabError as alone:
                said = str(alone).removeprefix(_CHANGED)
                return said if said.startswith(key) else f"{in_words({key: value})}: {said}"
        return f"{in_words(changes)}: {str(error).removeprefix(_CHANGED)}"


def _setting(recipe: Recipe, text: str) -> tuple[str, tuple[str, ...]]:
    """Read a key and its values."""
    typed, equals, values = text.partition("=")
    if not equals or not typed.strip():
        raise SweepError(f"A setting is written as key=values, not as '{text}': e.g. beta=1,2.")
    key = recipe.full_key(typed.strip())
    if ";" in values:
        parts = values.removesuffix(";").split(";")
    elif "," in values and (_takes_lists(key) or (key == DATASET and ":" in values)):
        raise SweepError(
            f"'{text}' may be one value with commas or several: write a semicolon between values, or after a single "
            f"one, and quotes around it in a shell: '{text};' is one, '{text.replace(',', ';')}' are several."
        )
    else:
        parts = values.split(",")
    parts = [part.strip() for part in parts]
    if not all(parts):
        raise SweepError(f"'{text}' has a value that is empty: leave out the comma, or write none.")
    return key, tuple(parts)


def _takes_lists(key: str) -> bool:
    """Whether a setting's value may be a list."""
    *parents, name = key.split(".")
    return _is_of_lists(type(reduce(getattr, parents, Recipe())).model_fields[name].annotation)


def _is_of_lists(kind: Any) -> bool:
    return get_origin(kind) is tuple or any(map(_is_of_lists, get_args(kind)))

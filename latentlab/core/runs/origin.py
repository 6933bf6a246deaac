"""Where a run came from, as the head of its file tells: which runs it went on from, and which settings differ."""

from __future__ import annotations

from typing import Any

from latentlab.core.errors import LatentlabError, printable
from latentlab.core.recipe.recipe import NAMES, Recipe, value_in_words

_MOST_ANCESTORS, _MOST_DIFFERENCES = 50, 30
_LONGEST = 60  # characters of an id, or of a value
_MOST_ITEMS = 6  # of a list

Ancestor = list[Any]
"""The id of a run, empty where nobody knows, and whole epochs after which another went on from it."""
Difference = list[str]
"""The dotted key of a setting, and its values before and since, in words."""


def plain_id(run_id: object) -> str:
    """Give the id of a run, of anyone's file, as it is compared."""
    return printable(str(run_id))[:_LONGEST]


def ancestors_of(values: dict[str, Any]) -> list[Ancestor]:
    """Give the runs that one went on from, the last one first.

    Parameters
    ----------
    values : dict
        What the head of its file holds. Those of earlier versions do not name them: then they are known by the epochs
        that they have trained, as far as they have trained one.
    """
    links = values.get("chain") or []
    by_epoch = {int(ended["epoch"]): str(ended.get("run", "")) for ended in values["history"]} if links else {}
    found: list[Ancestor] = []
    for link in reversed(links[-_MOST_ANCESTORS:]):
        epochs = int(link["epochs"])
        has_epoch = int(link["first_epoch"]) < epochs
        known = link.get("run_id") or (by_epoch.get(epochs, "") if has_epoch else "")
        found.append([plain_id(known), epochs])
    if not found and (first := int((values.get("training") or {}).get("first_epoch", 0))):
        found.append(["", first])  # of an earlier version: it says that there was one, and no more
    return found


def differences_of(values: dict[str, Any]) -> list[Difference]:
    """Give the settings that differ from those of the run that one came from; none where nobody knows."""
    links = values.get("chain") or []
    if not links:
        return []
    try:
        before, since = Recipe.from_dict(links[-1]["recipe"]), Recipe.from_dict(values["recipe"])
    except LatentlabError:
        return []
    return between(before, since)


def between(before: Recipe, since: Recipe) -> list[Difference]:
    """Give the settings that differ between two recipes, but for their names."""
    differing = before.differences(since).items()
    found = [[key, at_a_glance(mine), at_a_glance(theirs)] for key, (mine, theirs) in differing if key not in NAMES]
    return found[:_MOST_DIFFERENCES]


def at_a_glance(value: Any) -> str:
    """Write the value of a setting in as few characters as one takes in."""
    if isinstance(value, tuple) and len(value) > _MOST_ITEMS:
        return f"{len(value):,} items"
    text = printable(value_in_words(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"

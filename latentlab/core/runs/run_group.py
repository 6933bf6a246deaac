"""What a run says of the sweep that it is one of: the runs of one sweep are a group in the collection."""

from __future__ import annotations

from typing import Any, TypedDict

from latentlab.core.errors import printable

MOST_NAME = 60  # characters of a group's name
LONGEST = 1000  # characters of a key or a value that is told
_MOST_SETTINGS = 100


class RunGroup(TypedDict):
    """A run's place in its group; a plain dictionary, as it is JSON in a run's file and in the index.

    Attributes
    ----------
    id : str
        Of the sweep, made of all that it varies: runs of one name and another id are of another sweep.
    name : str
        What the sweep is called.
    number, of : int
        Which of how many runs, counted from 1.
    settings : dict of str to str
        What the sweep varies, by dotted keys, as this run has it: ``{"loss.beta": "0.5"}``.
    """

    id: str
    name: str
    number: int
    of: int
    settings: dict[str, str]


def group_of(stored: Any) -> RunGroup | None:
    """Read what a file of anyone's says; None where it says nothing.

    Raises
    ------
    ValueError, TypeError, KeyError, AttributeError
        When it is no group.
    """
    if stored is None:
        return None
    settings = {
        printable(str(key))[:LONGEST]: printable(str(each))[:LONGEST] for key, each in stored["settings"].items()
    }
    number, of = int(stored["number"]), int(stored["of"])
    if len(settings) > _MOST_SETTINGS or not 1 <= number <= of < 2**31:
        raise ValueError("no place in a group")
    name, identity = (printable(str(stored[key])) for key in ("name", "id"))
    if not name or max(len(name), len(identity)) > 4 * MOST_NAME:
        raise ValueError("no name of a group")
    return RunGroup(id=identity, name=name, number=number, of=of, settings=settings)


def in_words(settings: dict[str, str]) -> str:
    """Write what a run has of what its sweep varies, in one line: ``"beta=0.5 latent=2 seed=0"``."""
    return " ".join(f"{short(key)}={value}" for key, value in settings.items())


def short(key: str) -> str:
    """Give a setting's key without the part of the recipe that it is in: ``"beta"``, ``"encoder.layers"``."""
    return key.partition(".")[2] or key

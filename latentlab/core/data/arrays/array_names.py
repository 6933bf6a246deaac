"""What names of arrays and files tell: ``x_train``, ``train/images`` and ``train-images-idx3-ubyte`` say the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "test", "val"]
Role = Literal["images", "labels", "class names"]

# The words of people's and libraries' names, the best known first.
_SPLITS: dict[str, Split] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing", "t10k"), "test"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
}
_ROLES: dict[str, Role] = {
    **dict.fromkeys(("images", "image", "imgs", "img", "x", "data", "pixels", "pictures", "arr_0"), "images"),
    **dict.fromkeys(("labels", "label", "y", "targets", "target", "classes", "class", "arr_1"), "labels"),
    **dict.fromkeys(("class_names", "label_names", "target_names", "list_classes"), "class names"),
}
_CONTAINERS = ("data", "dataset")  # of arrays that say themselves what they are
_RANKS = {word: place for place, word in enumerate(_ROLES)}
_TOGETHER = re.compile(r"([xy])(train|test|val)|(train|test|val)([xy]|images|labels|data)")
_OF_IDX = re.compile(r"idx\d|ubyte|int")
_OF_SPLIT = re.compile(rf"^({'|'.join(_SPLITS)})[^a-z0-9]+|[^a-z0-9]+({'|'.join(_SPLITS)})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """What a name tells: of which split, and what it is; how well known the word for that is, and what else it says.

    The lowest rank is that of the best known word.
    """

    split: Split | None
    role: Role | None
    rank: int
    rest: str


def told(name: str) -> Told:
    """Tell what the name of an array or a file says."""
    words = [word for word in re.split(r"[^a-z0-9]+", name.casefold().removesuffix(".gz")) if word not in ("", "set")]
    words = [part for word in words for part in _parted(word)]
    split = next((_SPLITS[word] for word in words if word in _SPLITS), None)
    rest = [word for word in words if word not in _SPLITS and not _OF_IDX.fullmatch(word)]
    for whole in ("_".join(rest), "_".join(word for word in rest if word not in _CONTAINERS)):
        if whole in _ROLES:
            return Told(split, _ROLES[whole], _RANKS[whole], "")
    for place, word in enumerate(rest):
        if word in _ROLES:
            return Told(split, _ROLES[word], _RANKS[word], "_".join(rest[:place] + rest[place + 1 :]))
    return Told(split, None, len(_RANKS), whole)


def without_split(name: str) -> str:
    """Give a name without the word that tells the split at its beginning or end."""
    return _OF_SPLIT.sub("", name)


def _parted(word: str) -> list[str]:
    """Part words that are written together: xtrain, testlabels."""
    found = _TOGETHER.fullmatch(word)
    return [part for part in found.groups() if part] if found else [word]

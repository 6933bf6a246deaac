"""Finding what one means by typing parts of its name: letters in their order, best where words begin."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

_LETTER = 1.0
_BEGINS_WORD = 4.0
_FOLLOWS = 5.0  # the letter before it was found right before it
_BEGINS_TEXT = 2.0
_IN_PATH = 0.25  # of what the same letters count in the name itself
_NEVER = float("-inf")


class Match(NamedTuple):
    """How well what is typed fits, and where the letters lie in the name that it was found in."""

    score: float
    places: tuple[int, ...]


def find(typed: str, name: str, path: str = "") -> Match | None:
    """Look for what is typed in a name, and in the path that leads to it.

    Each of the words typed is looked for on its own, so that they may come in any order.

    Parameters
    ----------
    typed : str
        Case and accents do not count.
    name, path : str

    Returns
    -------
    Match or None
        None where a word is in neither. The higher its score the better; that of nothing typed is 0.
    """
    score, places = 0.0, set[int]()
    for word in folded(typed).split():
        found = _find_word(word, folded(name))
        if found is not None:
            score += found.score
            places.update(found.places)
        elif (found := _find_word(word, folded(path))) is not None:
            score += _IN_PATH * found.score
        else:
            return None
    return Match(score, tuple(sorted(places)))


def folded(text: str) -> str:
    """Give a text as long as before, a letter for a letter, without case and accents."""
    return "".join((unicodedata.normalize("NFD", letter)[:1].lower() or letter)[:1] for letter in text)


def _find_word(word: str, text: str) -> Match | None:
    """Find the letters of a word, in their order, where they count most."""
    # For each place in the text: the best score of the letters so far, the last of them there, and where they lie.
    best = [Match(0.0, ())] * len(text)
    for number, letter in enumerate(word):
        row = [Match(_NEVER, ())] * len(text)
        before = Match(_NEVER, ())  # the best that ends somewhere before this place, and not right before
        for place, found in enumerate(text):
            if found == letter:
                row[place] = _longer(number, place, text, best, before)
            if place and best[place - 1].score > before.score:
                before = best[place - 1]
        best = row
    top = max(best, key=lambda match: match.score, default=Match(_NEVER, ()))
    return top if top.score > _NEVER else None


def _longer(number: int, place: int, text: str, best: list[Match], before: Match) -> Match:
    """Give the best match of one more letter, at a place."""
    gain = _LETTER + _BEGINS_WORD * _begins_word(text, place) + _BEGINS_TEXT * (place == 0)
    if number == 0:
        return Match(gain, (place,))
    follows = best[place - 1] if place else Match(_NEVER, ())
    chosen = follows if follows.score + _FOLLOWS >= before.score else before
    more = _FOLLOWS if chosen is follows else 0.0
    return Match(chosen.score + gain + more, (*chosen.places, place)) if chosen.score > _NEVER else chosen


def _begins_word(text: str, place: int) -> bool:
    return text[place].isalnum() and (place == 0 or not text[place - 1].isalnum())

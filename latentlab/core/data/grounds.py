"""The grounds that transparent images are laid on: the first of white, black and grey on which all ink is seen."""

from __future__ import annotations

from collections.abc import Mapping

WHITE, BLACK, GREY = 255, 0, 128
GROUNDS = {WHITE: "white", BLACK: "black", GREY: "grey"}  # in the order in which they are tried
_VISIBLE = 48  # levels by which ink differs from its ground, on average


def best_ground(contrast: Mapping[int, float]) -> int:
    """Choose a ground, by how many levels the faintest ink differs from each."""
    best = max(GROUNDS, key=lambda ground: contrast[ground])
    return next((ground for ground in GROUNDS if contrast[ground] >= _VISIBLE), best)


def ground_note(ground: int) -> str:
    """Say, in a sentence, what transparent images are laid on."""
    return f"What is transparent is laid on {GROUNDS[ground]}."

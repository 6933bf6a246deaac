"""Printed pages made from a seed, clean and dirty: text in several faces, sizes and spacings, then what befalls paper.

Unlike the ink of handwriting, paper is light: 255 is white paper and 0 black ink, so that a page looks like a page
wherever images are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from latentlab.core.data.dataset import Local
from latentlab.core.data.image_set import NO_LABEL, ImageSet
from latentlab.core.data.sets.page_text import heading, paragraph
from latentlab.core.recipe.settings import PAGES

if TYPE_CHECKING:
    import torch

    from latentlab.core.data.sets.page_faces import Face, Type

_SIZES = (10, 11, 12, 14, 17, 21)  # pixels
_LEADINGS = (1.0, 1.1, 1.25, 1.6)  # from line to line, in heights of a line
_AT_ONCE = 20  # pages that are made dirty together; bounds the memory

_Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Column:
    """Where text runs, in enlarged pixels."""

    left: int
    width: int
    top: int
    bottom: int


def load(count: int = 200, shape: tuple[int, int] = (258, 540), seed: int = 0) -> ImageSet:
    """Make pages: a sixth of them to test, no classes, each with a dirty copy as `train_noisy` or `test_noisy`.

    The same seed gives the same pages, whatever fonts a machine has; a smaller count gives the first of them.

    Parameters
    ----------
    count : int
        How many pages, at least 2.
    shape : tuple of int
        (H, W) in pixels.
    seed : int
        Not negative.
    """
    import torch

    press = _Press(shape, np.random.default_rng(seed))
    clean = torch.from_numpy(np.stack([press.page() for _ in range(count)]))[:, None]
    noisy = _dirty(clean, seed)
    training = count - max(1, count // 6)
    labels = torch.full((count,), NO_LABEL)
    return ImageSet(
        name=DATASET.name,
        title=DATASET.title,
        train_images=clean[:training],
        train_labels=labels[:training],
        test_images=clean[training:],
        test_labels=labels[training:],
        class_names=(),
        train_noisy=noisy[:training],
        test_noisy=noisy[training:],
    )


DATASET = Local(PAGES, "Printed pages, clean and dirty", load, 167, 33)


def _dirty(clean: torch.Tensor, seed: int) -> torch.Tensor:
    """Give each page, uint8 (N, 1, H, W), its own fading, light, stains, creases and noise."""
    import torch

    from latentlab.core.data.corruption import damaged

    generator = torch.Generator().manual_seed(seed)
    parts = []
    for start in range(0, len(clean), _AT_ONCE):
        pages = clean[start : start + _AT_ONCE]
        u = torch.rand(10, len(pages), 1, 1, 1, generator=generator)
        strengths = {
            "light": (u[0] < 0.8) * (0.1 + 0.4 * u[1]),
            "stains": (u[2] < 0.7) * (0.2 + 0.5 * u[3]),
            "creases": (u[4] < 0.7) * (0.2 + 0.6 * u[5]),
            "gaussian": 0.05 * u[6],
            "salt_and_pepper": 0.02 * u[7] ** 3,
        }
        darkest, lightest = 0.25 * u[8], 1 - 0.18 * u[9]
        faded = darkest + (lightest - darkest) / 255 * pages.float()
        parts.append(damaged(faded, strengths, generator).mul_(255).round_().byte())
    return torch.cat(parts)


class _Press:
    """Prints pages; the letters cut for one page serve for the next."""

    def __init__(self, shape: tuple[int, int], random: np.random.Generator) -> None:
        self._shape = shape
        self._random = random
        self._types: dict[tuple[Face, int], Type] = {}

    def page(self) -> _Bytes:
        """Print a page in a face, size and spacing of its own, uint8 (H, W)."""
        from PIL import Image

        from latentlab.core.data.sets.page_faces import FACES, SCALE

        random = self._random
        height, width = (side * SCALE for side in self._shape)
        ink = np.zeros((height, width), np.uint8)
        columns = 2 if random.random() < 0.25 else 1
        face = FACES[random.integers(len(FACES))]
        size = int(random.choice(_SIZES[:3] if columns == 2 else _SIZES))
        margin, top, bottom = (int(pixels) * SCALE for pixels in random.integers(4, 28, 3))
        page = _Column(margin, width - 2 * margin, top, height - bottom)
        if random.random() < 0.4:
            large = self._type(face.bold, round(size * random.choice([1.0, 1.25, 1.5])))
            end = self._set(ink, page, large, heading(random).split(), leading=large.height)
            page = replace(page, top=end + size * SCALE // 2)
        gap = 2 * size * SCALE
        each = (page.width - (columns - 1) * gap) // columns
        leading = round(self._type(face, size).height * random.choice(_LEADINGS))
        indent, is_justified = random.choice([0, 2 * size * SCALE]), random.random() < 0.5
        for number in range(columns):
            column = replace(page, left=page.left + number * (each + gap), width=each)
            while column.top < column.bottom:
                kind = self._type(face, size)
                end = self._set(ink, column, kind, paragraph(random), leading, int(indent), is_justified)
                column = replace(column, top=end + (0 if indent else leading // 2))
        return 255 - np.asarray(Image.fromarray(ink).reduce(SCALE))

    def _type(self, face: Face, size: int) -> Type:
        from latentlab.core.data.sets.page_faces import Type

        if (face, size) not in self._types:
            self._types[face, size] = Type(face, size)
        return self._types[face, size]

    @staticmethod
    def _set(
        ink: _Bytes,
        column: _Column,
        kind: Type,
        words: Sequence[str],
        leading: int,
        indent: int = 0,
        is_justified: bool = False,
    ) -> int:
        """Set words line by line while there is room, and give the height below the last line."""
        space, y = kind.width(" "), column.top
        left, rest = column.left + indent, list(words)
        while rest and y + kind.height <= column.bottom:
            room = column.left + column.width - left
            widths: list[int] = []
            while len(widths) < len(rest):
                widths.append(kind.width(rest[len(widths)]))
                if sum(widths) + space * (len(widths) - 1) > room and len(widths) > 1:
                    widths.pop()
                    break
            line, rest = rest[: len(widths)], rest[len(widths) :]
            gap: float = space
            if is_justified and rest and len(line) > 1:
                gap = (room - sum(widths)) / (len(line) - 1)
            x: float = left
            for word, width in zip(line, widths, strict=True):
                kind.draw(ink, word, round(x), y)
                x += width + gap
            left, y = column.left, y + leading
        return y if not rest else column.bottom

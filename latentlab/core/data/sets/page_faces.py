"""The faces that pages are printed in, all made from the one font that comes with Pillow.

Fonts of the system would look better, and make other pages of the same seed on every machine: so the bundled sans is
stretched, slanted, made bold, given slab serifs, or set at a typewriter's fixed pitch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

SCALE = 3  # glyphs are drawn so many times larger than they appear, to stand between pixels

_PITCH = 0.55  # a typewriter's step, in heights of the letters
_Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Face:
    """How the bundled font is changed.

    Attributes
    ----------
    stretch : float
        Factor on the width.
    slant : float
        Pixels to the right for each pixel up.
    weight : float
        How much is added around each stroke, as a share of the size.
    has_serifs : bool
        Whether stems end in slabs.
    is_fixed : bool
        Whether all letters are equally wide.
    """

    stretch: float = 1.0
    slant: float = 0.0
    weight: float = 0.0
    has_serifs: bool = False
    is_fixed: bool = False

    @property
    def bold(self) -> Face:
        """The face for headings."""
        return Face(self.stretch, self.slant, self.weight + 0.025, self.has_serifs, self.is_fixed)


FACES = (
    Face(),
    Face(stretch=0.8),
    Face(stretch=1.2),
    Face(slant=0.2),
    Face(weight=0.02),
    Face(has_serifs=True),
    Face(stretch=0.85, slant=0.22, has_serifs=True),
    Face(has_serifs=True, is_fixed=True),
)


class Type:
    """A face in one size, as the letters of a type case.

    Parameters
    ----------
    face : Face
    size : int
        Height of the letters, in pixels of the page.
    """

    def __init__(self, face: Face, size: int) -> None:
        self._face = face
        self._size = size * SCALE
        bundled = ImageFont.load_default(self._size)
        assert isinstance(bundled, ImageFont.FreeTypeFont)
        self._font = bundled
        ascent, descent = self._font.getmetrics()
        self._base = ascent + SCALE
        self._height = ascent + descent + 2 * SCALE
        self._margin = self._size // 3  # room for what leans or sticks out of its letter's step
        self._slab_height = max(2, self._size // 16)
        self._letters: dict[str, tuple[_Bytes, int]] = {}

    @property
    def height(self) -> int:
        """From the top of a letter's picture to its bottom, in enlarged pixels."""
        return self._height

    def width(self, text: str) -> int:
        """Give the length of a text in enlarged pixels."""
        return sum(self._letter(character)[1] for character in text)

    def draw(self, ink: _Bytes, text: str, x: int, y: int) -> None:
        """Print a text on an enlarged page.

        Parameters
        ----------
        ink : uint8 (H, W)
            255 is full ink; what reaches beyond it is cut off.
        x, y : int
            Left and upper end, in enlarged pixels; not negative.
        """
        for character in text:
            picture, step = self._letter(character)
            left = x - self._margin
            place = ink[y : y + picture.shape[0], max(left, 0) : max(left + picture.shape[1], 0)]
            part = picture[: place.shape[0], max(-left, 0) :][:, : place.shape[1]]
            np.maximum(place, part, out=place)
            x += step

    def _letter(self, character: str) -> tuple[_Bytes, int]:
        if character not in self._letters:
            self._letters[character] = self._cut(character)
        return self._letters[character]

    def _cut(self, character: str) -> tuple[_Bytes, int]:
        """Draw a letter: its picture with a margin on both sides, and the step to the next one."""
        face, margin = self._face, self._margin
        natural = self._font.getlength(character)
        stroke = round(face.weight * self._size)
        picture = Image.new("L", (round(natural) + 2 * margin, self._height))
        ImageDraw.Draw(picture).text((margin, self._base), character, 255, self._font, anchor="ls", stroke_width=stroke)
        if face.has_serifs and character.isalpha():
            picture = Image.fromarray(self._with_serifs(np.array(picture)))
        stretch = face.stretch
        step = round((natural + stroke + face.has_serifs * self._slab_height) * stretch)
        if face.is_fixed:
            step = round(_PITCH * self._size)
            stretch = min(1.0, step / natural)
        # The output's pixels are looked up in the picture: stretched about the middle, slanted about the base line.
        width = step + 2 * margin
        middle = picture.width / 2
        lean = face.slant / stretch
        matrix = (1 / stretch, lean, middle - width / 2 / stretch - lean * self._base, 0, 1, 0)
        return np.array(picture.transform((width, self._height), Image.Transform.AFFINE, matrix, _BILINEAR)), step

    def _with_serifs(self, picture: _Bytes) -> _Bytes:
        """Put slabs on stems where they end: on the base line, below it, and at the heights of x, d and H."""
        inked = picture > 127
        stem, slab = self._size // 5, self._slab_height
        for letter in "xdH":
            top = self._edge(letter, 1)
            if not inked[top - 2].any() or letter == "x":
                self._slab(picture, inked[top : top + stem].all(0) & ~inked[top - 2], top, slab)
        for letter in "xp":
            bottom = self._edge(letter, 3)
            self._slab(picture, inked[bottom - stem : bottom].all(0) & ~inked[bottom + 1], bottom - slab, slab)
        return picture

    def _edge(self, letter: str, side: int) -> int:
        return int(self._font.getbbox(letter, anchor="ls")[side]) + self._base

    @staticmethod
    def _slab(picture: _Bytes, is_stem: npt.NDArray[np.bool_], top: int, slab: int) -> None:
        reach = np.ones(2 * slab + slab // 2 * 2 + 1)
        picture[top : top + slab, np.convolve(is_stem, reach, "same") > 0] = 255


_BILINEAR = Image.Resampling.BILINEAR

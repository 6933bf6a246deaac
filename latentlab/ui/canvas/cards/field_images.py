"""What a field behind the points looks like: its picture, and the scale that tells what its shades mean.

A shade is a colour over the ground of the map, pale enough for every class to stand out against it, in both themes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QImage

from latentlab.core.fields.aggregate_posterior import Density, DensityRatio
from latentlab.core.fields.class_regions import Regions
from latentlab.core.fields.fields import Field
from latentlab.core.fields.gaps import GAP, Gaps
from latentlab.core.fields.magnification import Magnification
from latentlab.ui.style import theme
from latentlab.ui.style.pixels import in_colours, to_image

translate = QCoreApplication.translate

_FINE = 768  # pixels of a picture on its longer side, about: it is drawn at the view's own
_FULL_GAP = 2 * GAP  # from here on the shade of a gap grows no darker
_FULL_RATIO = 4.0  # nats: so many times e more, or less, than the prior has
# Opacity just below a gap, from where it begins, and at its full: so much that one sees it, and every class above it.
_LIGHT, _DARK = (0.05, 0.15, 0.27), (0.04, 0.11, 0.20)
_DENSITY = (0.75, 0.75)  # opacity where it is highest, in light and dark
_MAGNIFICATION = (0.75, 0.75)  # where it is highest
_RATIO = (0.60, 0.60)
_REGION = (0.34, 0.30)
_UNCERTAIN = 0.15  # of a region's opacity is left where classes meet

_Table = list[int]
_Opacity = Callable[[float], tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Scale:
    """What the card says of a field.

    Attributes
    ----------
    text : str
        What it is, in words.
    ramp : QImage
        One row, its shades from the least to the most.
    ticks : tuple
        Numbers below it, each with its place from 0 to 1.
    """

    text: str
    ramp: QImage
    ticks: tuple[tuple[float, str], ...]


def picture(field: Field) -> QImage:
    """Give the picture of a field, smooth however coarse its cells are."""
    match field:
        case Gaps():
            return _shaded(field.values / _FULL_GAP, _gap_table())
        case Magnification():
            with np.errstate(divide="ignore", invalid="ignore"):
                levels = np.log(field.values / field.low) / np.log(field.high / field.low)
            return _shaded(levels.astype(np.float32), _magnification_table())
        case Density():
            top = np.float32(field.top) or 1.0  # far away it is too small to be told from 0
            return _shaded(field.values / top, _density_table())
        case DensityRatio():
            return _shaded((np.clip(field.values / _FULL_RATIO, -1, 1) * field.trust + 1) / 2, _ratio_table())
        case Regions():
            return _coloured(field)


def scale_of(field: Field) -> Scale:
    """Give what the card says of a field."""
    match field:
        case Gaps():
            share = f"{field.share:.1%}" if field.share < 0.0995 else f"{field.share:.0%}"
            text = translate("FieldLayer", "gaps: {share} of the map").format(share=share)
            ticks = ((0.0, "0"), (GAP / _FULL_GAP, f"{GAP:g}"), (1.0, f"{_FULL_GAP:g}"))
            return Scale(text, _ramp(_gap_table()), ticks)
        case Magnification():
            text = (
                translate("FieldLayer", "magnification, pixels per unit")
                if field.is_line
                else translate("FieldLayer", "magnification √det(JᵀJ), pixels² per unit²")
            )
            middle = (field.low * field.high) ** 0.5  # the scale is a logarithm's
            values = (field.low, middle, field.high)
            # Of two digits, and without an exponent as long as it fits.
            ticks = tuple((place / 2, f"{float(f'{value:.2g}'):g}") for place, value in enumerate(values))
            return Scale(text, _ramp(_magnification_table()), ticks)
        case Density():
            text = (
                translate("FieldLayer", "density of the codes")
                if field.is_of_codes
                else translate("FieldLayer", "density q(z)")
            )
            return Scale(_with_count(text, field), _ramp(_density_table()), ((0.0, "0"), (1.0, f"{field.top:.2g}")))
        case DensityRatio():
            text = _with_count(translate("FieldLayer", "density against the prior, nats"), field)
            ticks = ((0.0, f"−{_FULL_RATIO:g}"), (0.5, "0"), (1.0, f"+{_FULL_RATIO:g}"))
            return Scale(text, _ramp(_ratio_table()), ticks)
        case Regions():
            text = translate("FieldLayer", "class of most of the {n} nearest").format(n=field.neighbours)
            return Scale(
                text,
                _ramp(_region_table()),
                ((0.0, translate("FieldLayer", "tied")), (1.0, translate("FieldLayer", "all"))),
            )


def _with_count(text: str, field: Density | DensityRatio) -> str:
    if field.images == field.total:
        return text
    return translate("FieldLayer", "{text}, from {n:,} images").format(text=text, n=field.images)


def _shaded(levels: npt.NDArray[np.float32], table: _Table) -> QImage:
    """Give levels (R, C), from 0 to 1, in the colours of a table."""
    with np.errstate(invalid="ignore"):
        grey = np.nan_to_num(np.clip(levels, 0, 1) * 255).astype(np.uint8)
    # Smooth before colours are given, so that an edge in the table is sharp however coarse the cells are.
    return in_colours(_finer(to_image(grey)).convertToFormat(QImage.Format.Format_Grayscale8), table)


def _finer(image: QImage) -> QImage:
    times = max(1, round(_FINE / max(image.width(), image.height())))
    return image.scaled(
        image.width() * times,
        image.height() * times,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


def _coloured(regions: Regions) -> QImage:
    dark = theme.current().dark
    colours = theme.class_colours(regions.classes, dark=dark)[regions.labels].astype(np.float32)
    opacity = _REGION[dark] * regions.nearness * (_UNCERTAIN + (1 - _UNCERTAIN) * regions.certainty)
    pixels = np.empty((*regions.labels.shape, 4), np.uint8)
    pixels[..., :3] = np.rint(colours[..., ::-1] * opacity[..., None])  # blue first, as Qt has it in memory
    pixels[..., 3] = np.rint(255 * opacity)
    rows, columns = regions.labels.shape
    coarse = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied)
    return _finer(coarse).copy()


def _ramp(table: _Table) -> QImage:
    return in_colours(to_image(np.arange(256, dtype=np.uint8)[None]), table)


def _table(shade: _Opacity) -> _Table:
    """Give a colour for each of 256 levels, from its name and opacity at a level from 0 to 1."""
    table = []
    for step in range(256):
        name, opacity = shade(step / 255)
        colour = QColor(name)
        colour.setAlphaF(opacity)
        table.append(colour.rgba())
    return table


def _gap_table() -> _Table:
    colours = theme.current()
    below, begins, most = _DARK if colours.dark else _LIGHT
    edge = GAP / _FULL_GAP

    def shade(level: float) -> tuple[str, float]:
        if level < edge:
            return colours.foreground, below * level / edge
        return colours.foreground, begins + (most - begins) * (level - edge) / (1 - edge)

    return _table(shade)


def _density_table() -> _Table:
    colours = theme.current()
    return _table(lambda level: (colours.accent, _DENSITY[colours.dark] * level**0.75))


def _magnification_table() -> _Table:
    colours = theme.current()
    return _table(lambda level: (colours.accent, _MAGNIFICATION[colours.dark] * level))


def _ratio_table() -> _Table:
    colours = theme.current()

    def shade(level: float) -> tuple[str, float]:
        far = max(abs(2 * level - 1) - 1 / 255, 0)  # no level of 256 lies in the middle: both that are next to it are 0
        return colours.train if level > 0.5 else colours.accent, _RATIO[colours.dark] * far

    return _table(shade)


def _region_table() -> _Table:
    colours = theme.current()
    return _table(lambda level: (colours.foreground, _REGION[colours.dark] * (_UNCERTAIN + (1 - _UNCERTAIN) * level)))

"""A drawing -> what the model was trained on: fitted, placed, inked and softened like the images of the data.

The drawing's own pen does not matter, nor how large or where it was drawn: its outline is moved in or out, by its
signed distance, until its strokes are as wide as the data's. For MNIST this repeats what was done to its
characters: aspect kept, fitted into 20x20, placed by the centre of mass in 28x28 (LeCun et al., 1998, section III A).
Where the images have colours it is a painting, taken as it is: see `painting`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, to_floats
from latentlab.core.errors import LatentlabError
from latentlab.core.sketch import painting
from latentlab.core.sketch.ground import are_drawings, ground_of
from latentlab.core.sketch.painting import Paper

# Side of the working raster, in pixels per pixel of the box: fine enough for distances, coarse enough for 60 Hz.
_FINE = 5
# Samples per pixel and axis when the drawing is sampled on the model's grid.
_SAMPLES = 4
# A disc's width is found to be two thirds of its extent; what comes near that is a dot, and stays one.
_DOT = 0.6
# A pen's strokes are thinner than this share of the box; what is wider (a shirt, a face) is no drawing of lines.
_WIDEST_STROKE = 0.25
# What is measured of a data set: a million pixels take a second or two.
_MOST_PIXELS, _FEWEST = 1_000_000, 5


def get_ready() -> None:
    """Import what reading a drawing needs, so that the first stroke does not wait for it."""
    import PIL.Image  # noqa: F401
    import scipy.ndimage  # noqa: F401


@dataclass(frozen=True, slots=True)
class Preparation:
    """What the images of a data set have in common, as far as a drawing can be made to share it.

    Attributes
    ----------
    height, width : int
        Of an image, pixels.
    box : float
        Longest side of the ink's bounding box, pixels.
    centred_by : "mass" or "box"
        What lies in the middle of an image: the ink's centre of mass, or the middle of its bounding box.
    stroke : float
        Width of the strokes, pixels; 0 where the images are no drawings of lines, whose ink is taken as it is.
    softness : float
        Standard deviation of the blur of edges, pixels.
    peak : float
        Grey value of full ink, in (0, 1].
    inverted : bool
        Whether the images are dark ink on a light ground; else the ink is light.
    ground : tuple of int
        The level of each channel on the images' edges, 0 to 255: one of grey, three of colour.
    """

    height: int
    width: int
    box: float
    centred_by: Literal["mass", "box"]
    stroke: float
    softness: float
    peak: float
    inverted: bool
    ground: tuple[int, ...] = (0,)

    @property
    def are_drawings(self) -> bool:
        """Whether the images are ink, to be shown in the theme's colours; else they are shown as they are."""
        return are_drawings(self.ground)

    @property
    def paper(self) -> Paper | None:
        """What is painted on for a model of images in colour; None where ink is drawn."""
        if len(self.ground) != 3:
            return None
        red, green, blue = self.ground
        return Paper(self.height, self.width, (red, green, blue))

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave.

        Raises
        ------
        LatentlabError
            When a value is missing or makes no sense.
        """
        try:
            made = cls(
                height=int(values["height"]),
                width=int(values["width"]),
                box=float(values["box"]),
                centred_by="mass" if values["centred_by"] == "mass" else "box",
                stroke=float(values["stroke"]),
                softness=float(values["softness"]),
                peak=float(values["peak"]),
                inverted=bool(values["inverted"]),
                # Runs from when all images were grey do not tell it.
                ground=tuple(int(level) for level in values.get("ground", (255 * bool(values["inverted"]),))),
            )
            sound = (
                min(made.height, made.width) >= 1
                and 1 <= made.box <= max(made.height, made.width)
                and 0 <= made.stroke < made.box + 1
                and 0 <= made.softness <= max(made.height, made.width)
                and 0 < made.peak <= 1
                and len(made.ground) in (1, 3)
                and all(0 <= level <= 255 for level in made.ground)
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise LatentlabError("The run does not say how drawings are prepared for its model.") from error
        if not sound:
            raise LatentlabError("What the run says about preparing drawings for its model makes no sense.")
        return made


def prepare(drawing: Floats, preparation: Preparation, slant: float = 0.0) -> Floats | None:
    """Make a drawing look like an image of the data.

    Parameters
    ----------
    drawing : float32 (h, w), or float32 (3, h, w)
        Of any size, in [0, 1]; ink is 1. For images in colour it is a painting with its paper.
    preparation : Preparation
        From `measure`.
    slant : float
        How far the drawing is leaned to the left, as a share of its height, before it is fitted. A hand's slant is
        not its digit's class: of a few slants, the one with the highest ELBO finds more drawings among their kind.

    Returns
    -------
    float32 (C, H, W) or None
        In [0, 1]; None when there is no ink, or the drawing is of the other kind.
    """
    if (preparation.paper is None) != (drawing.ndim == 2):
        return None
    if preparation.paper is not None:
        return painting.prepare(drawing, preparation.paper)
    cropped = _crop(_clean(np.asarray(drawing, np.float32)))
    if cropped is None:
        return None
    ink = _resized(cropped, _FINE * preparation.box)
    if slant:
        ink = _leaned(ink, slant)
    if preparation.stroke:
        field, scale = _restroked(ink, preparation)
    else:
        field, scale = ink, _fit(ink.shape, preparation, 0.0)
    image = _placed(field, scale, preparation)
    image *= preparation.peak / max(float(image.max()), 1e-6)
    return (1 - image if preparation.inverted else image).astype(np.float32)[None]


def measure(images: npt.NDArray[np.uint8]) -> Preparation:
    """Find what the images of a data set have in common.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
        A thousand are plenty; of large ones only the first few are looked at.

    Returns
    -------
    Preparation
        For `prepare`. Images without ink do not count; where none has any, drawings are fitted to the whole image.
    """
    channels, height, width = images.shape[1:]
    ground = ground_of(images)
    if channels == 3:
        return Preparation(height, width, float(max(height, width)), "box", 0.0, 0.0, 1.0, False, ground)
    grey = to_floats(images[:, 0][: max(_FEWEST, _MOST_PIXELS // (height * width))])
    inverted = ground[0] > 127
    if inverted:
        grey = 1 - grey

    longest, by_box, by_mass, strokes, softness, peaks = [], [], [], [], [], []
    for image in grey:
        peak = float(image.max())
        cropped = _crop(image)
        if cropped is None:
            continue
        rows, columns = _extent(image > 0.1 * peak)
        longest.append(max(rows[1] - rows[0], columns[1] - columns[0]))
        by_box.append((sum(rows) / 2, sum(columns) / 2))
        by_mass.append(_mass_centre(image))
        mask = np.pad(_resized(cropped, _SAMPLES * max(cropped.shape)) > 0.5, 1)
        strokes.append(_stroke_width(_inner_distance(mask)[mask]) / _SAMPLES)
        softness.append(_edge_softness(image))
        peaks.append(peak)
    if not longest:
        return Preparation(height, width, float(max(height, width)), "box", 0.0, 0.0, 1.0, inverted, ground)

    box, stroke = float(np.median(longest)), float(np.median(strokes))
    thin, thick = np.quantile(strokes, (0.25, 0.75))
    # One pen writes all: its strokes are thin, and vary little from image to image. Clothes do not.
    is_pen = stroke < _WIDEST_STROKE * box and thick - thin < 0.6 * stroke
    # Whichever of the two wanders less from image to image is what the data were placed by.
    centred: Literal["mass", "box"] = "mass" if np.var(by_mass, 0).sum() < np.var(by_box, 0).sum() else "box"
    return Preparation(
        height=height,
        width=width,
        box=box,
        centred_by=centred,
        stroke=stroke if is_pen else 0.0,
        softness=math.sqrt(max(0.0, float(np.median(softness)) ** 2 - _SHARP**2)),
        peak=float(np.median(peaks)),
        inverted=inverted,
        ground=ground,
    )


def ink_of(grey: npt.NDArray[np.uint8]) -> Floats:
    """Find the ink in a picture, be it dark on light or light on dark.

    Parameters
    ----------
    grey : uint8 (h, w)
        A picture whose edge shows its ground.

    Returns
    -------
    float32 (h, w)
        In [0, 1]: how far each pixel is from the ground, as a share of the farthest.
    """
    values = grey.astype(np.float32)
    ground = np.median(np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]]))
    distance = np.abs(values - ground)
    # What differs by less than this is the grain of a paper or of a JPEG file.
    grain = max(8.0, 0.15 * float(distance.max()))
    ink: Floats = ((distance - grain) / max(float(distance.max()) - grain, 1.0)).clip(0, 1).astype(np.float32)
    return ink


# What `_edge_softness` finds on edges that are blurred by nothing but being cut into pixels.
_SHARP = 0.6


def _extent(mask: npt.NDArray[np.bool_]) -> tuple[tuple[int, int], tuple[int, int]]:
    """First row and one past the last, the same for columns."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)


def _clean(drawing: Floats) -> Floats:
    """Bring what was drawn into [0, 1]; paper for what is no number. Blank rows and columns around it are left out."""
    is_ink = drawing > 0  # false where it is no number
    if not is_ink.any():
        return drawing[:0]
    (top, bottom), (left, right) = _extent(is_ink)
    part = (slice(top, bottom), slice(left, right))
    clean: Floats = np.where(is_ink[part], drawing[part], np.float32(0)).clip(0, 1)
    return clean


def _crop(ink: Floats) -> Floats | None:
    """Cut out the ink, its peak at 1; None without ink."""
    if not ink.size or (peak := float(ink.max())) < 0.05:
        return None
    (top, bottom), (left, right) = _extent(ink > 0.5 * peak)
    return ink[top:bottom, left:right] / peak


def _resized(ink: Floats, longest: float) -> Floats:
    """Bring the longest side to a length, the peak at 1."""
    from scipy import ndimage  # takes as long to import as all of the window

    block = max(1, math.floor(max(ink.shape) / longest))
    # Averaged over blocks first: sampling alone would skip thin ink.
    padded = np.pad(ink, [(0, -side % block) for side in ink.shape])
    height, width = (side // block for side in padded.shape)
    # Along the columns first: a row is read as it lies in memory.
    means = padded.reshape(height, block, width * block).mean(1).reshape(height, width, block).mean(2)
    factor = longest / max(height, width)
    factors = (max(1, round(height * factor)) / height, max(1, round(width * factor)) / width)
    resized: Floats = ndimage.zoom(means, factors, order=1, mode="nearest", grid_mode=True)
    # Thin ink fades when it shrinks; it stays ink.
    return resized / max(float(resized.max()), 1e-6)


def _leaned(ink: Floats, slant: float) -> Floats:
    """Move each row sideways by its distance from the middle one."""
    from scipy import ndimage

    height = len(ink)
    margin = math.ceil(abs(slant) * height / 2) + 1
    padded = np.pad(ink, ((1, 1), (margin, margin)))
    matrix, offset = [[1, 0], [-slant, 1]], [0, slant * (height + 1) / 2]
    cropped = _crop(ndimage.affine_transform(padded, matrix, offset, order=1))
    return ink if cropped is None else cropped


def _inner_distance(mask: npt.NDArray[np.bool_]) -> Floats:
    """Distance of each pixel's centre to the outline, inside of it; 0 outside."""
    from scipy import ndimage

    distance: Floats = np.maximum(ndimage.distance_transform_edt(mask) - 0.5, 0)
    return distance


def _stroke_width(distances: Floats) -> float:
    """Width of a pen's strokes, by its pixels' distances (N,) to the outline: across width w, w / 4 on average."""
    return 4 * float(distances.mean())


def _edge_softness(image: Floats) -> float:
    """Standard deviation of the blur of edges.

    Across an edge of height p and blur σ the slope g has ∫g = p and ∫g² = p² / (2 √π σ).
    """
    slopes = np.hypot(*np.gradient(np.pad(image, 2)))
    squared = float(np.square(slopes).sum())
    return float(image.max()) * float(slopes.sum()) / (2 * math.sqrt(math.pi) * squared) if squared else 0.0


def _mass_centre(ink: Floats) -> tuple[float, float]:
    total = float(ink.sum())
    rows, columns = (np.arange(side) + 0.5 for side in ink.shape)
    return float(ink.sum(1) @ rows) / total, float(ink.sum(0) @ columns) / total


def _fit(shape: tuple[int, ...], preparation: Preparation, stroke: float) -> float:
    """Model pixels per pixel of a drawing whose strokes are `stroke` wide, so that its strokes' middles fit."""
    target = preparation.stroke
    tall, wide = shape
    if stroke > _DOT * max(tall, wide):
        return target / max(tall, wide)
    scale = min(
        (preparation.box - target) / max(max(tall, wide) - stroke, 1e-6),
        (preparation.height - target) / max(tall - stroke, 1e-6),
        (preparation.width - target) / max(wide - stroke, 1e-6),
    )
    # Hardly longer than wide: such a drawing is not blown up to a blot.
    return min(scale, 1.5 * preparation.box / max(tall, wide))


def _restroked(ink: Floats, preparation: Preparation) -> tuple[Floats, float]:
    """Give the drawing its strokes' width anew: coverage in [0, 1], and model pixels per pixel of it."""
    mask = ink > 0.5
    inside = _inner_distance(np.pad(mask, 1))[1:-1, 1:-1]
    stroke = _stroke_width(inside[mask])
    scale = _fit(ink.shape, preparation, stroke)
    # Never so much in that a stroke, thinner somewhere, breaks.
    outward = max((preparation.stroke / scale - stroke) / 2, -0.35 * stroke)
    margin = math.ceil(max(outward, 0)) + 2
    distance = _inner_distance(~np.pad(mask, margin)) - np.pad(inside, margin)
    return np.clip(outward + 0.5 - distance, 0, 1).astype(np.float32), scale


def _placed(field: Floats, scale: float, preparation: Preparation) -> Floats:
    """Sample the ink on the model's grid, its centre in the middle."""
    from scipy import ndimage

    field = np.pad(field, 2)  # so that it fades out at its edge
    (top, bottom), (left, right) = _extent(field > 0.5)
    centre = _mass_centre(field) if preparation.centred_by == "mass" else ((top + bottom) / 2, (left + right) / 2)
    # Sampling every so many pixels of the field would miss thin ones in between.
    smooth = ndimage.gaussian_filter(field, 0.3 / scale / _SAMPLES, truncate=3)
    sides: list[Floats] = []
    for side, at, low, high in (
        (preparation.height, centre[0], top, bottom),
        (preparation.width, centre[1], left, right),
    ):
        room = side / 2 / scale
        # What would hang over an edge is moved back in, as far as there is room.
        at = (low + high) / 2 if high - low > 2 * room else min(max(at, high - room), low + room)
        places = ((np.arange(side * _SAMPLES) + 0.5) / _SAMPLES - side / 2) / scale + at - 0.5
        fine = _weights(places, smooth.shape[len(sides)])
        if preparation.softness:
            fine = ndimage.gaussian_filter1d(fine, preparation.softness * _SAMPLES, 0, mode="constant", truncate=3)
        sides.append(fine.reshape(side, _SAMPLES, -1).mean(1))
    # Rows and columns are each sampled, softened and averaged alike, so two products do it for all pixels.
    image: Floats = sides[0] @ smooth @ sides[1].T
    return image


def _weights(places: npt.NDArray[np.float64], length: int) -> Floats:
    """Give how much of each of a row's pixels is at some places, between two of them: float32 (N, `length`)."""
    weights = np.zeros((len(places), length + 1), np.float32)
    inside = np.flatnonzero((places >= 0) & (places <= length - 1))
    pixels = places[inside].astype(np.int64)
    weights[inside, pixels + 1] = places[inside] - pixels
    weights[inside, pixels] = 1 - weights[inside, pixels + 1]
    return weights[:, :length]

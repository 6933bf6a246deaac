"""What is laid behind the points of the map, by its kind: answered for a part of the plane, at an effort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from latentlab.core.arrays import Extent, Floats
from latentlab.core.fields.aggregate_posterior import Density, DensityRatio, density, is_along_axes, log_ratio
from latentlab.core.fields.class_regions import Regions, class_regions
from latentlab.core.fields.gaps import Gaps, gaps
from latentlab.core.fields.magnification import Magnification, magnification
from latentlab.core.fields.prepared_map import PreparedMap

FieldKind = Literal["gaps", "magnification", "density", "ratio", "regions"]
Field = Gaps | Magnification | Density | DensityRatio | Regions

_MANY = 1_000_000_000  # all images, however many there are
# Cells on a side, and images.
_STEPS_ALONG_AXES = ((32, 2_000), (64, 10_000), (96, 30_000), (128, 100_000), (128, _MANY))
_STEPS_ACROSS = ((24, 500), (32, 1_000), (48, 2_000), (64, 5_000), (64, 10_000), (96, 20_000), (128, 70_000))
_TAILS = 60.0  # products take as long as one


@dataclass(frozen=True, slots=True, order=True)
class Effort:
    """How fine an answer is to be: about so many cells, from at most so many images (0 for what is decoded)."""

    cells: int
    images: int


@dataclass(frozen=True, slots=True, eq=False)
class FieldQuestion:
    """Which field, of which part of the plane.

    Attributes
    ----------
    through : float32 (L,) or None
        For gaps and magnification: a code on the plane; None for the plane of the map itself.
    label : int
        For gaps and magnification: to decode and encode under, for a CVAE.
    known : Field or None
        An answer to the same question of another part.
    """

    kind: FieldKind
    prepared: PreparedMap
    extent: Extent
    through: Floats | None
    label: int
    effort: Effort
    known: Field | None = None


def efforts(kind: FieldKind, prepared: PreparedMap) -> tuple[Effort, ...]:
    """Give the efforts worth making for a field of a map, from the least: first is what is quick on any machine."""
    if kind == "gaps":
        return tuple(Effort(side**2, 0) for side in (12, 17, 24, 34, 48))
    if kind == "magnification":
        return tuple(Effort(side**2, 0) for side in (12, 17, 24, 32, 48, 64, 96))
    if kind == "regions":
        return tuple(Effort(side**2, _MANY) for side in (32, 96, 160))
    steps = _STEPS_ALONG_AXES if is_along_axes(prepared.model.projection) else _STEPS_ACROSS
    return tuple(Effort(side**2, images) for side, images in steps)


def prepare_field(question: FieldQuestion) -> None:
    """Work out what belongs to the map, not to the part of it; it is kept for the questions that follow."""
    prepared = question.prepared
    if question.kind == "regions" and (prepared.labels >= 0).any():
        _ = prepared.neighbours
    elif question.kind in ("density", "ratio"):
        prepared.deviations(min(question.effort.images, len(prepared.points)))


def answer(question: FieldQuestion) -> Field:
    """Compute a field.

    Raises
    ------
    LatentlabError
        When the model has no such field, with the reason.
    """
    prepared, extent, effort = question.prepared, question.extent, question.effort
    match question.kind:
        case "gaps":
            known = question.known
            share = known.share if isinstance(known, Gaps) else None
            through, label = question.through, question.label
            return gaps(prepared.model, extent, through=through, label=label, cells=effort.cells, share=share)
        case "magnification":
            through, label = question.through, question.label
            return magnification(prepared.model, extent, through=through, label=label, cells=effort.cells)
        case "density":
            return density(prepared, extent, cells=effort.cells, images=effort.images)
        case "ratio":
            return log_ratio(prepared, extent, cells=effort.cells, images=effort.images)
        case "regions":
            return class_regions(prepared, extent, cells=effort.cells)


def work(kind: FieldKind, effort: Effort, prepared: PreparedMap) -> float:
    """Give how much an effort is, in a unit of the field's kind."""
    if kind in ("gaps", "magnification", "regions"):
        return float(effort.cells)
    # An image's Gaussian in each row and column, and their products; where axes are oblique so many times as often.
    places: float = effort.cells + _TAILS * 2 * effort.cells**0.5
    return places * min(effort.images, max(len(prepared.model.means), 1))


def rate(question: FieldQuestion, seconds: float) -> float:
    """Give the seconds that a unit of work has taken."""
    is_share_measured = question.kind == "gaps" and question.known is None  # with as many cells again
    return max(seconds, 1e-6) / work(question.kind, question.effort, question.prepared) / (1 + is_share_measured)


def affordable(kind: FieldKind, prepared: PreparedMap, rate: float | None, seconds: float) -> Effort:
    """Give the greatest effort that takes at most so long; the least while a unit of work has no known rate."""
    steps = efforts(kind, prepared)
    if rate is None:
        return steps[0]
    return max((step for step in steps if work(kind, step, prepared) * rate <= seconds), default=steps[0])

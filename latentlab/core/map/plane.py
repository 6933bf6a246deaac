"""The plane of the map along chosen axes: its two directions, its origin, and what is written at them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from latentlab.core.map.axes import (
    MOST_COMPONENTS,
    AxesError,
    AxesPending,
    Axis,
    BetweenClasses,
    BetweenImages,
    Component,
    Dimension,
    PlaneAxes,
    axis_name,
)
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import Components, Projection, component_name, dimension_name, principal_components

_LEAST_ANGLE = 1e-3  # radians; axes nearer to each other than that are one

# On one slow core, measured: so many values are projected in 2 ms, components of so many dimensions found in 4 ms.
_QUICK_VALUES = 400_000
_QUICK_LATENT = 32

_Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A direction, a unit vector (L,), and a code (L,) at its zero."""

    direction: _Doubles
    zero: _Doubles


def is_quick(axes: PlaneAxes, update: MapUpdate) -> bool:
    """Whether finding the plane and projecting all codes takes only a part of a frame."""
    fits = update.means.size <= _QUICK_VALUES
    return fits and (not _components_of(axes) or update.snapshot.latent <= _QUICK_LATENT)


def still_shown(axes: PlaneAxes, before: MapUpdate, after: MapUpdate) -> bool:
    """Whether the images that axes lead through are in the same rows of another map."""
    rows = np.array(list(axes.rows()), np.int64)
    return after.ids.has_in_place(before.ids, rows)


def components_for(axes: PlaneAxes, update: MapUpdate, before: Components | None = None) -> Components | None:
    """Find the principal components that axes need; None where they need none.

    Parameters
    ----------
    before : Components, optional
        Those until now: signs agree with them, so that the map of a training model does not flip.

    Raises
    ------
    AxesError
        When the codes have no components.
    """
    if not _components_of(axes):
        return None
    guide = None if before is None else before.directions
    if update.snapshot.latent > 2:  # the first two are drawn as the map by itself draws them
        own = update.projection.directions
        guide = own if guide is None or guide.shape[1] != own.shape[1] else np.concatenate([own, guide[2:]])
    found = principal_components(update.means, MOST_COMPONENTS, guide)
    if found is None:
        raise AxesError("All codes are the same, so that they have no principal components: choose other axes.")
    return found


def projection_of(axes: PlaneAxes, update: MapUpdate, components: Components | None = None) -> Projection:
    """Find the plane of chosen axes for a model as it is now.

    The second direction is made orthogonal to the first, which its name then tells. A latent dimension keeps its
    values as coordinates, the mean code lies at 0 of a principal component, and the first image, or class, at 0 of a
    direction between two. The plane goes through the first image if there is one, so that both lie on it; else
    through the mean of the first class; else, with a principal component, through the mean code; else through 0.

    Parameters
    ----------
    axes : PlaneAxes
    update : MapUpdate
        With the plane that the map has by itself.
    components : Components, optional
        As `components_for` finds them; without them they are found here.

    Raises
    ------
    AxesError
        When the model or its map has no such axes, or both point the same way.
    """
    if axes == PlaneAxes():
        return update.projection
    components = components_for(axes, update) if components is None else components
    latent, names = update.snapshot.latent, update.snapshot.class_names
    x_axis, y_axis = axes.pair(latent)
    x = _line(x_axis, update, components)
    name = _long_name(x_axis, names, components)
    if y_axis is None:
        directions = np.stack([x.direction, np.zeros(latent)]).astype(np.float32)
        return Projection(x.zero.astype(np.float32), directions, (name, ""))
    y = _line(y_axis, update, components)
    along = float(y.direction @ x.direction)
    across = y.direction - along * x.direction
    length = float(np.linalg.norm(across))
    if length < _LEAST_ANGLE:
        raise AxesError("Both axes would point the same way: choose another one for x or for y.")
    across /= length
    origin: _Doubles = max((x_axis, x), (y_axis, y), key=lambda each: _RANKS.index(type(each[0])))[1].zero
    for direction, zero in ((x.direction, x.zero), (across, y.zero)):
        origin = origin + ((zero - origin) @ direction) * direction
    if abs(along) > _LEAST_ANGLE:
        second = f"{axis_name(y_axis, names)}, orthogonal to x"
    else:
        second = _long_name(y_axis, names, components)
    directions = np.stack([x.direction, across]).astype(np.float32)
    return Projection(origin.astype(np.float32), directions, (name, second))


def map_along(axes: PlaneAxes, update: MapUpdate) -> MapUpdate:
    """Give a map along chosen axes where it has them, else along its own."""
    try:
        return replace(update, projection=projection_of(axes, update))
    except AxesError:
        return update


_RANKS = (Dimension, Component, BetweenClasses, BetweenImages)  # the later ones say more of where the plane is


def _components_of(axes: PlaneAxes) -> list[Component]:
    return [axis for axis in (axes.x, axes.y) if isinstance(axis, Component)]


def _line(axis: Axis, update: MapUpdate, components: Components | None) -> _Line:
    latent = update.snapshot.latent
    match axis:
        case Dimension(index):
            if not 0 <= index < latent:
                raise AxesError(f"A code of {_dimensions(latent)} has no {dimension_name(index)}: choose another axis.")
            return _Line(np.eye(latent)[index], np.zeros(latent))
        case Component(index):
            if components is None or not 0 <= index < len(components.directions):
                raise AxesError(f"A code of {_dimensions(latent)} has no {component_name(index)}: choose another axis.")
            direction = components.directions[index].astype(np.float64)
            # Of length one to the last bit: what is left of an axis that is nearly the same would show the difference.
            return _Line(direction / np.linalg.norm(direction), components.mean.astype(np.float64))
        case BetweenImages(start, end, names):
            if not (0 <= start < len(update.means) and 0 <= end < len(update.means)):
                raise AxesError("The map does not show the images that an axis leads through: choose another axis.")
            if update.pending and not np.isfinite(update.means[[start, end]]).all():
                raise AxesPending("The images that an axis leads through are not encoded yet: wait a moment.")
            return _between(update.means[start], update.means[end], names)
        case BetweenClasses(start, end):
            classes = update.snapshot.class_names
            if not (0 <= start < len(classes) and 0 <= end < len(classes)):
                raise AxesError("The images of this model have no such classes: choose another axis.")
            return _between(_class_mean(update, start), _class_mean(update, end), (classes[start], classes[end]))


def _between(start: npt.NDArray[np.floating], end: npt.NDArray[np.floating], names: tuple[str, str]) -> _Line:
    difference = end.astype(np.float64) - start
    length = np.linalg.norm(difference)
    if not np.isfinite(length):
        raise AxesError("The model's numbers are no longer finite: choose other axes, or a lower learning rate.")
    if not length:
        raise AxesError(f"{names[0]} and {names[1]} have the same code, and no direction between them: choose others.")
    return _Line(difference / length, start.astype(np.float64))


def _class_mean(update: MapUpdate, label: int) -> _Doubles:
    means = update.means[update.labels == label]
    means = means[np.isfinite(means).all(1)]
    if not len(means):
        if update.pending:
            raise AxesPending("No image of a class that an axis leads through is encoded yet: wait a moment.")
        name = update.snapshot.class_names[label]
        raise AxesError(f"The map shows no image of the class {name}: choose another axis, or show more images.")
    mean: _Doubles = means.mean(0, dtype=np.float64)
    return mean


def _long_name(axis: Axis, class_names: tuple[str, ...], components: Components | None) -> str:
    if isinstance(axis, Component):
        return component_name(axis.index, components)
    return axis_name(axis, class_names)


def _dimensions(count: int) -> str:
    return "one dimension" if count == 1 else f"{count} dimensions"

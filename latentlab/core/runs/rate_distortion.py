"""Rate and distortion of many runs (Alemi et al., 2018), from what is listed of them: no file is read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.yardstick import Yardstick, why_no_tests

_MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class RatePoint:
    """A run on the plane of rate and distortion.

    Attributes
    ----------
    path : Path
    name : str
    rate : float
        KL of the posterior from the prior, nats per test image: R, an upper bound on what z tells of an image.
    distortion : float
        Reconstruction at T = 1, nats per test image: D. ``rate + distortion`` is the negative ELBO, whatever the β.
    """

    path: Path
    name: str
    rate: float
    distortion: float


@dataclass(frozen=True, slots=True)
class RateDistortion:
    """Runs whose rates and distortions mean the same.

    Attributes
    ----------
    points : tuple of RatePoint
    left_out : tuple of (str, int)
        Why runs are left out, in half a sentence, and how many for that reason.
    """

    points: tuple[RatePoint, ...]
    left_out: tuple[tuple[str, int], ...]


def rate_distortion(runs: Sequence[KeptRun]) -> RateDistortion:
    """Put runs on the plane of rate and distortion: those VAEs that most others are comparable with.

    Parameters
    ----------
    runs : sequence of KeptRun
        Of several sets of comparable ones with as many runs the first one's is taken.
    """
    gone: Counter[str] = Counter()
    known: list[tuple[KeptRun, Yardstick, RatePoint]] = []
    for run in runs:
        measured, test = Yardstick.read(run.yardstick), run.test or {}
        rate, distortion = (_finite(test.get(name)) for name in ("kl", "reconstruction"))
        if run.kind == "autoencoder":
            gone["an autoencoder has no ELBO"] += 1
        elif run.test is None:
            gone["no epoch has ended yet"] += 1
        elif measured is None:
            gone["nobody knows how it was tested"] += 1
        elif not measured.is_of_bound:
            gone[f"tested at T = {measured.temperature}, which is no bound"] += 1
        elif rate is None or distortion is None:
            gone["its loss is not finite"] += 1
        else:
            known.append((run, measured, RatePoint(run.path, run.name, rate, distortion)))
    if known:
        (most, _), *_ = Counter(measured for _, measured, _ in known).most_common()
        for _, measured, _ in known:
            if measured != most:
                gone[why_no_tests(most, measured)] += 1
        known = [each for each in known if each[1] == most]
    return RateDistortion(tuple(point for *_, point in known), tuple(gone.most_common()))


def iso_levels(lowest: float, highest: float) -> list[float]:
    """Give round values of the negative ELBO to draw lines of, nats: at most twelve, multiples of 1, 2 or 5 by tens."""
    span = highest - lowest
    if not (math.isfinite(span) and span > 0):
        return []
    step = 10.0 ** math.floor(math.log10(span / _MOST_LINES))
    step *= next(factor for factor in (1, 2, 5, 10, 20) if span / (factor * step) <= _MOST_LINES)
    first, last = math.ceil(lowest / step), math.floor(highest / step)
    return [number * step for number in range(first, last + 1)]


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value

"""Rate and distortion of many runs (Alemi et al., 2018), from what is listed of them: no file is read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.yardstick import Yardstick, why_no_tests

_MOST_LINES = 12
_NO_BOUND = "tested at T = {}, which is no bound"


class RatePoint(NamedTuple):
    """A run on the plane of rate and distortion; a tuple, as of thousands each is made anew whenever they are listed.

    Attributes
    ----------
    run : KeptRun
    rate : float
        KL of the posterior from the prior, nats per test image: R, an upper bound on what z tells of an image.
    distortion : float
        Reconstruction at T = 1, nats per test image: D. ``rate + distortion`` is the negative ELBO, whatever the β.
    """

    run: KeptRun
    rate: float
    distortion: float

    @property
    def path(self) -> Path:
        """Where the run is."""
        return self.run.path

    @property
    def name(self) -> str:
        """What it is called."""
        return self.run.name


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
    known: dict[str, list[RatePoint]] = {}
    read = {written: Yardstick.read(written) for written in {run.yardstick for run in runs}}  # of thousands a few
    bounds = {written: measured for written, measured in read.items() if measured is not None and measured.is_of_bound}
    for run in runs:
        written, test = run.yardstick, run.test
        if run.kind == "autoencoder":
            gone["an autoencoder has no ELBO"] += 1
        elif test is None:
            gone["no epoch has ended yet"] += 1
        elif written not in bounds:
            measured = read[written]
            why = "nobody knows how it was tested" if measured is None else _NO_BOUND.format(measured.temperature)
            gone[why] += 1
        else:
            rate, distortion = test.get("kl"), test.get("reconstruction")
            if rate is None or distortion is None or not math.isfinite(rate + distortion):
                gone["its loss is not finite"] += 1
            else:
                known.setdefault(written, []).append(RatePoint(run, rate, distortion))
    most = max(known, key=lambda written: len(known[written]), default="")  # of as many the first
    for written, each in known.items():
        if written != most:
            gone[why_no_tests(bounds[most], bounds[written])] += len(each)
    return RateDistortion(tuple(known.get(most, ())), tuple(gone.most_common()))


def iso_levels(lowest: float, highest: float) -> list[float]:
    """Give round values of the negative ELBO to draw lines of, nats: at most twelve, multiples of 1, 2 or 5 by tens."""
    span = highest - lowest
    if not (math.isfinite(span) and span > 0):
        return []
    step = 10.0 ** math.floor(math.log10(span / _MOST_LINES))
    step *= next(factor for factor in (1, 2, 5, 10, 20) if span / (factor * step) <= _MOST_LINES)
    first, last = math.ceil(lowest / step), math.floor(highest / step)
    return [number * step for number in range(first, last + 1)]

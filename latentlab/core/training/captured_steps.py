"""Steps that all compute the same, of batches of a size: captured once, and replayed where that is quicker.

A replay repeats what was computed, whatever the program has come to think since. So one is only ever of the same
optimiser, objective, moment and size of a batch; all else that differs between two steps is in tensors that stay where
they are. The first replays are compared with plain steps from the same state: where they come to something else, or
nothing can be captured at all, the training takes plain steps, and the log says why. Whatever is tried here, a training
goes on from what its plain steps have come to.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from latentlab.core import log
from latentlab.core.training.cuda_graphs import NOT_CAPTURED, CudaGraphs
from latentlab.core.training.draws import Draws

_WARM_UP = 20  # plain steps before one is captured: in the first of them libraries choose, and take memory
_COMPARED = 2  # the second sees whether a replay draws anew, and takes other images
_TIMED = 10
_GAP = 0.01  # of the way that weights go in a step: a GPU may add in another order each time
_ROUNDING = 1e-6  # of a weight
_LOSS_GAP = 1e-4

Batch = tuple[Tensor | None, ...]
Take = Callable[..., Tensor]
_Times = list[tuple[Any, Any]]  # a mark before each step, and one after it


@dataclass(frozen=True, slots=True, eq=False)
class _Capture:
    """A step that was recorded.

    Attributes
    ----------
    batch : tuple of Tensor or None
        Which it is of.
    replay : callable
    result : Tensor
    """

    batch: Batch
    replay: Callable[[], None]
    result: Tensor

    def fits(self, batch: Batch) -> bool:
        """Whether it can take another batch."""
        return _shapes(self.batch) == _shapes(batch)

    def __call__(self, *batch: Tensor | None) -> Tensor:
        """Take the step of another batch."""
        for mine, other in zip(self.batch, batch, strict=True):
            if mine is not None and other is not None:
                mine.copy_(other, non_blocking=True)
        self.replay()
        return self.result.clone()


class CapturedSteps:
    """Takes steps of a training, and captures them where there is something to do that.

    Parameters
    ----------
    graphs : CudaGraphs or None
        Records them; None where all steps are plain.
    model : Module
    draws : Draws
        What it draws with is another generator, in the same state, once a step is captured.
    size : int
        Images of a whole batch; smaller ones are taken plainly.
    """

    def __init__(self, graphs: CudaGraphs | None, model: nn.Module, draws: Draws, size: int) -> None:
        self._graphs, self._model, self._draws, self._size = graphs, model, draws, size
        self._is_over = False  # all further steps are plain
        self._pays: bool | None = None
        self._begin(None)

    def _begin(self, of: Any) -> None:
        """Have other steps to capture from now on."""
        self._of = of  # which holds all tensors of a capture that nobody else may hold any longer
        self._capture: _Capture | None = None
        self._warm = self._compared = 0
        self._plain: _Times = []
        self._replayed: _Times = []

    def apart(self) -> AbstractContextManager[None]:
        """Compute where steps are computed."""
        return nullcontext() if self._graphs is None else self._graphs.apart()

    def __call__(self, take: Take, batch: Batch, optimiser: torch.optim.Optimizer, *of: Any) -> Tensor:
        """Take a step.

        Parameters
        ----------
        take : callable
            Takes it plainly: of the tensors of a batch, with `Draws.of_steps`, on the device, and gives its losses.
        batch : tuple of Tensor (B, ...) or None
        optimiser : Optimizer
            Whose learning rate lies in a tensor.
        *of : object
            All else that may differ from another step's.

        Returns
        -------
        float32 (...)
            The losses.
        """
        if self._graphs is None:
            return take(*batch)
        if (optimiser, *of) != self._of:
            self._begin((optimiser, *of))
        with self._graphs.apart():
            is_whole = batch[0] is not None and len(batch[0]) == self._size
            return take(*batch) if self._is_over or not is_whole else self._step(self._graphs, take, batch, optimiser)

    def _step(self, graphs: CudaGraphs, take: Take, batch: Batch, optimiser: torch.optim.Optimizer) -> Tensor:
        if self._warm < _WARM_UP:
            self._warm += 1
            return self._timed(graphs, self._plain, take, *batch)
        if self._compared < _COMPARED:
            return self._compare(graphs, take, batch, optimiser)
        capture = self._capture
        if capture is None or not capture.fits(batch):
            return take(*batch)
        if self._pays is None:
            if len(self._replayed) < _TIMED:
                return self._timed(graphs, self._replayed, capture, *batch)
            self._judge()
        return capture(*batch)

    def _compare(self, graphs: CudaGraphs, take: Take, batch: Batch, optimiser: torch.optim.Optimizer) -> Tensor:
        """Take a step plainly, and see whether a captured one from the same state comes to the same."""
        moved, generator = self._moved(optimiser), self._draws.of_steps
        before, drawn = _copied(moved), generator.get_state()
        losses = take(*batch)
        after, drawn_after = _copied(moved), generator.get_state()
        try:
            if self._capture is None:
                # A generator with which a recording has failed may be of no use any more, in some versions of torch.
                self._draws.of_steps = torch.Generator(generator.device)
                self._draws.of_steps.set_state(drawn)
                self._capture = self._recorded(graphs, take, batch)
            _put(moved, before)
            self._draws.of_steps.set_state(drawn)
            replayed = self._capture(*batch)
            if not losses.isfinite().all():  # nor are the weights; the training will hear of it
                return losses
            if not ((replayed - losses).norm() <= _LOSS_GAP * losses.norm() and _agree(moved, after, before)):
                raise RuntimeError("a replayed step came to something else than a plain one")
            if not torch.equal(self._draws.of_steps.get_state(), drawn_after):
                raise RuntimeError("a replayed step drew other numbers than a plain one")
            self._compared += 1
        except Exception as error:
            self._draws.of_steps = generator
            self._capture, self._is_over = None, True
            log.write(error, NOT_CAPTURED)
        finally:
            _put(moved, after)
            self._draws.of_steps.set_state(drawn_after)
        return losses

    def _recorded(self, graphs: CudaGraphs, take: Take, batch: Batch) -> _Capture:
        own = tuple(None if each is None else each.clone() for each in batch)
        return _Capture(own, *graphs.record(lambda: take(*own), self._draws.of_steps))

    def _moved(self, optimiser: torch.optim.Optimizer) -> list[Tensor]:
        """Give all tensors that a step changes."""
        kept = (each for of_one in optimiser.state.values() for each in of_one.values())
        return [*self._model.parameters(), *self._model.buffers(), *kept]

    def _timed(self, graphs: CudaGraphs, times: _Times, take: Take, *batch: Tensor | None) -> Tensor:
        begin = graphs.mark()
        losses = take(*batch)
        times.append((begin, graphs.mark()))
        return losses

    def _judge(self) -> None:
        """See whether replays pay, once the GPU has come by the last mark; nobody waits for it."""
        if not self._replayed[-1][1].query():
            return
        plain, replayed = (
            median(begin.elapsed_time(end) for begin, end in times[-_TIMED:]) for times in (self._plain, self._replayed)
        )
        self._pays = replayed < plain
        if not self._pays:
            self._capture, self._is_over = None, True


def _shapes(batch: Batch) -> list[Any]:
    return [None if each is None else (each.shape, each.dtype) for each in batch]


def _copied(tensors: list[Tensor]) -> list[Tensor]:
    return [each.detach().clone() for each in tensors]


def _put(tensors: list[Tensor], copies: list[Tensor]) -> None:
    with torch.no_grad():
        for each, copy in zip(tensors, copies, strict=True):
            each.copy_(copy)


def _agree(found: list[Tensor], expected: list[Tensor], before: list[Tensor]) -> bool:
    """Whether tensors went from what they were before to where they should, as far as rounding lets them."""
    with torch.no_grad():
        gaps = [
            (one - other).norm() <= _GAP * (other - was).norm() + _ROUNDING * other.norm()
            for one, other, was in zip(found, expected, before, strict=True)
        ]
        return bool(torch.stack(gaps).all())

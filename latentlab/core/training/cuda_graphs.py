"""CUDA's graphs: the work of a step recorded once, and launched by a single call from then on.

A step of a small network is a hundred launches of a few microseconds each, between which Python keeps the GPU waiting.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from latentlab.core import log
from latentlab.core.errors import LatentlabError
from latentlab.core.ranks.ranks import Ranks
from latentlab.core.recipe.settings import TrainingSettings

VARIABLE = "LATENTLAB_GRAPHS"
"""Environment variable that has steps recorded, where it is 1: until somebody has run that, nobody gets it unasked."""


class CudaGraphs:
    """Records what is computed on a stream of its own.

    Parameters
    ----------
    device : torch.device
        Of CUDA.
    """

    def __init__(self, device: torch.device) -> None:
        self._device, self._stream = device, torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Compute on that stream: after what was begun before, and before what is begun afterwards.

        Nothing can be recorded on the stream that is the usual one. What gathers gradients stays on the stream that it
        was made on, and must not lead out of a recording: so it is made here, and all steps are taken here.
        """
        usual = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(usual)
        try:
            with torch.cuda.stream(self._stream):
                yield
        finally:
            usual.wait_stream(self._stream)

    def record(self, take: Callable[[], Tensor], generator: torch.Generator) -> tuple[Callable[[], None], Tensor]:
        """Record, within `apart`, what computes a tensor, of tensors that stay where they are; nothing is computed yet.

        Parameters
        ----------
        take : callable
            Has been called before: what is made, or measured, by the first call is not recorded.
        generator : torch.Generator
            Of all that it draws: each time it draws what it would have drawn.

        Returns
        -------
        callable
            Computes it, for as long as the tensors and the generator are there.
        Tensor
            The result, once that is called; another call overwrites it.

        Raises
        ------
        RuntimeError
            When it cannot be recorded.
        """
        if torch.cuda.max_memory_allocated(self._device) > torch.cuda.mem_get_info(self._device)[0]:
            raise RuntimeError("the GPU has too little memory left to keep all that a step computes")
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(generator)
        # Other threads go on meanwhile: one of them gathers images in memory that CUDA gives it.
        with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
            result = take()
        return graph.replay, result

    def mark(self) -> torch.cuda.Event:
        """Have the GPU note when it comes by here."""
        mark = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        mark.record(self._stream)
        return mark


NOT_CAPTURED = "Steps of this training are not captured as a CUDA graph, but taken one by one"
"""What the log says where that was asked for."""


def graphs_for(device: torch.device, settings: TrainingSettings, ranks: Ranks) -> CudaGraphs | None:
    """Give what records the steps of a training, where that can be done; those of torch's RMSprop the CPU counts."""
    if device.type != "cuda" or ranks.count > 1 or settings.optimiser == "rmsprop" or os.environ.get(VARIABLE) != "1":
        return None
    if settings.micro_batch is not None:
        log.write(LatentlabError("each micro-batch sets the generator back, and a graph draws on"), NOT_CAPTURED)
        return None
    if settings.modes:
        log.write(LatentlabError("the grid on which modes are sought is decoded between steps"), NOT_CAPTURED)
        return None
    return CudaGraphs(device)

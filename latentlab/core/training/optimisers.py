"""What a training computes with: device, optimiser and the learning rate over the run."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.settings import TrainingSettings


def pick_device(name: str, local: int | None = None) -> torch.device:
    """Give the device of a recipe's ``training.device``; ``auto`` takes CUDA, then Apple's MPS, then the CPU.

    Parameters
    ----------
    name : str
    local : int, optional
        Which of the processes on this machine that train together this is: each takes a GPU of its own.

    Raises
    ------
    LatentlabError
        When the device that is asked for is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        able = there if local is None else {"cuda": there["cuda"], "cpu": True}  # processes cannot share Apple's
        name = next(device for device, is_there in able.items() if is_there)
    if not there[name]:
        raise LatentlabError(f"This machine offers torch no '{name}' device: set device to 'auto' or 'cpu'.")
    if local is None or name == "cpu":
        return torch.device(name)
    return _device_of_rank(name, local)


def _device_of_rank(name: str, local: int) -> torch.device:
    if name == "mps":
        raise LatentlabError("Processes cannot share Apple's GPU: set device to 'cpu', or train with a single one.")
    if local >= (count := torch.cuda.device_count()):
        gpus = "is 1 GPU" if count == 1 else f"are {count} GPUs"
        raise LatentlabError(f"There {gpus} here for more processes: start one for each, or set device to 'cpu'.")
    torch.cuda.set_device(local)  # where libraries put what is theirs, too
    return torch.device("cuda", local)


def takes(device: torch.device, size: int) -> bool:
    """Whether a device has room for so many bytes of images; half of what is free is left for the model."""
    if device.type == "cuda":
        return 2 * size <= torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return 2 * size <= torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return True  # on a CPU they stay where they are


def one_cycle(progress: float) -> float:
    """Give the factor on the learning rate at a share of the run in [0, 1].

    Smith and Topin (2019), section 3: up from 1/25 over the first 30 %, then down to nothing, along cosines.
    """
    if progress < 0.3:
        return 1 / 25 + (1 - 1 / 25) * (1 - math.cos(math.pi * progress / 0.3)) / 2
    return max(1e-5, (1 + math.cos(math.pi * (progress - 0.3) / 0.7)) / 2)


def _plain(kind: type[torch.optim.Optimizer]) -> Callable[..., torch.optim.Optimizer]:
    """Give a kind of optimiser without what torch's compiler wraps it in: importing that takes seconds, and 200 MB."""
    methods = {name: inspect.unwrap(getattr(kind, name)) for name in ("add_param_group", "zero_grad", "step")}
    return type(kind.__name__, (kind,), methods | {"step": torch.no_grad()(methods["step"])})


_ADAM, _ADAMW, _RMSPROP = (_plain(kind) for kind in (torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop))


def new_optimiser(
    model: nn.Module, settings: TrainingSettings, learning_rate: float, *, is_captured: bool = False
) -> torch.optim.Optimizer:
    """Make the optimiser of a recipe for a model that is on its device already.

    Of steps that are captured to be replayed the learning rate lies on the device, as float32, where it may change.
    """
    if settings.optimiser == "rmsprop":
        # Hinton's own decay of 0.9, as those use who name no other; torch's is 0.99.
        return _RMSPROP(model.parameters(), lr=learning_rate, alpha=0.9)
    kind = _ADAM if settings.optimiser == "adam" else _ADAMW
    device = next(model.parameters()).device
    return kind(
        model.parameters(),
        lr=torch.tensor(learning_rate, device=device) if is_captured else learning_rate,
        betas=(settings.beta1, 0.999),
        fused=device.type in {"cpu", "cuda"},
        capturable=is_captured,
    )


def set_learning_rate(optimiser: torch.optim.Optimizer, learning_rate: float) -> None:
    """Have an optimiser go on at another learning rate."""
    for group in optimiser.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(learning_rate)
        else:
            group["lr"] = learning_rate


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take a step down a loss's gradient."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def kept_of(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Give copies of what an optimiser keeps of each parameter: ``optimiser.N.NAME``, of the N-th of them."""
    return {
        f"optimiser.{number}.{name}": torch.as_tensor(kept).detach().to("cpu", copy=True)
        for number, parameter in enumerate(_parameters(optimiser))
        for name, kept in optimiser.state[parameter].items()
    }


def put_kept_back(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Have a new optimiser go on with copies of what `kept_of` gave; other tensors among them do not matter.

    Raises
    ------
    ValueError
        When they are those of another kind of optimiser, or some are missing.
    """
    parameters = _parameters(optimiser)
    for name, tensor in tensors.items():
        kind, _, rest = name.partition(".")
        if kind == "optimiser":
            number, _, kept = rest.partition(".")
            parameter = parameters[int(number)]
            if tensor.ndim:  # laid out in memory like its parameter: a fused optimiser goes through both as they lie
                optimiser.state[parameter][kept] = torch.empty_like(parameter, requires_grad=False).copy_(tensor)
            else:  # only a fused one counts its steps on the device
                device = parameter.device if optimiser.defaults.get("fused") else "cpu"
                optimiser.state[parameter][kept] = tensor.detach().to(device, copy=True)
    expected = {"step", "square_avg"} if "alpha" in optimiser.defaults else {"step", "exp_avg", "exp_avg_sq"}
    if any(optimiser.state[parameter].keys() not in (set(), expected) for parameter in list(optimiser.state)):
        raise ValueError("what an optimiser keeps is not whole")


def _parameters(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]

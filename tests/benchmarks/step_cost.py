"""What a step costs that several processes share: a simulation, and the processes that it is compared with.

As the program does it, each process takes its part of a batch, draws the noise of the whole batch, sums gradients with
the others and moves its own copy of the weights. This file, run as a program, is such processes, on the CPU: they say
what one step of theirs takes, as JSON. What is compared is the time of a processor that each spends, which does not
depend on who else is on the machine, nor on how many of them it computes at a time; sums, by gloo and the loopback,
take that time, too, and whoever waits for them takes none.
``python tests/benchmarks/step_cost.py plan`` writes what the simulation says of 64 GPUs.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import process_time

ROOT = Path(__file__).resolve().parents[2]
STEPS, ROUNDS = 5, 5  # a round is so many steps; the median of rounds counts


@dataclass(frozen=True)
class Costs:
    """What a step is made of, in seconds and bytes; see `step`.

    Attributes
    ----------
    fixed : float
        Seconds of a step whatever the batch: launching, and moving the weights.
    image : float
        Seconds an image, forth and back.
    draw : float
        Seconds of an image's noise, which every process draws of all images.
    gradients : float
        Bytes that are summed.
    latency, bandwidth : float
        Seconds of a message between two neighbours, and bytes a second.
    cores : float
        Processes that compute at a time: more of them take turns.
    input : float
        Bytes that an image is.
    disk : float
        Bytes that a process reads a second, while others compute.
    """

    fixed: float
    image: float
    draw: float
    gradients: float
    latency: float
    bandwidth: float
    cores: float = float("inf")
    input: float = 0.0
    disk: float = float("inf")

    def reduce(self, processes):
        """Give the seconds of summing gradients in a ring: Patarasuk and Yuan (2009), 2 (p - 1) messages of n / p."""
        share = self.gradients / processes
        return 2 * (processes - 1) * (self.latency + share / self.bandwidth)

    def step(self, batch, processes):
        """Give the seconds of a step: t = max(T (a + c B / p + d B) + r(p), I B / (p D)), T = max(1, p / cores)."""
        turns, images = max(1.0, processes / self.cores), batch / processes
        computes = turns * (self.fixed + self.image * images + self.draw * batch)
        return max(computes + self.reduce(processes), images * self.input / self.disk)


def measured(processes, tasks, recipe):
    """Have processes do each of some tasks, and give a processor's seconds for a step of it, the median of rounds.

    Parameters
    ----------
    tasks : list of (str, int)
        "step" of a batch; "alone", one without summing; "draw", its noise alone; "sum", of so many float32.

    Returns
    -------
    list of float, and int
        Also the bytes of the gradients.
    """
    with tempfile.TemporaryDirectory() as folder:
        arguments = [recipe, json.dumps(tasks), str(processes), str(Path(folder) / "meet")]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        ranks = [
            subprocess.Popen([sys.executable, __file__, *arguments, str(rank)], stdout=subprocess.PIPE, env=environment)
            for rank in range(processes)
        ]
        told = [rank.communicate(timeout=300)[0] for rank in ranks]
    assert not any(rank.returncode for rank in ranks)
    return json.loads(told[0])


def predicted_and_measured(recipe, batch):
    """Calibrate the costs with one process that computes and two that talk; compare with 1, 2 and 4 that do both.

    Returns
    -------
    dict of int to (float, float)
        Seconds of a processor that each of so many processes takes for a step, as predicted and as measured.
    """
    few, many = 1000, 4_000_000
    (whole, half, draw, one), size = measured(
        1, [("alone", batch), ("alone", batch // 2), ("draw", batch), ("step", batch)], recipe
    )
    (small, large, two), _ = measured(2, [("sum", few), ("sum", many), ("step", batch)], recipe)
    (four,), _ = measured(4, [("step", batch)], recipe)
    slope = (whole - half) / (batch - batch // 2)
    # Between two there are two messages, each of half the numbers.
    bandwidth = 4 * (many - few) / (large - small)
    costs = Costs(
        fixed=whole - slope * batch,
        image=slope - draw / batch,
        draw=draw / batch,
        gradients=size,
        latency=max(0.0, small - 4 * few / bandwidth) / 2,
        bandwidth=bandwidth,
    )
    return {count: (costs.step(batch, count), seconds) for count, seconds in {1: one, 2: two, 4: four}.items()}


def _rank(name, tasks, processes, meet, rank):
    import torch
    from torch import distributed

    from latentlab.core.models.building import build
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.training.optimisers import new_optimiser

    torch.set_num_threads(1)
    recipe = Recipe.load(name)
    torch.manual_seed(0)
    model = build(recipe, (1, 28, 28), 0)
    optimiser = new_optimiser(model, recipe.training, 1e-4)
    if processes > 1:
        distributed.init_process_group("gloo", init_method=f"file://{meet}", rank=rank, world_size=processes)
    pixels, generator = torch.randint(0, 256, (20_000, 1, 28, 28), dtype=torch.uint8), torch.Generator().manual_seed(0)

    def step(what, batch):
        mine = slice(rank * batch // processes, (rank + 1) * batch // processes)
        noise = torch.randn(batch, recipe.model.latent, generator=generator)[mine]
        if what == "draw":
            return
        rows = torch.randint(len(pixels), (batch,), generator=generator)[mine]
        images = pixels.index_select(0, rows).float() / 255
        terms = model.loss_terms(images, torch.zeros(len(rows), dtype=torch.long), noise, images)
        optimiser.zero_grad(set_to_none=True)
        (terms[0] + terms[1]).mean().backward()
        if processes > 1 and what == "step":
            gradients = [parameter.grad for parameter in model.parameters()]
            summed = torch.cat([each.reshape(-1) for each in gradients])
            distributed.all_reduce(summed)
            summed /= processes
            for own, of_all in zip(gradients, summed.split([each.numel() for each in gradients]), strict=True):
                own.copy_(of_all.view_as(own))
        optimiser.step()

    told = []
    for what, count in tasks:
        message, rounds = torch.zeros(count if what == "sum" else 0), []
        for _ in range(1 + ROUNDS):
            if processes > 1:
                distributed.barrier()
            begin = process_time()
            for _ in range(STEPS):
                distributed.all_reduce(message) if what == "sum" else step(what, count)
            rounds.append((process_time() - begin) / STEPS)
        told.append(median(rounds[1:]))
    print(json.dumps([told, sum(4 * parameter.numel() for parameter in model.parameters())]))  # noqa: T201
    if processes > 1:
        distributed.barrier()
        distributed.destroy_process_group()


# Of 10⁹ images of 3×64×64 and a network of 10 million weights that takes 0.6 GFLOP an image, forth and back: 15 TFLOP/s
# that a GPU sustains, 10 ns for a vector of 64 normal numbers, 20 GB/s between neighbours, 3 GB/s of a disk that eight
# GPUs share. Assumed, not measured.
PLANNED = Costs(
    fixed=1e-3, image=0.6e9 / 15e12, draw=1e-8, gradients=4e7, latency=1e-5, bandwidth=20e9, input=12_288, disk=3e9 / 8
)


def _plan():
    for batch in (512, 8192, 65_536):
        for gpus in (1, 8, 64):
            step = PLANNED.step(batch, gpus)
            share = PLANNED.reduce(gpus) / step
            reads = replace(PLANNED, disk=float("inf")).step(batch, gpus) < step
            epoch = 1e9 / batch * step / 3600
            print(  # noqa: T201
                f"B = {batch:>6}, {gpus:>2} GPUs: {1000 * step:8.2f} ms a step, all-reduce {share:5.1%}, "
                f"draws {PLANNED.draw * batch / step:5.1%}, {'the disk decides' if reads else 'computing decides'}, "
                f"{batch / step:12,.0f} images/s, an epoch {epoch:8.1f} h"
            )


if __name__ == "__main__":
    if sys.argv[1] == "plan":
        _plan()
    else:
        name, tasks, processes, meet, rank = sys.argv[1:]
        _rank(name, json.loads(tasks), int(processes), meet, int(rank))

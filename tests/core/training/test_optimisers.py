"""The optimisers are torch's own, without its compiler."""

import subprocess
import sys

import pytest
import torch

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.optimisers import new_optimiser

BESIDE = {
    "adam": lambda weights: torch.optim.Adam(weights, lr=0.1, betas=(0.8, 0.999)),
    "adamw": lambda weights: torch.optim.AdamW(weights, lr=0.1, betas=(0.8, 0.999)),
    "rmsprop": lambda weights: torch.optim.RMSprop(weights, lr=0.1, alpha=0.9),
}
IN_A_PROCESS = """
import sys
import tempfile
from pathlib import Path
import torch
from latentlab.core.data.sets import bundled_digits
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run
from latentlab.core.training.trainer import Trainer
torch.set_num_threads(1)
for optimiser in ("adam", "adamw", "rmsprop"):
    changes = {"data.limit": 64, "training.epochs": 1, "training.device": "cpu", "training.optimiser": optimiser}
    trainer = Trainer(Recipe.load("digits-vae-2d").with_changes(changes), bundled_digits.load())
    print(len(list(trainer.events())) > 2, {"torch._dynamo", "torchvision", "sympy"} & set(sys.modules))
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "run.safetensors"
    trainer.result().save(path)
    drawn = torch.get_rng_state()
    epochs = Run.open(path).epochs
print(epochs == 1 and torch.equal(drawn, torch.get_rng_state()), {"torch._dynamo", "sympy"} & set(sys.modules))
"""


@pytest.mark.parametrize("name", BESIDE)
def test_they_step_like_those_of_torch(name):
    settings = Recipe.load("mlp-vae-2d").with_changes({"training.optimiser": name, "training.beta1": 0.8}).training
    steps = []
    for make in (lambda model: new_optimiser(model, settings, 0.1), lambda model: BESIDE[name](model.parameters())):
        model = torch.nn.Linear(3, 2)
        torch.nn.init.constant_(model.weight, 0.5)
        torch.nn.init.zeros_(model.bias)
        optimiser = make(model)
        for _ in range(3):
            optimiser.zero_grad(set_to_none=True)
            model(torch.ones(4, 3)).square().sum().backward()
            optimiser.step()
        steps.append(torch.cat([model.weight.detach().flatten(), model.bias.detach()]))
    assert torch.allclose(*steps, atol=1e-5)
    assert not torch.allclose(steps[0], torch.tensor([0.5] * 6 + [0.0] * 2))


def test_training_loads_no_compiler():
    """It takes seconds and 200 MB, and nothing here is compiled."""
    done = subprocess.run([sys.executable, "-c", IN_A_PROCESS], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:-1] == ["True set()"] * 4

"""What keeping a training as it goes costs: beside the same training that nobody keeps, and of the time that it takes.

Images are MNIST's with LATENTLAB_DATA set, else as many and as large. It saves each second, not each tenth, so that
short trainings have some saves in them: the share of the time is the largest that there can be, and nothing is judged.
"""

from dataclasses import replace
from statistics import median
from time import perf_counter

import pytest

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training import autosave as autosaves
from latentlab.core.training.autosave import Autosave
from latentlab.core.training.trainer import Trainer

pytestmark = pytest.mark.timeout(900)
# Images, so that each takes some seconds, in batches as large as the recipe's.
_COUNTS = {"mlp-vae-2d": 30_000, "conv-vae-2d": 4_800}


@pytest.mark.parametrize("name", _COUNTS)
def test_training_that_is_kept_as_it_goes(race, row, images, torch_threads, cores, tmp_path, monkeypatch, name):
    monkeypatch.setattr(autosaves, "SECONDS", 1.0)
    torch_threads(max(1, cores - 1))  # as beside the window
    recipe = Recipe.load(name).with_changes({"epochs": 2, "device": "cpu"})
    data = replace(images.limited(_COUNTS[name]), test_images=images.test_images[:256])
    data = replace(data, test_labels=images.test_labels[:256])
    waited, written, taken, beside = [], [], [], []

    def train(*, is_kept):
        trainer = Trainer(recipe, data)
        autosave = Autosave(trainer, tmp_path, lambda sentence: pytest.fail(sentence)) if is_kept else None
        begin = perf_counter()
        for event in trainer.events():
            if autosave is not None:
                autosave.take(event)
        seconds = perf_counter() - begin
        if autosave is not None:
            autosave.end()
            taken.append(seconds)
            waited.append(autosave.waited / max(1, len(autosave.written)))
            written.extend(autosave.written)
            beside.append(autosave.waited + autosave.computed)
            for path in tmp_path.iterdir():
                size.append(path.stat().st_size)
                path.unlink()
        return seconds

    size = []
    found = race({"off": lambda: train(is_kept=False), "on": lambda: train(is_kept=True)}, 3, warm_up=1)
    count = recipe.training.epochs * _COUNTS[name]
    of_time = sum(beside) / sum(taken)
    row(
        f"{name}, kept each second",
        f"nothing kept, {found.per_second('off', count):,.0f} images/s",
        "",
        f"{found.speed('on', 'off'):.3f} ({found.per_second('on', count):,.0f} images/s)",
    )
    row(
        f"{name}: a copy, a save of {max(size) / 1e6:.1f} MB, share of the time that both compute",
        f"{len(written)} saves in {sum(taken):.0f} s",
        "",
        f"{1000 * median(waited):.1f} ms, {1000 * median(written):.0f} ms, {of_time:.2%}",
    )

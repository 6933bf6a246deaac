"""A training whose steps are captured and replayed is, to the last bit, the one whose steps are taken one by one.

Where there is no GPU, `fake_graphs` records the steps in its place.
"""

import dataclasses
import inspect
import types
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from latentlab.core.events import Changed, Diverged, EpochEnded
from latentlab.core.ranks.ranks import Ranks
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run
from latentlab.core.training import captured_steps, cuda_graphs, kept_weights, optimisers, steps
from latentlab.core.training import trainer as trainers
from latentlab.core.training.captured_steps import CapturedSteps
from latentlab.core.training.control import Control
from latentlab.core.training.cuda_graphs import CudaGraphs, graphs_for
from latentlab.core.training.draws import Draws
from latentlab.core.training.trainer import Trainer
from tests.core.training.fake_graphs import FakeGraphs, Tape
from tests.core.training.reads import Reads
from tests.core.training.small import CONV, SMALL, file_of, of_kind, same_files, step_losses

EPOCHS, WHOLE = 8, 3  # of four steps each, the last of them of fewer images
WARM_UP, TIMED = 3, 2
RATE = 2**-8  # as float32, which a GPU takes it as, the same number
DAMAGE = {
    f"corruption.{kind}": 0.2 for kind in ("light", "stains", "creases", "gaussian", "occlusion", "salt_and_pepper")
}
KINDS = {
    "vae": {},
    "cvae": {"model.kind": "cvae", "optimiser": "adamw"},
    "autoencoder": {"model.kind": "autoencoder", "contraction": 0.1, "sparsity": 0.1},
    "convolutions": {"schedule": "one-cycle"},
    "importance-weighted, warming up": {"samples": 3, "warm_up": 1.5, "beta": 2},
    "damaged": DAMAGE,
    "augmented until": {"rotation": 10, "scale": 0.1, "mirror": 0.5, "augmentation.until": 0.5},
    "refined in one cycle": {"rotation": 5, "refine": 0.5, "schedule": "one-cycle"},
    "ones and zeros": {"binarised": "dynamic", "prior": "vamp", "components": 4},
    "pairs": {"rotation": 10, "mirror": 0.5},
    "coarse": {"precision": "bfloat16", "free_bits": 0.1},
    "told labels": {"loss.labels": 1.0, "temperature": 0.5},
}
# Of what a step computes there is one in the whole training, or there are two.
TWICE = {"augmented until", "refined in one cycle"}
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Capture after few steps, and drive a schedule by rates that are the same numbers as float32."""
    monkeypatch.setattr(captured_steps, "_WARM_UP", WARM_UP)
    monkeypatch.setattr(captured_steps, "_TIMED", TIMED)
    monkeypatch.setattr(trainers, "_MESSAGE_SECONDS", 0)
    monkeypatch.setattr(steps, "one_cycle", lambda share: round(optimisers.one_cycle(share) * 1024) / 1024)


@pytest.fixture
def told(monkeypatch):
    """Give what is written to the log."""
    written = []
    monkeypatch.setattr(captured_steps.log, "write", lambda error, note: written.append((str(error), note)))
    return written


def recipe_of(kind="vae", **more):
    model = {"model": CONV, "loss": {"reconstruction": "squared-error"}} if kind == "convolutions" else {}
    recipe = Recipe.from_dict(SMALL.model_dump(mode="json") | model)
    return recipe.with_changes({"epochs": EPOCHS, "batch_size": 50, "learning_rate": RATE} | KINDS[kind] | more)


def images_of(kind, images):
    if kind != "pairs":
        return images
    return dataclasses.replace(
        images, train_noisy=255 - images.train_images, test_noisy=255 - images.test_images, name="pairs"
    )


def trained(
    recipe, images, graphs, monkeypatch, *, changes=(), stop_at=None, run=None, at=lambda number, trainer: None
):
    """Train, with steps that are captured by `graphs`, or with plain ones: the events, and the run."""
    control, events = Control(), []
    with monkeypatch.context() as patch:
        patch.setattr(steps, "graphs_for", lambda *_: graphs)
        if run is None:
            trainer = Trainer(recipe, images, run_id="abc", control=control)
        else:
            trainer = Trainer.resumed(run, images, control=control)
        for event in trainer.events():
            for when, setting, value in changes:
                if when == len(events):
                    control.change(setting, value)
            if stop_at == len(events):
                control.stop.set()
            at(len(events), trainer)
            events.append(event)
    return events, trainer.result()


def same(first, second, folder):
    """See that two trainings told the same, and left the same."""
    (events, run), (others, other) = first, second
    assert [type(event) for event in events] == [type(event) for event in others]
    np.testing.assert_array_equal(step_losses(events), step_losses(others))
    for kind in (EpochEnded, Changed):
        mine, theirs = (
            [dataclasses.replace(event, seconds=0) if kind is EpochEnded else event for event in of_kind(kind, told)]
            for told in (events, others)
        )
        assert mine == theirs
    same_files(file_of(run, folder / "one.safetensors"), file_of(other, folder / "other.safetensors"))


def replayed_of(recorded):
    """Give how many steps are replayed of a training that is captured so many times: all whole ones, but the first."""
    return EPOCHS * WHOLE - recorded * WARM_UP


@pytest.mark.parametrize("kind", KINDS)
def test_captured_steps_are_plain_ones(kind, tiny_images, tmp_path, monkeypatch, told):
    recipe, images, graphs = recipe_of(kind), images_of(kind, tiny_images), FakeGraphs()
    captured = trained(recipe, images, graphs, monkeypatch)
    assert told == []
    same(captured, trained(recipe, images, None, monkeypatch), tmp_path)
    assert graphs.recorded == (2 if kind in TWICE else 1)
    warming_up = 5 if kind == "importance-weighted, warming up" else 0  # each of these steps is another
    assert graphs.replayed == replayed_of(graphs.recorded) - warming_up


def test_beta_is_captured_anew_and_a_learning_rate_is_not(tiny_images, tmp_path, monkeypatch, told):
    changes = [(12, "learning_rate", 2**-6), (20, "beta", 4.0), (21, "beta", 2.0), (30, "learning_rate", 2**-9)]
    graphs = FakeGraphs()
    captured = trained(recipe_of(), tiny_images, graphs, monkeypatch, changes=changes)
    assert len(of_kind(Changed, captured[0])) == 4
    same(captured, trained(recipe_of(), tiny_images, None, monkeypatch, changes=changes), tmp_path)
    assert graphs.recorded == 2
    assert told == []


@pytest.mark.parametrize("stop_at", [5, 15, 27])
@pytest.mark.parametrize("kind", ["vae", "refined in one cycle"])
def test_one_that_was_stopped_goes_on_as_plainly_as_it_would_have(kind, stop_at, tiny_images, tmp_path, monkeypatch):
    recipe = recipe_of(kind)
    whole = trained(recipe, tiny_images, None, monkeypatch)[1]
    _, run = trained(recipe, tiny_images, FakeGraphs(), monkeypatch, stop_at=stop_at)
    assert run.training.state == "stopped"
    run.save(tmp_path / "stopped.safetensors")
    for graphs in (FakeGraphs(), None):
        _, gone_on = trained(recipe, tiny_images, graphs, monkeypatch, run=Run.open(tmp_path / "stopped.safetensors"))
        same_files(file_of(gone_on, tmp_path / "on.safetensors"), file_of(whole, tmp_path / "whole.safetensors"))


def test_what_has_diverged_goes_on_with_another_optimiser(tiny_images, tmp_path, monkeypatch, told):
    monkeypatch.setattr(kept_weights, "COPY_SECONDS", 0.0)

    def poison(number, trainer):
        if number == 14:
            with torch.no_grad():
                next(trainer.model.parameters()).fill_(torch.nan)

    graphs = FakeGraphs()
    captured = trained(recipe_of(), tiny_images, graphs, monkeypatch, at=poison)
    assert len(of_kind(Diverged, captured[0])) == 1
    same(captured, trained(recipe_of(), tiny_images, None, monkeypatch, at=poison), tmp_path)
    assert graphs.recorded == 2
    assert told == []


def test_a_loss_that_is_not_finite_while_steps_are_compared_is_no_fault_of_theirs(tiny_images, monkeypatch, told):
    monkeypatch.setattr(captured_steps, "_WARM_UP", 2)
    monkeypatch.setattr(kept_weights, "COPY_SECONDS", 0.0)

    def poison(number, trainer):
        if number == 2:  # the message of the step before
            with torch.no_grad():
                next(trainer.model.parameters()).fill_(torch.nan)

    graphs = FakeGraphs()
    events, _ = trained(recipe_of(), tiny_images, graphs, monkeypatch, at=poison)
    assert len(of_kind(Diverged, events)) == 1
    assert told == []
    assert graphs.recorded == 2
    assert graphs.replayed > TIMED + 2


class Refusing(FakeGraphs):
    """Captures nothing, and leaves a generator that nobody can use any more."""

    def record(self, take, generator):
        super().record(take, generator)
        self.ruined = generator
        raise RuntimeError("operation not permitted when stream is capturing")


class Repeating(FakeGraphs):
    """Draws the same each time."""

    def record(self, take, generator):
        self._drawn = torch.Generator().manual_seed(7).get_state()
        return super().record(take, generator)

    def play(self, tape, generator):
        generator.set_state(self._drawn)
        tape.replay()


class Forgetful(FakeGraphs):
    """Draws anew, but not on from where it was."""

    def play(self, tape, generator):
        before = generator.get_state()
        tape.replay()
        generator.set_state(before)


class Stale(FakeGraphs):
    """Takes the images of the first step each time."""

    def record(self, take, generator):
        self._first = None
        return super().record(take, generator)

    def play(self, tape, generator):
        (images,) = (each for each in tape.others() if each.dtype == torch.uint8)
        self._first = images.clone() if self._first is None else self._first
        images.copy_(self._first)
        tape.replay()


class Astray(FakeGraphs):
    """Computes what nobody asked for."""

    def record(self, take, generator):
        def taking():
            losses = take()
            with torch.no_grad():
                self.weight.mul_(1.001)
            return losses

        return super().record(taking, generator)


class Telling(FakeGraphs):
    """Moves the weights as it should, and tells other losses."""

    def record(self, take, generator):
        return super().record(lambda: take() * 1.001, generator)


@pytest.mark.parametrize("kind", [Refusing, Repeating, Forgetful, Stale, Astray, Telling])
def test_what_cannot_be_captured_or_comes_to_something_else_is_taken_plainly(
    kind, tiny_images, tmp_path, monkeypatch, told
):
    graphs = kind()

    def at(number, trainer):
        graphs.weight = next(trainer.model.parameters())
        assert trainer._draws.of_steps is not getattr(graphs, "ruined", None)

    captured = trained(recipe_of("damaged"), tiny_images, graphs, monkeypatch, at=at)
    same(captured, trained(recipe_of("damaged"), tiny_images, None, monkeypatch), tmp_path)
    assert graphs.replayed <= 2
    ((error, note),) = told
    assert "not captured as a CUDA graph" in note
    assert error.startswith("operation not permitted" if kind is Refusing else "a replayed step")


def test_replays_that_do_not_pay_are_given_up(tiny_images, tmp_path, monkeypatch, told):
    graphs = FakeGraphs(takes=(1.0, 1.1))
    captured = trained(recipe_of(), tiny_images, graphs, monkeypatch)
    same(captured, trained(recipe_of(), tiny_images, None, monkeypatch), tmp_path)
    assert graphs.replayed == 2 + TIMED + 1
    assert told == []


def stepped(graphs, sizes):
    """Take steps of so many images by hand: what was added up, and how often it was added plainly."""
    model, draws, plain = torch.nn.Linear(1, 1), Draws(0, CPU), []
    with torch.no_grad():
        model.weight.zero_()
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
    captured = CapturedSteps(graphs, model, draws, 5)

    def take(images):
        plain.append(1)
        with torch.no_grad():
            model.weight.add_(images.sum())
        return images.sum()[None]

    for number, size in enumerate(sizes):
        captured(take, (torch.full((size, 2), float(number)),), optimiser)
    return model.weight.item(), len(plain)


def test_only_batches_of_the_size_that_was_captured_are_replayed():
    sizes = [5] * 9 + [3, 1, 6, 5, 5, 1]
    expected = float(sum(2 * number * size for number, size in enumerate(sizes)))
    graphs = FakeGraphs()
    assert stepped(None, sizes) == (expected, len(sizes))
    assert stepped(graphs, sizes) == (expected, WARM_UP + 2 + 1 + 4)  # and once while it was recorded
    assert graphs.replayed == 11 - WARM_UP


def test_micro_batches_are_not_captured_and_the_log_says_why(monkeypatch, told):
    monkeypatch.setenv("LATENTLAB_GRAPHS", "1")
    settings = SMALL.with_changes({"micro_batch": 7}).training
    for device in ("cpu", "cuda"):
        assert graphs_for(torch.device(device), settings, Ranks()) is None
    assert told == [("each micro-batch sets the generator back, and a graph draws on", cuda_graphs.NOT_CAPTURED)]


def test_steps_are_captured_on_one_gpu_alone(monkeypatch):
    class Two(Ranks):
        count = 2

    monkeypatch.setattr(cuda_graphs, "CudaGraphs", lambda device: ("graphs", device))
    monkeypatch.setenv("LATENTLAB_GRAPHS", "1")
    settings, cuda = SMALL.training, torch.device("cuda")
    assert graphs_for(cuda, settings, Ranks()) == ("graphs", cuda)
    for device in ("cpu", "mps", "meta"):
        assert graphs_for(torch.device(device), settings, Ranks()) is None
    assert graphs_for(cuda, settings, Two()) is None
    assert graphs_for(cuda, SMALL.with_changes({"optimiser": "rmsprop"}).training, Ranks()) is None
    for value in ("0", "", None):  # nobody gets unasked what nobody has run
        monkeypatch.delenv("LATENTLAB_GRAPHS")
        if value is not None:
            monkeypatch.setenv("LATENTLAB_GRAPHS", value)
        assert graphs_for(cuda, settings, Ranks()) is None


def test_nothing_else_changes_an_optimiser(tiny_images):
    """Without graphs a learning rate is a number, as it was."""
    (group,) = Trainer(SMALL, tiny_images).optimiser.param_groups
    assert group["lr"] == SMALL.training.learning_rate
    assert isinstance(group["lr"], float)
    assert not group["capturable"]


class Cuda:
    """Stands for `torch.cuda`, and notes what it is asked for."""

    def __init__(self, free=150):
        self.told, self._free, self._current = [], free, "usual"

    def Stream(self, device):
        return types.SimpleNamespace(
            name="own", wait_stream=lambda other: self.told.append(f"own waits for {other.name}")
        )

    def current_stream(self, device):
        name = self._current
        return types.SimpleNamespace(
            name=name, wait_stream=lambda other: self.told.append(f"{name} waits for {other.name}")
        )

    @contextmanager
    def stream(self, stream):
        self._current, before = stream.name, self._current
        try:
            yield
        finally:
            self._current = before

    def max_memory_allocated(self, device):
        return 100

    def mem_get_info(self, device):
        return self._free, 1000

    def CUDAGraph(self):
        graph = types.SimpleNamespace(tape=Tape())

        def register(generator):
            graph.generator = generator
            self.told.append("generator")

        def replay():
            self.told.append(f"replayed on {self._current}")
            graph.tape.replay()

        graph.register_generator_state, graph.replay = register, replay
        return graph

    @contextmanager
    def graph(self, graph, *, stream, capture_error_mode):
        assert self._current == stream.name
        self.told.append(f"captured, {capture_error_mode}")
        drawn = graph.generator.get_state()
        with graph.tape:
            yield
        graph.generator.set_state(drawn)

    def Event(self, *, enable_timing):
        event = types.SimpleNamespace(query=lambda: True)
        event.record = lambda stream: setattr(event, "at", len(self.told))
        event.elapsed_time = lambda end: (
            1.0 if any("replayed" in each for each in self.told[event.at : end.at]) else 2.0
        )
        return event


@pytest.fixture
def cuda(monkeypatch):
    """Give what stands for it; nobody has a GPU here."""
    cuda = Cuda()
    monkeypatch.setattr(cuda_graphs, "torch", types.SimpleNamespace(cuda=cuda))
    return cuda


def test_steps_are_captured_and_replayed_where_they_were_warmed_up(cuda, tiny_images, tmp_path, monkeypatch, told):
    captured = trained(recipe_of(), tiny_images, CudaGraphs(CPU), monkeypatch)
    same(captured, trained(recipe_of(), tiny_images, None, monkeypatch), tmp_path)
    assert told == []
    steps_and_first = 1 + EPOCHS * (WHOLE + 1)  # what gathers gradients is made there, too
    assert cuda.told.count("own waits for usual") == cuda.told.count("usual waits for own") == steps_and_first
    begin = cuda.told.index("generator")
    assert cuda.told[begin : begin + 3] == ["generator", "captured, thread_local", "replayed on own"]
    assert cuda.told.count("replayed on own") == replayed_of(1)
    assert set(cuda.told) == {*cuda.told[begin : begin + 3], "own waits for usual", "usual waits for own"}


def test_what_a_gpu_has_no_memory_for_is_not_captured(cuda, tiny_images, tmp_path, monkeypatch, told):
    cuda._free = 50
    captured = trained(recipe_of(), tiny_images, CudaGraphs(CPU), monkeypatch)
    same(captured, trained(recipe_of(), tiny_images, None, monkeypatch), tmp_path)
    assert set(cuda.told) == {"own waits for usual", "usual waits for own"}
    ((error, _),) = told
    assert "too little memory" in error


def test_steps_wait_for_their_device_while_they_are_compared_alone(tiny_images, monkeypatch):
    step, reading = Trainer._step, []

    def watched(self, *batch):
        with Reads() as reads:
            step(self, *batch)
        reading.append(bool(reads.seen))

    monkeypatch.setattr(Trainer, "_step", watched)
    monkeypatch.setattr(trainers, "_MESSAGE_SECONDS", 1e9)
    trained(recipe_of(), tiny_images, FakeGraphs(), monkeypatch)
    assert len(reading) == EPOCHS * (WHOLE + 1)
    assert [number for number, reads in enumerate(reading) if reads] == [WARM_UP + 1, WARM_UP + 2]


def test_torch_has_what_is_asked_of_it():
    inspect.signature(torch.cuda.graph).bind(None, stream=None, capture_error_mode="thread_local")
    for kind, names in (
        (torch.cuda.Stream, ["wait_stream"]),
        (torch.cuda.Event, ["record", "query", "elapsed_time"]),
        (torch.cuda.CUDAGraph, ["register_generator_state", "replay"] if torch.backends.cuda.is_built() else []),
    ):
        assert all(callable(getattr(kind, name)) for name in names)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
@pytest.mark.parametrize("kind", KINDS)
def test_captured_steps_are_plain_ones_on_cuda(kind, tiny_images, monkeypatch, told):
    learned, recipe, images = [], recipe_of(kind, device="cuda", epochs=20), images_of(kind, tiny_images)
    for graphs in (CudaGraphs(torch.device("cuda")), None):
        monkeypatch.setattr(CapturedSteps, "_judge", lambda self: setattr(self, "_pays", True))
        learned.append(step_losses(trained(recipe, images, graphs, monkeypatch)[0]))
    assert told == []
    np.testing.assert_allclose(learned[0], learned[1], rtol=1e-3, atol=1e-3)

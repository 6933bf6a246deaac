"""A run as one safetensors file: weights, recipe, history, codes. Nothing that is read is ever unpickled."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field, TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import nn
from torch.overrides import TorchFunctionMode

from latentlab.core.arrays import Floats, Integers
from latentlab.core.data.image_set import ImageSet, in_words
from latentlab.core.errors import LatentlabError, printable, reason_of
from latentlab.core.events import Changed, EpochEnded, event_to_dict
from latentlab.core.files import utf8_path
from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.models.building import build
from latentlab.core.models.label_calibration import LabelCalibration
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.recipe.settings import LARGEST_SIDE
from latentlab.core.runs.chain import MOST_LINKS, Link
from latentlab.core.runs.prior_tensors import check_prior, read_prior, stored_prior
from latentlab.core.runs.run_group import RunGroup, group_of
from latentlab.core.runs.run_header import FORMAT, SUFFIX, RunError, count_of_epochs, read_header
from latentlab.core.runs.stored_history import stored_changes, stored_history, stored_recipe
from latentlab.core.runs.training_state import PREFIX, TrainingState, check_shapes
from latentlab.core.sketch.preparation import Preparation
from latentlab.core.writing import whole_file

__all__ = ["CODES", "FORMAT", "SUFFIX", "Run", "RunError", "RunGroup", "codes_of", "dated_name"]

CODES = 10_000  # at most so many test images have their codes in the file

_MOST_CLASSES, _MOST_CHANGES = 10_000, 100_000

_CALIBRATION = TypeAdapter(LabelCalibration)
_CHAIN = TypeAdapter(Annotated[tuple[Link, ...], Field(max_length=MOST_LINKS)])


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A trained model with where it came from.

    Attributes
    ----------
    snapshot : Snapshot
        The model; it knows the run's id, recipe and class names.
    history : tuple of EpochEnded
        Losses of each epoch, nats per image.
    changes : tuple of Changed
        Settings that were changed on the way.
    epochs : int
        Whole epochs trained.
    preparation : Preparation
        What the images have in common, so that a sketch can be prepared like them.
    codes : float32 (N, L)
        Encoder means of the test images in the order of the data set, or of a sample of `CODES` where there are more;
        files of earlier versions have the first ones.
    labels : int64 (N,)
        Their classes; -1 where there is none.
    fingerprint : str
        Of the whole image set that it was trained on last; empty in the files of earlier versions.
    training : TrainingState or None
        What its training needs to go on as it would have; None in the files of earlier versions. Without tensors it
        lets nothing go on but its weights, as a branch does: see `training.branching`.
    chain : tuple of Link
        The trainings before its own, the first one first; files of earlier versions have none, whatever there were.
    group : RunGroup or None
        The sweep that it is one of.
    """

    snapshot: Snapshot
    history: tuple[EpochEnded, ...]
    changes: tuple[Changed, ...]
    epochs: int
    preparation: Preparation
    codes: Floats
    labels: Integers
    fingerprint: str = ""
    training: TrainingState | None = None
    chain: tuple[Link, ...] = ()
    group: RunGroup | None = None

    @property
    def recipe(self) -> Recipe:
        """What it was trained with."""
        return self.snapshot.recipe

    def trainings(self) -> tuple[Link, ...]:
        """Give all trainings that made it, the first one first; that begins with new weights if all are known."""
        state, recipe, before = self.training, self.recipe, sum(len(link.changes) for link in self.chain)
        guessed = self.epochs - min(self.epochs, recipe.training.epochs)
        own = Link(
            recipe=recipe,
            first_epoch=state.first_epoch if state else guessed,
            epochs=self.epochs,
            steps_done=state.steps_done if state else 0,
            is_ended=state is None or state.state != "training",
            has_state=state is not None,
            changes=self.changes[before:],
            threads=state.threads if state else None,
            device=state.device if state else "",
            made_with=state.made_with if state else {},
            fingerprint=self.fingerprint,
            run_id=self.snapshot.run_id,
            is_branched=state is not None and not state.tensors,
        )
        return (*self.chain, own)

    def check_fits(self, recipe: Recipe, data: ImageSet) -> None:
        """See that training with a recipe on some images can go on from this run's weights.

        Raises
        ------
        RunError
            When model, image size or classes differ.
        """
        mine = self.snapshot
        if self.recipe.model != recipe.model:
            keys = [key for key in self.recipe.differences(recipe) if key.startswith("model.")]
            raise RunError(
                f"The run cannot be continued with another model ({', '.join(keys)} differ): set the recipe back to "
                f"the run's own, or train from the beginning."
            )
        needs_classes = mine.uses_labels or (self.recipe.loss.labels and recipe.loss.labels)
        if mine.image_shape != data.image_shape or (needs_classes and mine.class_names != data.class_names):
            raise RunError(
                f"The run cannot be continued on '{data.name}': its images or classes are not like those of "
                f"'{self.recipe.data.dataset}', which it was trained on."
            )

    def goes_on_like(self, recipe: Recipe, device: str) -> bool:
        """Whether a training by a recipe, from this run's weights, can go on with what the run's own draws from."""
        state, mine, theirs = self.training, self.recipe.training, recipe.training
        # The weights are not those that its optimiser has come to, or it is left behind, as by a branch.
        if state is None or not state.tensors or state.parameters("last"):
            return False
        if bool(self.recipe.loss.labels) != bool(recipe.loss.labels):  # their optimisers have other parameters
            return False
        return (mine.optimiser, mine.seed, state.device) == (theirs.optimiser, theirs.seed, device)

    def training_to_resume(self, data: ImageSet, device: str, steps_per_epoch: int) -> TrainingState:
        """Give what its training needs to go on exactly as it would have.

        Raises
        ------
        RunError
            When the run does not say, or on these images, by a device of this kind, nothing can.
        """
        state, advice = self.training, "train on from its weights, with --resume or with Continue in the window."
        if state is None:
            raise RunError(
                "The run was saved by an earlier version, without what a training needs to go on as it would have: "
                f"{advice}"
            )
        if not state.tensors:
            raise RunError(f"The run is finished, and without what a training needs to go on: {advice}")
        if changed := self.changed_images(data):
            raise RunError(f"{changed} To train on with them as they are now, use --resume, or Continue in the window.")
        if state.device != device:
            raise RunError(f"The run was trained on '{state.device}', and this would be on '{device}': {advice}")
        if state.steps_done > steps_per_epoch or not state.first_epoch <= self.epochs <= state.last_epoch:
            raise RunError(f"The run has come further than there are images: {advice}")
        return state

    def changed_images(self, data: ImageSet) -> str:
        """Say, in a sentence, that a person's own images are not what they were when the run learned from them.

        It is empty where they are, where these are other images or nobody knows, and for sets that never change.
        """
        mine, theirs = self.snapshot.image_shape, data.image_shape
        same = slice(0, 1) if self.snapshot.takes_any_size else slice(None)
        if data.is_for(self.recipe.data) and mine[same] != theirs[same]:
            return f"The images of '{data.name}' have {in_words(theirs)} now, but the run takes {in_words(mine)}."
        is_own = ":" in data.name and data.is_for(self.recipe.data)
        if not is_own or self.fingerprint in ("", data.fingerprint):
            return ""
        return (
            f"The images of '{data.name}' are not those that the run learned from: files were added, removed or "
            "changed since."
        )

    def save(self, path: str | Path) -> None:
        """Write the run; the file appears whole or not at all.

        Raises
        ------
        RunError
            When the file cannot be written.
        """
        path = Path(path)
        tensors = {f"model.{name}": tensor.contiguous() for name, tensor in self.snapshot.state().items()}
        tensors |= stored_prior(self.snapshot.fitted_prior) | {
            "codes": torch.from_numpy(self.codes),
            "labels": torch.from_numpy(self.labels),
        }
        metadata = {
            "format": FORMAT,
            "run": json.dumps(self.snapshot.run_id),
            "recipe": json.dumps(self.recipe.model_dump(mode="json")),
            "class_names": json.dumps(self.snapshot.class_names),
            "image_shape": json.dumps(self.snapshot.image_shape),
            "epochs": json.dumps(self.epochs),
            "history": json.dumps([event_to_dict(epoch) for epoch in self.history]),
            "changes": json.dumps([event_to_dict(change) for change in self.changes]),
            "preparation": json.dumps(self.preparation.to_dict()),
            "fingerprint": json.dumps(self.fingerprint),
            "chain": json.dumps(_CHAIN.dump_python(self.chain, mode="json")),  # as anyone's text is written
        }
        if self.group is not None:
            metadata["group"] = json.dumps(self.group)
        if self.snapshot.calibration is not None:
            metadata["calibration"] = _CALIBRATION.dump_json(self.snapshot.calibration).decode()
        if self.training is not None:
            metadata["training"] = json.dumps(self.training.to_dict())
            tensors |= {f"{PREFIX}{name}": tensor.contiguous() for name, tensor in self.training.tensors.items()}
        with whole_file(path, "The run", RunError) as partial:
            # Written by ourselves: safetensors would leave a file that only its owner can read. As arrays: of tensors
            # it takes three times as long, and this is done again and again where somebody follows the training.
            partial.write_bytes(save({name: tensor.numpy() for name, tensor in tensors.items()}, metadata))

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Read a run.

        Raises
        ------
        RunError
            When the file is not there, no run, cut short, or its parts do not fit each other.
        """
        path = Path(path)
        header = read_header(path)
        try:
            parts = _Parts.of(header.values)
            parts.check_shapes(header.shapes)  # before anything of that size is made
            with utf8_path(path) as place, safe_open(place, "pt") as file:
                # Copied: they are parts of the mapped file, which another program may cut short; to read them then
                # would end this one.
                tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 - no mapping
            return cls._assembled(parts, tensors)
        except LatentlabError as error:
            raise RunError(f"{path} does not hold together: {error}") from error
        except OSError as error:
            raise RunError(f"{path} cannot be opened: {reason_of(error)}.") from error
        except SafetensorError as error:
            raise RunError(
                f"{path} is not a run, or is cut short: choose a {SUFFIX} file saved by latentlab."
            ) from error
        except (KeyError, TypeError, ValueError, OverflowError, RuntimeError, AttributeError) as error:
            raise RunError(f"{path} is damaged: its parts do not fit each other. Use another copy of it.") from error

    @classmethod
    def _assembled(cls, parts: _Parts, tensors: dict[str, torch.Tensor]) -> Run:
        recipe, count = parts.recipe, max(1, len(parts.class_names))
        codes, labels = tensors["codes"].float(), tensors["labels"].long()
        if len(labels) and not -1 <= int(labels.min()) <= int(labels.max()) < count:
            raise ValueError("labels without a class")
        model = parts.model("cpu")
        weights = {name.removeprefix("model."): tensors[name] for name in tensors if name.startswith("model.")}
        model.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
        if not all(torch.isfinite(tensor).all() for tensor in [*model.state_dict().values(), codes]):
            raise ValueError("weights or codes are not finite")
        training = None
        if parts.training is not None:
            state = {name.removeprefix(PREFIX): tensors[name] for name in tensors if name.startswith(PREFIX)}
            training = TrainingState.from_dict(parts.training, state)
            training.check_fits(len(list(model.parameters())))
        snapshot = Snapshot(parts.run_id, recipe, model, parts.class_names)
        snapshot.calibration = parts.calibration
        if (prior := read_prior(tensors)) is not None:
            snapshot.fit(prior)
        return cls(
            snapshot=snapshot,
            history=parts.history,
            changes=parts.changes,
            epochs=parts.epochs,
            preparation=parts.preparation,
            codes=codes.numpy(),
            labels=labels.numpy(),
            fingerprint=parts.fingerprint,
            training=training,
            chain=parts.chain,
            group=parts.group,
        )


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a file's head says of a run."""

    run_id: str
    recipe: Recipe
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    preparation: Preparation
    history: tuple[EpochEnded, ...]
    changes: tuple[Changed, ...]
    epochs: int
    fingerprint: str
    training: dict[str, Any] | None
    chain: tuple[Link, ...]
    group: RunGroup | None
    calibration: LabelCalibration | None

    @classmethod
    def of(cls, values: dict[str, Any]) -> _Parts:
        recipe = stored_recipe(values)
        if len(values["class_names"]) > _MOST_CLASSES or len(values["changes"]) > _MOST_CHANGES:
            raise ValueError("more classes or changes than one could look at")
        shape = _shape(values["image_shape"])
        preparation = Preparation.from_dict(values["preparation"])
        if shape != (len(preparation.ground), preparation.height, preparation.width):
            raise ValueError("a sketch would not fit the model")
        return cls(
            run_id=str(values["run"]),
            recipe=recipe,
            class_names=tuple(printable(str(name)) for name in values["class_names"]),
            image_shape=shape,
            preparation=preparation,
            history=stored_history(values, recipe),
            changes=stored_changes(values),
            epochs=count_of_epochs(values["epochs"]),
            fingerprint=str(values.get("fingerprint", "")),
            training=values.get("training"),
            chain=_CHAIN.validate_python(values.get("chain", [])),
            group=group_of(values.get("group")),
            calibration=_CALIBRATION.validate_python(values["calibration"]) if "calibration" in values else None,
        )

    def model(self, device: str) -> Autoencoder:
        """Give the model without its weights; on the device "meta" it has none, and takes no memory."""
        with torch.device(device), _Unfilled():
            return build(self.recipe, self.image_shape, len(self.class_names))

    def check_shapes(self, shapes: dict[str, tuple[int, ...]]) -> None:
        """See that a file holds just the model's weights, and what belongs to them."""
        labels, codes = shapes["labels"], shapes["codes"]
        if len(labels) != 1 or labels[0] > CODES or codes != (*labels, self.recipe.model.latent):
            raise ValueError("codes and labels disagree")
        model = self.model("meta")
        expected = {f"model.{name}": tuple(tensor.shape) for name, tensor in model.state_dict().items()}
        if {name: shape for name, shape in shapes.items() if name.startswith("model.")} != expected:
            raise ValueError("the weights are of another model")
        of_prior = check_prior(shapes, self.recipe.model.latent if model.is_variational else 0)
        if any(not name.startswith(("model.", PREFIX)) for name in shapes.keys() - {"codes", "labels"} - of_prior):
            raise ValueError("more than a run")
        of_training = {name.removeprefix(PREFIX): shape for name, shape in shapes.items() if name.startswith(PREFIX)}
        check_shapes(of_training, [tuple(parameter.shape) for parameter in model.parameters()])


class _Unfilled(TorchFunctionMode):
    """Leaves parameters as they come: to draw weights that are replaced takes time, and torch's compiler on "meta"."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if getattr(func, "__module__", "") == nn.init.__name__:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def dated_name(recipe: Recipe, run_id: str) -> str:
    """Name a run on the disk when nobody else does: after its recipe, this moment and its id."""
    return f"{_plain(recipe.name, 40)}-{datetime.now():%Y%m%d-%H%M%S}-{_plain(run_id, 4)}"


def plain_name(recipe: Recipe, run_id: str) -> str:
    """Name a run after its recipe and its id alone: the same training has the same name."""
    return f"{_plain(recipe.name, 40)}-{_plain(run_id, 12)}"


def _plain(text: str, most: int) -> str:
    """Make of anyone's name, in a file of anyone's, one that every disk takes."""
    return re.sub(r"[^\w-]+", "-", text)[:most]


def codes_of(snapshot: Snapshot, data: ImageSet, most: int = CODES) -> tuple[Floats, Integers]:
    """Encode the test images that a run keeps the codes of: means float32 (N, L), and labels int64 (N,).

    Where there are more of them they are a sample, as a map shows it: see `ImageSet.sampled`.
    """
    part = data.sampled(0, most)
    labels = part.test_labels.numpy().astype(np.int64)
    means, _ = snapshot.encode(part.test_images, labels)
    return means, labels


def _shape(stored: list[int]) -> tuple[int, int, int]:
    """Read the shape of images; files of when all were grey say (H, W)."""
    channels, height, width = (int(side) for side in ([1, *stored] if len(stored) == 2 else stored))
    if channels not in (1, 3):
        raise ValueError("images are grey or of three colours")
    if not 1 <= min(height, width) <= max(height, width) <= LARGEST_SIDE:
        raise ValueError("images of a size that nothing here makes")
    return channels, height, width

"""A run as one safetensors file: weights, recipe, history, codes. Nothing that is read is ever unpickled."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from latentlab.core.arrays import Floats, Integers
from latentlab.core.data.image_set import ImageSet, in_words
from latentlab.core.errors import LatentlabError, printable, reason_of
from latentlab.core.events import Changed, EpochEnded, event_to_dict, event_values
from latentlab.core.files import utf8_path, whole_file
from latentlab.core.models.autoencoders import build
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.sketch.preparation import Preparation

FORMAT = "latentlab/1"
SUFFIX = ".safetensors"
CODES = 10_000  # at most so many test images have their codes in the file

_HISTORY = TypeAdapter(tuple[EpochEnded, ...])
_CHANGES = TypeAdapter(tuple[Changed, ...])


def is_run(path: Path) -> bool:
    """Whether a file is, or may be, a run, and not a file of other tensors; one that cannot be read may be."""
    try:
        with utf8_path(path) as place, safe_open(place, "pt") as file:
            return str((file.metadata() or {}).get("format", "")).startswith(FORMAT.rpartition("/")[0])
    except (OSError, SafetensorError):
        return True


class RunError(LatentlabError):
    """A run that cannot be read, written or continued; the message names the file."""


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
        Encoder means of the first test images, at most `CODES`, in the order of the data set.
    labels : int64 (N,)
        Their classes; -1 where there is none.
    fingerprint : str
        Of the whole image set that it was trained on last; empty in the files of earlier versions.
    """

    snapshot: Snapshot
    history: tuple[EpochEnded, ...]
    changes: tuple[Changed, ...]
    epochs: int
    preparation: Preparation
    codes: Floats
    labels: Integers
    fingerprint: str = ""

    @property
    def recipe(self) -> Recipe:
        """What it was trained with."""
        return self.snapshot.recipe

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
        if mine.image_shape != data.image_shape or (mine.uses_labels and mine.class_names != data.class_names):
            raise RunError(
                f"The run cannot be continued on '{data.name}': its images or classes are not like those of "
                f"'{self.recipe.data.dataset}', which it was trained on."
            )

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
        tensors |= {"codes": torch.from_numpy(self.codes), "labels": torch.from_numpy(self.labels)}
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
        }
        with whole_file(path, "The run", RunError) as partial:
            # Written by ourselves: safetensors would leave a file that only its owner can read.
            partial.write_bytes(save(tensors, metadata))

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Read a run.

        Raises
        ------
        RunError
            When the file is not there, no run, cut short, or its parts do not fit each other.
        """
        path = Path(path)
        if not path.exists():
            raise RunError(f"There is no file {path}: choose a {SUFFIX} file saved by latentlab.")
        try:
            with utf8_path(path) as place, safe_open(place, "pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        except OSError as error:
            raise RunError(f"{path} cannot be opened: {reason_of(error)}.") from error
        except SafetensorError as error:
            raise RunError(
                f"{path} is not a run, or is cut short: choose a {SUFFIX} file saved by latentlab."
            ) from error
        if metadata.get("format") != FORMAT:
            raise RunError(
                f"{path} is not a run that this version can read (it expects format {FORMAT}): "
                f"choose a {SUFFIX} file saved by latentlab."
            )
        try:
            return cls._assembled(metadata, tensors)
        except LatentlabError as error:
            raise RunError(f"{path} does not hold together: {error}") from error
        except (KeyError, TypeError, ValueError, OverflowError, RuntimeError, AttributeError) as error:
            raise RunError(f"{path} is damaged: its parts do not fit each other. Use another copy of it.") from error

    @classmethod
    def _assembled(cls, metadata: dict[str, str], tensors: dict[str, torch.Tensor]) -> Run:
        values: dict[str, Any] = {key: json.loads(value) for key, value in metadata.items() if key != "format"}
        recipe = Recipe.from_dict(values["recipe"], source="the file")
        class_names = tuple(printable(str(name)) for name in values["class_names"])
        channels, height, width = _shape(values["image_shape"])
        preparation = Preparation.from_dict(values["preparation"])
        if (channels, height, width) != (len(preparation.ground), preparation.height, preparation.width):
            raise ValueError("a sketch would not fit the model")
        codes, labels = tensors.pop("codes").float(), tensors.pop("labels").long()
        if labels.ndim != 1 or codes.shape != (len(labels), recipe.model.latent):
            raise ValueError("codes and labels disagree")
        model = build(recipe, (channels, height, width), len(class_names))
        weights = {name.removeprefix("model."): tensor.float() for name, tensor in tensors.items()}
        model.load_state_dict(weights)
        if not all(torch.isfinite(tensor).all() for tensor in [*weights.values(), codes]):
            raise ValueError("weights or codes are not finite")
        if len(labels) and not -1 <= int(labels.min()) <= int(labels.max()) < max(1, len(class_names)):
            raise ValueError("labels without a class")
        epochs = int(values["epochs"])
        if epochs < 0:
            raise ValueError("epochs below zero")
        return cls(
            snapshot=Snapshot(str(values["run"]), recipe, model, class_names),
            history=_HISTORY.validate_python([event_values(each) for each in values["history"]]),
            changes=_CHANGES.validate_python([event_values(each) for each in values["changes"]]),
            epochs=epochs,
            preparation=preparation,
            codes=codes.numpy(),
            labels=labels.numpy(),
            fingerprint=str(values.get("fingerprint", "")),
        )


def dated_name(recipe: Recipe, run_id: str) -> str:
    """Name a run on the disk when nobody else does: after its recipe, this moment and its id."""
    name = re.sub(r"[^\w-]+", "-", recipe.name)[:40]  # of a recipe of anyone's
    return f"{name}-{datetime.now():%Y%m%d-%H%M%S}-{run_id[:4]}"


def codes_of(snapshot: Snapshot, data: ImageSet) -> tuple[Floats, Integers]:
    """Encode the test images that a run keeps the codes of: means float32 (N, L), and labels int64 (N,)."""
    labels = data.test_labels[:CODES].numpy().astype(np.int64)
    means, _ = snapshot.encode(data.test_images[:CODES], labels)
    return means, labels


def _shape(stored: list[int]) -> tuple[int, int, int]:
    """Read the shape of images; files of when all were grey say (H, W)."""
    channels, height, width = (int(side) for side in ([1, *stored] if len(stored) == 2 else stored))
    if channels not in (1, 3):
        raise ValueError("images are grey or of three colours")
    return channels, height, width

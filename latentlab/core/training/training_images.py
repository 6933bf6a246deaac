"""Which images a training learns from, is tested on, and chooses its best epoch by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.learned_beside import with_beside
from latentlab.core.data.mapped_images import let_go
from latentlab.core.data.recipe_images import of_recipe
from latentlab.core.data.shards.shard_index import images_of_a_shard
from latentlab.core.data.validation import set_apart
from latentlab.core.errors import LatentlabError
from latentlab.core.events import EpochEnded
from latentlab.core.measures import metrics
from latentlab.core.measures.calibration import label_calibration
from latentlab.core.measures.fitted_prior import fitted_prior
from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.models.label_calibration import LabelCalibration
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.ranks.ranks import ALONE, Ranks
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run
from latentlab.core.sketch.preparation import Preparation


@dataclass(frozen=True, slots=True, eq=False)
class TrainingImages:
    """The images of one training.

    Attributes
    ----------
    learned : ImageSet
        What it learns from, as often as the recipe says, and is tested on.
    validation : ImageSet or None
        What is tested on the images that are set apart to choose by, where some are.
    split_seed : int or None
        What these were drawn by.
    note : str
        What is to be known of them, in sentences, or empty.
    at_once : int or None
        How many are shuffled among themselves, where the recipe asks for that; else all are.
    """

    learned: ImageSet
    validation: ImageSet | None
    split_seed: int | None
    note: str
    at_once: int | None

    @classmethod
    def of(cls, data: ImageSet, recipe: Recipe, start: Run | None) -> Self:
        """Give the images of a training, which may go on from a run: validation images are then those of that run."""
        learned, validation, seed, notes = of_recipe(data, recipe), None, None, []
        if share := recipe.validation_share:
            before = start.training.split_seed if start and start.training else None
            seed = recipe.training.seed if before is None else before
            learned, validation = set_apart(learned, share, seed)
            if start is not None and before is None:  # a model is best at what it has learned from
                notes.append("The best epoch is chosen by images that the run may have learned from already.")
        if (components := recipe.training.fit_prior or 0) > len(learned.train_labels):
            raise LatentlabError(
                f"To fit a prior of {components:,} components takes as many training images, and here are "
                f"{len(learned.train_labels):,}: take fewer components."
            )
        learned = with_beside(learned.repeated(recipe.data.repeat), recipe.data)
        count, total = int(np.count_nonzero(learned.train_labels.numpy() < 0)), len(learned.train_labels)
        let_go(learned.train_labels)
        if count and recipe.model.kind == "cvae":
            have, they = ("has", "it is") if count == 1 else ("have", "they are")
            notes.append(f"{count:,} of {total:,} training images {have} no label: {they} learned under none.")
        at_once = images_of_a_shard(learned) if recipe.data.shuffle == "shards" else None
        return cls(learned, validation, seed, " ".join(notes), at_once)

    def finish(self, snapshot: Snapshot, preparation: Preparation) -> Snapshot:
        """Add to a model whose training has ended what is found of it only then: a prior, and its calibration."""
        if components := snapshot.recipe.training.fit_prior:
            images, labels = self.learned.train_images.numpy(), self.learned.train_labels.numpy()
            snapshot.fit(fitted_prior(snapshot, images, labels, components, snapshot.recipe.training.seed))
            let_go(images, labels)
        if snapshot.uses_labels:
            snapshot.calibration = self.calibrate(snapshot, preparation)
        return snapshot

    def calibrate(self, snapshot: Snapshot, preparation: Preparation) -> LabelCalibration | None:
        """Calibrate a CVAE of these on what is set apart or, where nothing is, on what it has learned from."""
        if (apart := self.validation) is not None:
            images, labels = apart.test_images, apart.test_labels
        else:
            images, labels = self.learned.train_images, self.learned.train_labels
        try:
            given = images.numpy(), labels.numpy()
            return label_calibration(snapshot, preparation, *given, are_held_out=apart is not None)
        finally:
            let_go(images, labels)

    @property
    def to_test(self) -> tuple[int, int]:
        """How many images the model is tested on, and how many are set apart to choose by."""
        apart = 0 if self.validation is None else len(self.validation.test_labels)
        return len(self.learned.test_labels), apart

    def compare(self, ended: EpochEnded) -> bool:
        """Whether the best epoch can be chosen by an earlier one: of images like these, at a temperature of 1."""
        return ended.temperatures[1] == 1 and (ended.validation is None) == (self.validation is None)

    def tested(
        self, model: Autoencoder, recipe: Recipe, device: torch.device, ranks: Ranks = ALONE
    ) -> Iterator[tuple[bool, Tensor]]:
        """Test a model in chunks: on the test images, then on those that are set apart; see `metrics.terms_of_each`.

        Yields
        ------
        bool
            Whether they are set apart.
        float32 (B, 3)
        """
        for images in filter(None, (self.learned, self.validation)):
            tested = images.test_images, images.test_labels, images.test_noisy
            for part in metrics.terms_of_each(model, recipe, *tested, device, ranks):
                yield images is self.validation, part

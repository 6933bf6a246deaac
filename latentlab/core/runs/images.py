"""The images of a saved run: those that its recipe names, or others that its model takes."""

from __future__ import annotations

from pathlib import Path

from latentlab.core.data import registry
from latentlab.core.data.image_set import ImageSet, in_words
from latentlab.core.data.reading import Reading
from latentlab.core.data.recipe_images import of_recipe
from latentlab.core.errors import LatentlabError
from latentlab.core.runs.run import Run


def images_for(run: Run, dataset: str | None, data_dir: Path | None, reading: Reading | None = None) -> ImageSet:
    """Load images for a model.

    Parameters
    ----------
    run : Run
    dataset : str or None
        Their name; None for those that its recipe learned from.
    data_dir : Path or None
        Where downloaded sets lie; None for the usual place.
    reading : Reading, optional
        Who follows the reading of a person's own files, and may cancel it.

    Raises
    ------
    LatentlabError
        When they cannot be had, the model does not take them, or those that it learned from have changed since.
    """
    snapshot, settings = run.snapshot, run.recipe.data
    name = dataset or settings.dataset
    wanted = settings.model_copy(update={"dataset": name})
    images = registry.load_for(wanted, data_dir or registry.default_data_dir(), reading)
    if not dataset and (changed := run.changed_images(images)):
        raise LatentlabError(f"{changed[:-1]}; name them with --dataset to measure on them as they are now.")
    same = slice(0, 1) if snapshot.takes_any_size else slice(None)
    if images.image_shape[same] != snapshot.image_shape[same]:
        theirs, mine = (in_words(shape) for shape in (images.image_shape, snapshot.image_shape))
        raise LatentlabError(f"The images of '{name}' have {theirs}, but the run takes {mine}: choose others.")
    if snapshot.uses_labels and images.class_names != snapshot.class_names:
        raise LatentlabError(
            f"The classes of '{name}' are not those that the run's model is told: choose other images."
        )
    return images if dataset else of_recipe(images, snapshot.recipe)

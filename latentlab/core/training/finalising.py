"""A finished run made ready to be handed on: with what is found only after a training, without what only that needs."""

from __future__ import annotations

from dataclasses import replace

from latentlab.core.data.image_set import ImageSet
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.runs.run import Run, RunError
from latentlab.core.training.training_images import TrainingImages


def finalised(run: Run, data: ImageSet, prior: int | None = None) -> Run:
    """Fit a prior to a finished run where its recipe, or `prior`, asks for one, and calibrate a CVAE.

    Both come out as they would have at the end of its training, and its recipe says so: it repeats the result.

    Parameters
    ----------
    run : Run
    data : ImageSet
        The whole set that its recipe names.
    prior : int, optional
        Gaussians of the prior, in the place of what its recipe says.

    Returns
    -------
    Run
        Without what the optimiser has kept, a third as large in its file: whoever goes on from it does so from its
        weights, as from those of an earlier version.

    Raises
    ------
    LatentlabError
        When it is not finished, `data` are not what it learned from, or no prior can be fitted to it.
    """
    state = run.training
    if state is not None and state.state != "finished":
        raise RunError("The run is not finished: finish it with 'latentlab resume', or choose another one.")
    if changed := run.changed_images(data):
        raise RunError(changed)
    recipe = run.recipe if prior is None else run.recipe.with_changes({"training.fit_prior": prior})
    trained = run.snapshot
    snapshot = Snapshot(trained.run_id, recipe, trained.model, trained.class_names)
    TrainingImages.of(data, recipe, run).finish(snapshot, run.preparation)
    if state is not None and not state.parameters("last"):  # else its weights are not those of its last epoch
        state = state.model_copy(update={"tensors": {}})
    return replace(run, snapshot=snapshot, training=state)

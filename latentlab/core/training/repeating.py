"""Making a run again, by the trainings that made it, one after the other."""

from __future__ import annotations

from dataclasses import replace

from latentlab.core.data.image_set import ImageSet
from latentlab.core.runs.chain import Link
from latentlab.core.runs.run import Run, RunError
from latentlab.core.training.control import Control
from latentlab.core.training.provenance import made_with
from latentlab.core.training.trainer import Trainer

_COMPUTING = ("latentlab", "torch", "machine")  # of what `made_with` tells, what may round otherwise


def to_repeat(run: Run) -> tuple[Link, ...]:
    """Give the trainings that make a run again, the first one first.

    Raises
    ------
    RunError
        Where the file, of an earlier version, does not know them all.
    """
    links = run.trainings()
    known = [link for link in links[:-1] if link.has_state]
    if links[0].first_epoch or len(known) < len(links) - 1:
        begun_at = links[0].first_epoch or next(link.epochs for link in links if not link.has_state)
        epochs = "1 epoch" if begun_at == 1 else f"{begun_at} epochs"
        raise RunError(
            f"The run went on from an earlier run after {epochs}, and its file, of an earlier version, does not say "
            "what that was trained with: repeat the earlier one, then use --resume."
        )
    return links


def trainer_of(
    link: Link, data: ImageSet, before: Run | None, *, control: Control, run_id: str | None = None
) -> Trainer:
    """Give what repeats a training that was followed by another, and leaves it where it was left.

    Parameters
    ----------
    link : Link
    data : ImageSet
        What its recipe names.
    before : Run or None
        What the trainings before it came to.
    control : Control
    run_id : str, optional
    """
    return Trainer(link.recipe, data, run_id=run_id, control=control, start=before, repeats=link, until=link)


def as_ended(run: Run) -> Run:
    """Give a repeated training as one that was stopped where it was left: nobody has to finish it."""
    if run.training is None or run.training.state != "training":
        return run
    return replace(run, training=run.training.model_copy(update={"state": "stopped"}))


def is_of_other_images(link: Link, data: ImageSet) -> bool:
    """Whether a person's own images are not what they were then."""
    is_own = ":" in data.name and data.is_for(link.recipe.data)
    return is_own and link.fingerprint not in ("", data.fingerprint)


def unlike(link: Link, trainer: Trainer) -> str:
    """Say, in a sentence, why a repeated training will not be the same to the last bit; empty where it should be."""
    mine, now, parts = link.made_with, made_with(), []
    if link.device not in ("", trainer.device.type):
        parts.append(f"on {link.device}, now on {trainer.device.type}")
    elif None not in (threads := (link.threads, trainer.recipe.training.threads)) and threads[0] != threads[1]:
        then, now_with = map(_threads, threads)  # without a number of its own it computes as that did
        parts.append(f"with {then}, now with {now_with}")
    parts += [f"{name} {mine[name]}, now {now[name]}" for name in _COMPUTING if mine.get(name, now[name]) != now[name]]
    if not parts:
        return ""
    return f"The run was computed otherwise ({'; '.join(parts)}), so it may differ, by rounding at first."


def _threads(count: int | None) -> str:
    return "1 thread" if count == 1 else f"{count} threads"

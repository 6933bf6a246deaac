"""What is known of a run without reading it whole: what the head of its file says, and what a person says of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from latentlab.core.errors import LatentlabError, printable
from latentlab.core.runs.origin import Ancestor, Difference, ancestors_of, differences_of, plain_id
from latentlab.core.runs.run_group import RunGroup, group_of, in_words
from latentlab.core.runs.run_header import RunError, count_of_epochs, read_header
from latentlab.core.runs.run_notes import notes_of

State = Literal["finished", "stopped", "interrupted", "training"]


class KeptRun(NamedTuple):
    """A run in a folder; a tuple, as of thousands each is made anew whenever they are listed.

    Attributes
    ----------
    path : Path
    state : "finished", "stopped", "interrupted" or "training"
        Interrupted is one whose training was going on when its program ended.
    recipe, dataset : str
        Their names.
    epochs : int
        Whole ones, so far.
    of_epochs : int
        As many as there are when it is finished.
    test : dict or None
        The losses of the epoch whose model it has, nats per image: loss, reconstruction, kl and penalty, and the
        standard error of the loss, None where it is not known.
    started, saved : str
        In ISO 8601 with the zone; empty in the files of earlier versions.
    seconds : float or None
        That steps and tests took; None in the files of earlier versions.
    kind : str
        ``"vae"``, ``"cvae"`` or ``"autoencoder"``.
    latent : int
        Dimensions.
    run : str
        Its id.
    ancestors : list of [str, int]
        The runs that it went on from or was branched from, the last one first: id, empty where nobody knows, and
        after how many epochs.
    differs : list of [str, str, str]
        The settings that are others than those of the run that it came from: key, its value there, and its own.
    yardstick : str
        What its test figures were measured with, as `Yardstick.written` gives it: they are compared with those of runs
        where it is the same. Empty where nobody knows.
    title, notes : str
        What a person calls it, and says of it; empty where nothing.
    group : RunGroup or None
        The sweep that it is one of, and what of it this run has.
    moment : float
        When it was saved, in seconds since 1970; 0 where the file does not say.
    size : int
        Of the file, in bytes.
    stamp : str
        Another one whenever the file is another.
    """

    path: Path
    state: State
    recipe: str
    dataset: str
    epochs: int
    of_epochs: int
    test: dict[str, float | None] | None
    started: str
    saved: str
    seconds: float | None = None
    kind: str = ""
    latent: int = 0
    run: str = ""
    ancestors: list[Ancestor] = []  # noqa: RUF012 - nobody writes to it
    differs: list[Difference] = []  # noqa: RUF012
    yardstick: str = ""
    title: str = ""
    notes: str = ""
    group: RunGroup | None = None
    moment: float = 0.0
    size: int = 0
    stamp: str = ""

    @property
    def name(self) -> str:
        """What it is called: its title, or what it has of what its sweep varies, or as its file."""
        return self.title or (in_words(self.group["settings"]) if self.group else "") or printable(self.path.stem)

    @property
    def negative_elbo(self) -> float | None:
        """Reconstruction + KL of its test images, nats per image; None of an autoencoder, and before a test."""
        if self.test is None or self.kind == "autoencoder":
            return None
        return (self.test["reconstruction"] or 0.0) + (self.test["kl"] or 0.0)

    @property
    def origin(self) -> tuple[str, int] | None:
        """The id of the run that it came from, empty where nobody knows, and after how many epochs, if it did."""
        return (self.ancestors[0][0], self.ancestors[0][1]) if self.ancestors else None


def read_kept(path: Path) -> KeptRun:
    """Tell what the files of a run say; one in whose file a training goes on is `training`, whether or not it does.

    Raises
    ------
    RunError
        When it is no run.
    """
    values = read_header(path).values
    try:
        training = values.get("training") or {}
        recipe, history = values["recipe"], values["history"]
        epochs, model = count_of_epochs(values["epochs"]), recipe.get("model", {})
        state = training.get("state", "finished")
        if state not in ("training", "stopped", "finished"):
            raise ValueError("no state of a training")
        found = KeptRun(
            path=path,
            state=state,
            recipe=printable(str(recipe["name"])),
            dataset=printable(str(recipe["data"]["dataset"])),
            epochs=epochs,
            of_epochs=count_of_epochs(training.get("last_epoch", epochs)),
            test=_losses(_shown_epoch(history, training), recipe) if history else None,
            started=str(training.get("started", "")),
            saved=str(training.get("saved", "")),
            moment=_moment(str(training.get("saved", ""))),
            seconds=_seconds(training),
            kind=printable(str(model.get("kind", ""))),
            latent=int(model.get("latent", 0)),
            run=plain_id(values.get("run", "")),
            ancestors=ancestors_of(values),
            differs=differences_of(values),
            group=group_of(values.get("group")),
            yardstick=_yardstick(recipe, _shown_epoch(history, training)) if history else "",
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise RunError(f"{path} is damaged: its parts do not fit each other. Use another copy of it.") from error
    said = notes_of(path)
    return found._replace(title=said.title, notes=said.notes)


def _shown_epoch(history: list[dict[str, Any]], training: dict[str, Any]) -> dict[str, Any]:
    """Give the epoch whose model a file has: the last, or the best once a training with a patience has ended."""
    best = training.get("best_epoch") if training.get("state") != "training" else None
    return next((ended for ended in history if ended["epoch"] == best), history[-1])


def _losses(ended: dict[str, Any], recipe: dict[str, Any]) -> dict[str, float | None]:
    """Give the test losses of an epoch; earlier versions told them with the beta then in force."""
    stored = ended["test"]
    names = ("loss", "reconstruction", "kl")
    losses = {name: float(stored[name]) for name in names} | {"penalty": float(stored.get("penalty", 0))}
    if "objective" not in ended:
        beta = float(recipe.get("loss", {}).get("beta", 1))
        losses["loss"] = losses["reconstruction"] + beta * losses["kl"] + losses["penalty"]
    error = stored.get("standard_error")
    return {**losses, "standard_error": None if error is None else float(error)}


def _yardstick(recipe: dict[str, Any], ended: dict[str, Any]) -> str:
    """Give what an epoch's test was measured with; earlier versions tested at the temperature of training."""
    # Not above: to import them takes as long as to list thousands of runs.
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.runs.yardstick import Yardstick

    try:
        known = Recipe.from_dict(recipe)
        temperature = float(ended.get("temperatures", (0, known.sampling_temperature))[1])
        return Yardstick.of(known, temperature).written()
    except LatentlabError:  # of a later version
        return ""


def _seconds(training: dict[str, Any]) -> float | None:
    if "step_seconds" not in training:
        return None
    return float(training["step_seconds"]) + float(training.get("test_seconds", 0))


def _moment(stored: str) -> float:
    """Give a time as a number: zones change, if only from winter to summer."""
    try:
        return datetime.fromisoformat(stored).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0

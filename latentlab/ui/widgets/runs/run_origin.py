"""What is said of where a run came from: which run, at which epoch, and which settings are others."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from latentlab.core.errors import printable
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.origin import Difference

translate = QCoreApplication.translate


def differences_in_words(run: KeptRun) -> str:
    """Say which settings are others than in the run that one came from."""
    return settings_in_words(run.differs)


def settings_in_words(differs: Sequence[Difference]) -> str:
    """Say what was changed, by the last part of each key."""
    text = translate("Collection", "{setting} {before} → {since}")
    return ", ".join(
        text.format(setting=key.rpartition(".")[2], before=before, since=since) for key, before, since in differs
    )


def origin_in_words(run: KeptRun) -> str:
    """Say, in a few words, at which epoch a run began, and what is other since; nothing of a new one."""
    if run.origin is None:
        return ""
    text = translate("Collection", "from epoch {epoch}").format(epoch=run.origin[1])
    changed = differences_in_words(run)
    return f"{text}: {changed}" if changed else text


def came_from_in_words(run: KeptRun, source: KeptRun | None) -> list[str]:
    """Say it in lines; none of a new run.

    Parameters
    ----------
    run, source : KeptRun
        That it came from, if it is there; one before that, where that is not; or the run that it is a copy or an
        earlier epoch of.
    """
    if source is not None and source.run == run.run:
        text = translate("Collection", "{name} as it was after epoch {epoch}")
        return [text.format(name=printable(source.name), epoch=run.epochs)]
    if run.origin is None:
        return []
    run_id, epoch = run.origin
    if source is None:
        text = translate("Collection", "From epoch {epoch} of a run that is not here")
    elif source.run == run_id:
        text = translate("Collection", "From epoch {epoch} of {name}")
    else:
        text = translate("Collection", "From epoch {epoch} of a run that is not here, which came from {name}")
    lines = [text.format(epoch=epoch, name="" if source is None else printable(source.name))]
    if changed := differences_in_words(run):
        lines.append(translate("Collection", "Changed: {settings}").format(settings=changed))
    return lines

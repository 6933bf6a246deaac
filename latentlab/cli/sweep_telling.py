"""What a sweep tells of its runs as they end, and in the end of all of them: a table, or JSON."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentlab.cli import terminal

if TYPE_CHECKING:
    from latentlab.core.map.sweep_table import SweepTable
    from latentlab.core.runs.comparison_table import Spread
    from latentlab.core.runs.kept_run import KeptRun
    from latentlab.core.training.sweep_plan import Member, SweepPlan
    from latentlab.core.training.sweep_run import SweepEvent

_TITLES = {
    "negative_elbo": "−ELBO",
    "loss": "Loss",
    "reconstruction": "Reconstruction",
    "kl": "KL",
    "penalty": "Penalty",
}


class Told:
    """Tells, as runs end, how, and in the end what they have come to."""

    def __init__(self, plan: SweepPlan, as_json: bool) -> None:
        self.plan, self._as_json = plan, as_json
        self._finished: list[KeptRun] = []
        self._failed: list[tuple[Member, str]] = []

    @property
    def done(self) -> str:
        """How many are finished, in words."""
        return f"{len(self._finished)} of {self.plan.count} runs are finished"

    @property
    def again(self) -> str:
        """What goes on with the sweep, in words."""
        return f"latentlab sweep --resume {self.plan.name}, or the same command again,"

    def begin(self, how: str, folder: Path) -> None:
        """Tell what is to be trained, and where."""
        plan = self.plan
        threads = max(member.recipe.training.threads or 1 for member in plan.members)
        each = "1 thread" if threads == 1 else f"{threads} threads"
        terminal.say(f"{plan.name}: {plan.count} runs, {how} with {each} each, kept in {folder}.")

    def take(self, event: SweepEvent) -> None:
        """Tell how a run has ended."""
        member = event.member
        if event.what == "awaited":
            terminal.say(f"{member.words} is trained by a process of before, which ends by itself.")
        if event.what not in ("finished", "failed", "stopped"):
            return
        if event.run is not None and event.what == "finished":
            self._finished.append(event.run)
        elif event.what == "failed":
            self._failed.append((member, event.problem))
            terminal.say(f"latentlab: {member.words} failed: {event.problem}")
        if self._as_json:
            self._write(event)
        elif event.run is not None and event.what == "finished":
            terminal.say(f"[{len(self._finished)}/{self.plan.count}] {member.words}: {_summary(event.run)}")

    def end(self, seconds: float, left: tuple[str, int] | None = None) -> int:
        """Tell the table; give the exit status.

        Parameters
        ----------
        seconds : float
        left : (str, int), optional
            What is said, and the status, where some runs have not ended.
        """
        from latentlab.core.map.sweep_table import table_of

        plan, table = self.plan, table_of(self.plan, self._finished)
        count_left = plan.count - len(self._finished) - len(self._failed)
        if self._as_json:
            terminal.write_json(
                event="finished",
                sweep=plan.name,
                id=plan.id,
                runs=plan.count,
                finished=len(self._finished),
                failed=[{"number": member.number, "problem": problem} for member, problem in self._failed],
                table=[_row(table, number) for number in range(len(table.rows))],
                stopped=count_left > 0,
                not_compared=table.not_compared or None,
                seconds=seconds,
            )
        else:
            _write_table(table)
        if count_left:
            said, status = left or (f"Interrupted: {self.done}; {self.again} goes on from there.", terminal.INTERRUPTED)
            terminal.say(said)
            return status
        if self._failed:
            terminal.say(f"{self.done}, {len(self._failed)} failed; {self.again} tries them again.")
            return 1
        terminal.say(f"{self.done}, in {terminal.clock(seconds)}.")
        return 0

    def _write(self, event: SweepEvent) -> None:
        member, run = event.member, event.run
        terminal.write_json(
            event="run",
            sweep=self.plan.name,
            number=member.number,
            of=self.plan.count,
            path=None if run is None else str(run.path),
            settings=member.group["settings"],
            state=event.what,
            earlier=event.is_earlier,
            epochs=None if run is None else run.epochs,
            test=None if run is None else run.test,
            seconds=None if run is None else run.seconds,
            problem=event.problem or None,
        )


def _summary(run: KeptRun) -> str:
    if run.test is None:
        return "no test"
    test = run.test
    if run.kind == "autoencoder":
        return f"reconstruction {test['reconstruction']:.2f}"
    return f"−ELBO {run.negative_elbo:.2f}, KL {test['kl']:.2f}"


def _row(table: SweepTable, number: int) -> dict[str, Any]:
    row = table.rows[number]
    return {
        "settings": row.settings,
        "runs": row.runs,
        "of": row.of,
        "compares": number not in table.marked,
        **{name: dataclasses.asdict(spread) for name, spread in row.figures.items()},
        "seconds": None if row.seconds is None else dataclasses.asdict(row.seconds),
    }


def _write_table(table: SweepTable) -> None:
    """Write a row for each combination; a star marks figures that do not compare with those of the first."""
    from latentlab.core.runs.run_group import short

    keys, figures = list(table.rows[0].settings), table.figures
    header = [*map(short, keys), "Runs", *(_TITLES[name] for name in figures), "Seconds"]
    rows = []
    for number, row in enumerate(table.rows):
        star = "*" if number in table.marked else ""
        runs = f"{row.runs}" if row.runs == row.of else f"{row.runs} of {row.of}"
        cells = [_cell(row.figures.get(name), star) for name in figures]
        rows.append([*row.settings.values(), runs, *cells, _cell(row.seconds, "", digits=1)])
    terminal.write_table(header, rows)
    if figures:
        terminal.say("Test figures in nats per image: the mean over seeds ± their standard deviation.")
    if table.not_compared:
        terminal.say(f"* {table.not_compared}")
    elif figures and "loss" not in figures:
        terminal.say("Losses are left out: their terms have other weights in other rows.")


def _cell(spread: Spread | None, star: str, digits: int = 2) -> str:
    if spread is None:
        return ""
    error = "" if spread.deviation is None else f" ± {spread.deviation:.{digits}f}"
    return f"{spread.mean:.{digits}f}{error}{star}"

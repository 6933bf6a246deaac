"""Programs that stand for Slurm's `sbatch` and `squeue`: an array's tasks are processes of this machine.

The folder FAKE_SLURM has a folder a job, in it a file for each task that runs or waits; as long as it has a file
`hold`, no task begins.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path


def sbatch(state, arguments):
    script = Path(arguments[-1])
    options = options_of(script)
    if "none" in (options.get("--partition"), options.get("-p")):
        sys.exit("sbatch: error: invalid partition specified: none\nsbatch: error: Batch job submission failed.")
    job = str(100 + sum(1 for _ in state.glob("[0-9]*")))
    (state / job).mkdir()
    spec, _, most = options["--array"].partition("%")
    for part in spec.split(","):
        first, _, last = part.partition("-")
        for number in range(int(first), int(last or first) + 1):
            (state / job / str(number)).write_text("PD")
    (state / job / "job.json").write_text(json.dumps({"options": options, "text": script.read_text()}))
    (state / job / "script").write_bytes(script.read_bytes())  # as Slurm does, it may be another one by then
    command = [sys.executable, "-S", __file__, "run", job, most or "1000"]
    apart = {"start_new_session": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **apart)
    (state / job / "pid").write_text(str(process.pid))
    sys.stdout.write(f"{job}\n")


def run(state, arguments):
    job, most = state / arguments[0], int(arguments[1])
    options = options_of(job / "script")
    going = {}
    waiting = sorted((int(each.name) for each in job.glob("[0-9]*")), reverse=True)
    while going or waiting:
        for number, process in list(going.items()):
            if process.poll() is not None:
                del going[number]
                (job / str(number)).unlink()
        while waiting and len(going) < most and not (state / "hold").exists():
            number = waiting.pop()
            told = "%".join(part.replace("%a", str(number)) for part in options["--output"].split("%%"))
            environment = os.environ | {"SLURM_ARRAY_TASK_ID": str(number), "SLURM_ARRAY_JOB_ID": job.name}
            with Path(told).open("w") as out:
                going[number] = subprocess.Popen(
                    ["bash", str(job / "script")], stdout=out, stderr=subprocess.STDOUT, env=environment, cwd="/"
                )
            (job / str(number)).write_text(f"R {going[number].pid}")
        time.sleep(0.005)


def squeue(state, arguments):
    if (state / "busy").exists():
        sys.exit("slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
    (name,) = (each.removeprefix("--name=") for each in arguments if each.startswith("--name="))
    for job in sorted(state.glob("[0-9]*")):
        if json.loads((job / "job.json").read_text())["options"]["--job-name"] == name:
            for task in sorted(job.glob("[0-9]*")):
                sys.stdout.write(f"{job.name} {task.name} {task.read_text()[:2].strip()}\n")


def options_of(script):
    """Read the options in a script as Slurm does: its lines that begin with #SBATCH, before the first command."""
    found = {}
    for line in script.read_text().splitlines():
        if not line.startswith("#"):
            break
        if line.startswith("#SBATCH "):
            before = None
            for word in shlex.split(line.removeprefix("#SBATCH ")):
                if word.startswith("-"):
                    before, _, value = word.partition("=")
                    found[before] = value
                else:
                    found[before] = word
    return found


def task(arguments):
    """Stand for `python -m latentlab sweep --task`: the runs are those that a file names by their numbers."""
    sys.path[:0] = [str(Path(__file__).parents[3]), str(Path(__file__).parent)]
    import fake_trainer

    known = json.loads(Path(os.environ["FAKE_RUNS"]).read_text())
    path, group = known[arguments[arguments.index("--task") + 1]]
    fake_trainer.main(Path(path), group)


def install(folder, monkeypatch, runs=None):
    """Put the programs in the way, and give the folder of what they know; the tasks are played where there are runs."""
    state = folder / "slurm"
    state.mkdir()
    monkeypatch.setenv("FAKE_SLURM", str(state))
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    (folder / "bin").mkdir()
    for name in ("sbatch", "squeue"):
        write_program(folder / "bin" / name, name)
    if runs is not None:
        (folder / "runs.json").write_text(json.dumps(runs))
        monkeypatch.setenv("FAKE_RUNS", str(folder / "runs.json"))
        write_program(folder / "bin" / "it's $a python", "task")
        monkeypatch.setattr(
            "latentlab.core.training.sweep_slurm.sys.executable", str(folder / "bin" / "it's $a python")
        )
    return state


@contextmanager
def installed(folder, monkeypatch, runs=None):
    """Do something while there is this Slurm, which is looked at often: see `install`; what runs still ends with it."""
    looks = "latentlab.core.training.sweep_slurm"
    monkeypatch.setattr(f"{looks}._PAUSE", 0.01)
    monkeypatch.setattr(f"{looks}._QUEUE_SECONDS", 0.02)
    state = install(folder, monkeypatch, runs)
    try:
        yield state
    finally:
        shut_down(state)


def played(plan, workspace):
    """Give what `install` takes to have the runs of a sweep played."""
    return {each.number: (str(workspace / each.file_name), each.group) for each in plan.members}


def have_none(folder, monkeypatch):
    """See that there is no Slurm, whatever this machine has: nothing but a shell is found."""
    only = folder / "only a shell"
    only.mkdir()
    (only / "bash").symlink_to(shutil.which("bash"))
    monkeypatch.setenv("PATH", str(only))


def write_program(path, what):
    path.write_text(f'#!/bin/bash\nexec {shlex.quote(sys.executable)} -S {shlex.quote(__file__)} {what} "$@"\n')
    path.chmod(0o755)


def shut_down(state):
    """End what runs still."""
    import signal
    from contextlib import suppress

    for pid in state.glob("*/pid"):
        with suppress(ProcessLookupError):
            os.killpg(int(pid.read_text()), signal.SIGKILL)


def submitted(state):
    """Give what each job was of, as it was written."""
    known = [json.loads((job / "job.json").read_text()) for job in sorted(state.glob("[0-9]*"))]
    return [each["options"] for each in known]


def pid_of(state, number):
    """Give the process of a task that runs."""
    (file,) = state.glob(f"*/{number}")
    return int(re.fullmatch(r"R (\d+)", file.read_text())[1])


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "task":
        task(rest)
    else:
        {"sbatch": sbatch, "squeue": squeue, "run": run}[what](Path(os.environ["FAKE_SLURM"]), rest)

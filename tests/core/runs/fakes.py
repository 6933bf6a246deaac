"""Files whose heads are those of runs, made in a moment: there are no weights in them."""

import json
import struct

from latentlab.core.runs.run_header import FORMAT


def fake_run(
    path,
    *,
    epochs=3,
    loss=100.0,
    recipe="small",
    dataset="tiny",
    run="x",
    came_from=(),
    beta=1.0,
    group=None,
    **training,
):
    """Write a file that lists as a run; it may have come from others, each an id and an epoch, the first one first."""
    losses = {"loss": loss, "reconstruction": loss - 10, "kl": 10.0, "penalty": 0.0}
    history = [
        {"run_id": "x", "epoch": number + 1, "train": losses, "test": losses, "is_best": True, "objective": loss}
        for number in range(epochs)
    ]
    known = {"state": "finished", "last_epoch": epochs, "started": "", "saved": "2030-01-01T00:00:00+00:00"}
    settings = {"name": recipe, "data": {"dataset": dataset}, "model": {"kind": "vae", "latent": 2}}
    values = {
        "run": run,
        "recipe": settings | {"loss": {"beta": beta}},
        "chain": [
            {"recipe": settings, "first_epoch": 0, "epochs": epoch, "steps_done": 0, "run_id": run_id}
            for run_id, epoch in came_from
        ],
        "class_names": ["a", "b"],
        "epochs": epochs,
        "history": history,
        "changes": [],
        "training": known | {"step_seconds": 10.0, "test_seconds": 2.0} | training,
    }
    if group is not None:
        values["group"] = group
    head = {"__metadata__": {"format": FORMAT} | {key: json.dumps(value) for key, value in values.items()}}
    stored = json.dumps(head).encode()
    partial = path.with_name(f".{path.name}.new")  # a new file takes its place, as a run does
    partial.write_bytes(struct.pack("<Q", len(stored)) + stored)
    partial.replace(path)
    return path

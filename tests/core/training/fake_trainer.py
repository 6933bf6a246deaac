"""A program that stands for `latentlab train` and `latentlab resume` of a sweep's run, and takes a moment.

What it does is said in a file beside the run: it fails, dies, waits until the file is gone, or ends well.
"""

import json
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))


def main(path, group):
    from tests.core.runs.fakes import fake_run

    def say(**words):
        sys.stdout.write(json.dumps(words) + "\n")
        sys.stdout.flush()

    todo = path.with_suffix(".todo")
    said = todo.read_text() if todo.exists() else ""
    say(event="started", first_epoch=0, epochs=3)
    if said == "fail":
        sys.exit("latentlab: It cannot be trained.")
    if said == "die":
        signal.raise_signal(signal.SIGKILL)

    def stop(number, frame):
        fake_run(path, epochs=1, group=group, state="stopped", last_epoch=3)
        sys.exit(143)

    signal.signal(signal.SIGTERM, stop)
    say(event="epoch", epoch=1)
    while said == "wait" and todo.exists():
        time.sleep(0.005)
    fake_run(path, epochs=3, group=group)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))

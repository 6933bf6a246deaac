"""What a training says on the way, read as its file grows."""

import json

from latentlab.core.training.words import Words, size_of


def say(file, *lines):
    with file.open("a") as opened:
        opened.write("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))


def test_how_far_it_is_and_what_went_wrong_is_read_as_it_comes(tmp_path):
    file = tmp_path / "1.words"
    words = Words(file)
    assert not words.look()
    say(file, "Reading images\n", {"event": "started", "first_epoch": 2, "epochs": 9}, '{"event": "epo')
    assert words.look()
    assert (words.epochs, words.of_epochs, words.last, words.problem) == (2, 9, "Reading images", "")
    say(file, 'ch", "epoch": 3}\n{"event": 3}\n[]\n{broken\nlatentlab: No room.\n')
    assert words.look()
    assert (words.epochs, words.problem, words.has_finished) == (3, "No room.", False)
    say(file, {"event": "finished"}, "slurmstepd: error: *** JOB 7 CANCELLED DUE TO TIME LIMIT ***\n")
    assert not words.look()
    assert (words.has_finished, words.problem) == (True, "*** JOB 7 CANCELLED DUE TO TIME LIMIT ***")


def test_what_was_said_before_is_passed_over_and_a_file_that_is_begun_anew_is_read_from_its_start(tmp_path):
    file = tmp_path / "1.words"
    say(file, "latentlab: Of an earlier training, which had much to say.\n" * 3, {"event": "finished"})
    words = Words(file, size_of(file))
    assert not words.look()
    assert words.problem == ""
    file.write_text("")
    say(file, {"event": "started", "first_epoch": 0, "epochs": 4})
    assert words.look()
    assert (words.of_epochs, words.has_finished) == (4, False)
    assert size_of(tmp_path / "none") == 0

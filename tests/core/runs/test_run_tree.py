"""Runs as a tree: each once, below the nearest that it came from, whatever files say of themselves."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.runs.collection import matching, ordered
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.run_tree import planted, sources


def run(name, run_id="", *ancestors, epochs=1, moment=0.0):
    """Give a run; the one that it came from first."""
    found = KeptRun(Path(f"/runs/{name}.safetensors"), "finished", "small", "tiny", epochs, epochs, None, "", "")
    return found._replace(run=run_id, ancestors=[[each, 1] for each in ancestors], moment=moment)


def drawn(shown, runs=None):
    """Give the tree as text: a line for each run, indented."""
    return ["  " * each.depth + each.run.name for each in planted(shown, shown if runs is None else runs)]


def test_what_came_from_a_run_is_below_it_and_a_family_stands_where_its_first_would():
    a, b, c = run("a", "A"), run("b", "B", "A"), run("c", "C", "B", "A")
    d, e = run("d", "D", "A"), run("e", "E")
    assert drawn([a, b, c, d, e]) == ["a", "  b", "    c", "  d", "e"]
    assert drawn([e, c, d, b, a]) == ["e", "a", "  b", "    c", "  d"]
    assert drawn([d, e, c, b, a]) == ["a", "  d", "  b", "    c", "e"]
    assert [each.is_last for each in planted([a, b, c, d], [a, b, c, d])][1:] == [False, True, True]


def test_one_that_is_gone_or_not_shown_stands_for_nothing_but_a_way():
    a, b, c = run("a", "A"), run("b", "B", "A"), run("c", "C", "B", "A")
    assert drawn([a, c]) == ["a", "  c"]  # b is deleted: c tells that it came from a before
    assert drawn([c, a], [a, b, c]) == ["a", "  c"]  # b has none of the words
    assert drawn([c], [a, b, c]) == ["c"]
    (alone,) = planted([c], [a, b, c])
    assert alone.source == b
    unknown = run("u", "U", "")
    assert drawn([a, unknown, run("no id")]) == ["a", "u", "no id"]


def test_earlier_epochs_and_copies_of_a_run_are_below_it():
    a, early = run("a", "A", epochs=9, moment=5.0), run("a-epoch3", "A", epochs=3, moment=2.0)
    copied, child = run("copy", "A", epochs=9, moment=5.0), run("child", "B", "A")
    assert drawn([early, copied, a, child]) == ["a", "  a-epoch3", "  copy", "  child"]
    assert sources([early, a]) == [a, None]


def test_those_that_say_they_came_from_each_other_are_listed_all_the_same():
    a, b, c = run("a", "A", "B"), run("b", "B", "A"), run("c", "C", "C")
    assert drawn([a, b, c]) == ["a", "  b", "c"]
    assert drawn([c], [a, b, c]) == ["c"]
    lost = run("d", "D", "A")
    assert drawn([lost], [a, b, lost]) == ["d"]


IDS = st.sampled_from(["", "A", "B", "C", "D", "E"])


@st.composite
def collections(draw):
    count = draw(st.integers(0, 9))
    return [
        run(
            draw(st.sampled_from(["x", "y"])) + str(number),
            draw(IDS),
            *draw(st.lists(IDS, max_size=3)),
            epochs=draw(st.integers(0, 3)),
            moment=float(draw(st.integers(0, 3))),
        )
        for number in range(count)
    ]


@given(collections(), st.sampled_from(["", "x", "y"]), st.sampled_from(["name", "epochs", "saved"]), st.booleans())
def test_whatever_files_say_each_is_there_once_below_one_that_it_came_from(runs, words, by, is_reversed):
    shown = ordered(matching(runs, words), by, is_reversed=is_reversed)
    found = planted(shown, runs)
    assert sorted(each.run.path for each in found) == sorted(each.path for each in shown)
    source = {run.path: came_from for run, came_from in zip(runs, sources(runs), strict=True)}
    above = []
    for each in found:
        assert each.depth <= len(above)
        del above[each.depth :]
        if above:
            assert above[-1].path in origins(each.run, source)
        above.append(each.run)
        assert each.source == source[each.run.path]
    if found:  # the first of all is the first leaf of the first family
        top = next(number for number, each in enumerate(found) if each.run.path == shown[0].path)
        assert [each.depth for each in found[: top + 1]] == list(range(top + 1))


def origins(run, source):
    """Give all that a run came from, by one step after the other."""
    found, here = [], source[run.path]
    while here is not None and here.path not in found:
        found.append(here.path)
        here = source[here.path]
    return found

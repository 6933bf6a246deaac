"""Commands are found by parts of their names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.ui.window.commands.finding import find, folded

NAMES = [
    "Select by lasso",
    "Show all points",
    "Select all",
    "Save run as…",
    "Save run",
    "Small shapes",
    "Train",
    "Train on the selected",
]
names = st.text(max_size=30)


def best(typed):
    found = {name: match for name in NAMES if (match := find(typed, name))}
    return max(found, key=lambda name: found[name].score)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("sap", "Show all points"),
        ("selall", "Select all"),
        ("sra", "Save run as…"),
        ("all sel", "Select all"),
        ("TRAIN", "Train"),
        ("tots", "Train on the selected"),
        ("shape", "Small shapes"),
        ("points", "Show all points"),
        ("sel", "Select by lasso"),
    ],
)
def test_initials_beginnings_and_what_is_contiguous_come_first(typed, name):
    assert best(typed) == name


def test_words_are_found_in_the_path_too_and_count_less_there():
    assert find("dark theme", "Dark", "View › Theme")
    assert find("theme", "Dark", "View › Theme").score < find("theme", "Theme", "View").score
    assert find("theme", "Dark", "View › Theme").places == ()
    assert find("x", "Dark", "View › Theme") is None


def test_case_and_accents_do_not_count():
    assert find("uber", "Über latentlab").places == (0, 1, 2, 3)


@given(names)
def test_nothing_typed_finds_everything(name):
    assert find(" ", name) == (0.0, ())


@given(names, st.data())
def test_what_is_found_are_the_letters_typed_in_their_order(name, data):
    places = data.draw(st.sets(st.integers(0, max(0, len(name) - 1)))) if name else set()
    typed = "".join(name[place] for place in sorted(places))
    match = find(typed, name)
    assert match is not None
    if len(typed.split()) == 1 and typed == typed.strip():
        assert "".join(folded(name)[place] for place in match.places) == folded(typed)


@given(names, names, names)
def test_a_letter_more_never_finds_more(typed, more, name):
    if " " not in typed + more and find(typed + more, name):
        assert find(typed, name)


@given(names)
def test_no_other_subsequence_as_long_beats_the_whole_name(name):
    word = "".join(letter for letter in folded(name) if letter.isalnum())
    whole = find(word, word)
    scattered = find(word, "-" + " ".join(word) if len(word) < 2 else "-x".join(word))
    assert not word or scattered is None or whole.score >= scattered.score


@given(names)
def test_folding_keeps_each_letter_in_its_place(name):
    assert len(folded(name)) == len(name)

"""Names that any terminal, file and label takes, and the way back from them to files."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.errors import LatentlabError, printable, ranges
from latentlab.core.files import named


@given(st.text(st.characters()))
def test_any_name_is_one_line_of_utf8(name):
    told = printable(name)
    told.encode()
    assert len(told.splitlines()) <= 1
    assert printable(told) == told


@given(st.binary())
def test_any_bytes_are_told_apart_and_found_again(content):
    name = content.decode("utf-8", "surrogateescape")
    told = printable(name)
    back = re.sub(r"\\x([89a-f][0-9a-f])", lambda found: chr(0xDC00 + int(found[1], 16)), told)
    back = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), back)
    assert back == name or b"\\" in content


@pytest.mark.parametrize("name", ["plain", "日本", "a b", "👩\u200d🔬", "Straße/ÄÖ"])
def test_names_that_are_well_stay_as_they_are(name):
    assert printable(name) == name


def test_a_sentence_is_one_line_whatever_it_names():
    assert str(LatentlabError("'a\nb\udce9' is not there.")) == "'a\\u000ab\\xe9' is not there."


@given(st.sets(st.integers(0, 60)))
def test_ranges_name_each_number_once_and_as_few_as_there_are_gaps(numbers):
    said = ranges(sorted(numbers))
    ends = [tuple(map(int, each.split("-"))) for each in said]
    assert [number for each in ends for number in range(each[0], each[-1] + 1)] == sorted(numbers)
    assert len(said) == sum(number - 1 not in numbers for number in numbers)


def test_a_path_is_found_by_what_is_told_of_it(tmp_path, monkeypatch):
    assert named("~/x") == Path.home() / "x"
    assert named(str(tmp_path / "none\\xe9")) == tmp_path / "none\\xe9"
    try:
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xe9\n"))
        path.touch()
    except OSError:
        pytest.skip("This system has no such names.")
    assert named(printable(str(path))) == path
    (tmp_path / "a\\xe9\\u000a").touch()  # a file that is really called so
    assert named(printable(str(path))) == tmp_path / "a\\xe9\\u000a"

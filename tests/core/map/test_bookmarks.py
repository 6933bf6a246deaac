"""Bookmarks on the disk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.map import bookmarks
from latentlab.core.map.axes import BetweenClasses, BetweenImages, Component, Dimension, PlaneAxes
from latentlab.core.map.bookmarks import Bookmark, BookmarksError

FINITE = st.floats(allow_nan=False, allow_infinity=False)
NUMBER = st.integers(0, 300)
AXES = st.one_of(
    st.none(),
    st.builds(Dimension, NUMBER),
    st.builds(Component, NUMBER),
    st.builds(BetweenImages, NUMBER, NUMBER),
    st.builds(BetweenClasses, NUMBER, NUMBER),
)
PLACES = st.tuples(
    st.text(),
    st.tuples(FINITE, FINITE, FINITE, FINITE),
    st.lists(FINITE, max_size=4).map(tuple),
    st.builds(PlaneAxes, AXES, AXES),
)


@given(places=st.lists(PLACES, max_size=4), run_id=st.text())
def test_what_is_kept_comes_back(tmp_path_factory, places, run_id):
    folder = tmp_path_factory.mktemp("bookmarks") / "new"
    kept = tuple(Bookmark.at(*place) for place in places)
    bookmarks.save(folder, run_id, kept)
    assert bookmarks.load(folder, run_id) == kept
    assert [mark.axes for mark in kept] == [axes for *_, axes in places]
    assert bookmarks.load(folder, run_id + "x") == ()


def test_without_any_there_is_no_file(tmp_path):
    bookmarks.save(tmp_path, "r", (Bookmark(name="here", extent=(0, 1, 0, 1)),))
    bookmarks.save(tmp_path, "r", ())
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_put_aside_and_told(tmp_path):
    bookmarks.save(tmp_path, "r", (Bookmark(name="here", extent=(0, 1, 0, 1)),))
    (path,) = tmp_path.iterdir()
    path.write_text('[{"name": 3')
    with pytest.raises(BookmarksError, match="put aside"):
        bookmarks.load(tmp_path, "r")
    assert bookmarks.load(tmp_path, "r") == ()
    assert path.with_suffix(".damaged").read_text() == '[{"name": 3'


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BookmarksError, match="could not be kept"):
        bookmarks.save(tmp_path / "file" / "in", "r", (Bookmark(name="here", extent=(0, 1, 0, 1)),))

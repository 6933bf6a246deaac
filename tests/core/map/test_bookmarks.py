"""Bookmarks on the disk."""

from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.map import bookmarks
from latentlab.core.map.axes import BetweenClasses, BetweenImages, Component, Dimension, PlaneAxes
from latentlab.core.map.bookmarks import Bookmark

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


@given(places=st.lists(PLACES, max_size=4), run_id=st.text(st.characters()))
def test_what_is_kept_comes_back(tmp_path_factory, places, run_id):
    folder = tmp_path_factory.mktemp("bookmarks") / "new"
    kept = tuple(Bookmark.at(*place) for place in places)
    of_run = bookmarks.of_run(folder, run_id)
    assert of_run.change(lambda before: kept) == kept
    assert of_run.load() == kept
    assert [mark.axes for mark in kept] == [axes for *_, axes in places]
    assert bookmarks.of_run(folder, run_id + "x").load() == ()


def test_a_bookmark_may_have_any_name_that_one_can_paste():
    assert Bookmark.at("\ud800\n", (0, 1, 0, 1), (), PlaneAxes(None, None)).name == "\\ud800\\u000a"

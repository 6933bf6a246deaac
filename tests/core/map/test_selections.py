"""Named selections in their files."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.map import selections
from latentlab.core.map.selections import NamedSelection, SelectionsError


@settings(max_examples=30)
@given(
    kept=st.lists(
        st.builds(
            NamedSelection, name=st.text(min_size=1).filter(str.isprintable), images=st.lists(st.integers(0, 10**7))
        ),
        max_size=4,
    ).map(tuple)
)
def test_what_is_kept_is_read_back(tmp_path_factory, kept):
    folder = tmp_path_factory.mktemp("selections") / "new"
    of_set = selections.of_dataset(folder, "mnist")
    assert of_set.load() == ()
    assert of_set.change(lambda before: kept) == kept
    assert of_set.load() == kept
    assert selections.of_dataset(folder, "array:/somewhere/mnist.npz").load() == ()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b'{"dataset": "mnist"}',
     b'{"dataset": "mnist", "selections": [{"name": "odd", "images": [1, -1]}]}',
     b'{"dataset": "mnist", "selections": [{"name": "", "images": []}]}'],
)  # fmt: skip
def test_what_holds_no_selections_is_damaged(tmp_path, content):
    of_set = selections.of_dataset(tmp_path, "mnist")
    of_set.path.write_bytes(content)
    with pytest.raises(SelectionsError, match="The named selections of 'mnist' are damaged"):
        of_set.load()

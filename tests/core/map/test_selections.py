"""Named selections in their files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.map import selections
from latentlab.core.map.selections import NamedSelection, SelectionsError, UnreadableError


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
    assert selections.load(folder, "mnist") == ()
    selections.save(folder, "mnist", kept)
    assert selections.load(folder, "mnist") == kept
    assert selections.load(folder, "array:/somewhere/mnist.npz") == ()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b'{"dataset": "mnist"}',
     b'{"dataset": "mnist", "selections": [{"name": "odd", "images": [1, -1]}]}',
     b'{"dataset": "mnist", "selections": [{"name": "", "images": []}]}'],
)  # fmt: skip
def test_a_damaged_file_is_put_aside_and_never_overwritten(tmp_path, content):
    selections.save(tmp_path, "mnist", ())
    (path,) = tmp_path.iterdir()
    for number in (1, 2):
        path.write_bytes(content)
        with pytest.raises(SelectionsError, match=f"put aside as .*damaged-{number}"):
            selections.load(tmp_path, "mnist")
        selections.save(tmp_path, "mnist", (NamedSelection(name="new", images=(1,)),))
        assert path.with_suffix(f".damaged-{number}").read_bytes() == content
    assert json.loads(path.read_text())["dataset"] == "mnist"


def test_a_file_that_cannot_be_read_or_written_is_told(tmp_path):
    selections.save(tmp_path, "mnist", ())
    (path,) = tmp_path.iterdir()
    path.unlink()
    path.mkdir()
    with pytest.raises(UnreadableError, match="cannot be read"):
        selections.load(tmp_path, "mnist")
    with pytest.raises(SelectionsError, match="could not be saved"):
        selections.save(tmp_path, "mnist", ())
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SelectionsError, match="could not be kept"):
        selections.save(tmp_path / "file" / "folder", "mnist", ())

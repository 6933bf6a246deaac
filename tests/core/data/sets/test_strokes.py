from pathlib import Path

import numpy as np
import pytest

from latentlab.core.data import registry
from latentlab.core.data.sets import strokes
from tests.core.data.sentences import sentence_of

LINES = {"1": [[(50, 0), (50, 100)]], "7": [[(0, 100), (60, 100), (20, 0)], [(10, 50), (50, 50)]]}


def written(path: Path, writers: int = 5, each: int = 3, *, tells_writers: bool = True) -> Path:
    """Write ones, and sevens with a bar, in so many hands: each smaller than the one before."""
    lines = [".INCLUDE a.doc", ".HIERARCHY DIGIT"]
    for writer in range(1, writers + 1):
        for label, drawing in LINES.items():
            for number in range(each):
                lines += ["", f'.SEGMENT DIGIT {number} ? "{label}"']
                lines += [f".COMMENT {label} {writer} {number}"] if tells_writers else []
                for stroke in drawing:
                    places = [f" {x / writer + number} {y / writer}" for x, y in stroke]
                    lines += [".PEN_DOWN", *places, ".PEN_UP"]
    path.write_text("\n".join(lines))
    return path


def test_drawings_are_read_and_drawn_like_mnist(tmp_path):
    path = written(tmp_path / "hands.unipen")
    drawings = strokes.drawings_of(path)
    assert len(drawings) == 5 * 2 * 3
    assert drawings[3].label == "7"
    assert drawings[3].writer == 1
    assert drawings[3].strokes == LINES["7"]

    data = registry.load(f"strokes:{path}", tmp_path)
    assert data.class_names == ("1", "7")
    assert data.train_images.shape[1:] == (1, 28, 28)
    # The last fifth of five writers
    assert {*data.train_columns[0].values} == {1, 2, 3, 4}
    assert {*data.test_columns[0].values} == {5}
    ones = data.test_images[data.test_labels == 0, 0].float().numpy() / 255
    sevens = data.test_images[data.test_labels == 1, 0].float().numpy() / 255
    for one in ones:  # 20 pixels high, its middle in the middle, as wide as MNIST's pen
        rows, columns = np.nonzero(one > 0.5)
        assert np.ptp(rows) + 1 == pytest.approx(20, abs=1)
        assert rows.mean() == pytest.approx(13.5, abs=0.6)
        assert columns.mean() == pytest.approx(13.5, abs=0.6)
        assert one.sum() / 20 == pytest.approx(2.44, abs=0.4)
    for seven in sevens:  # upright: its bar at the top is wider than its foot
        ink = np.nonzero((seven > 0.5).any(1))[0]
        assert (seven[ink[1]] > 0.5).sum() > 2 * (seven[ink[-2]] > 0.5).sum()
    # However large a hand writes
    assert np.abs(ones[0] - data.train_images[data.train_labels == 0][0, 0].numpy() / 255).mean() < 0.02


def test_writers_that_are_not_told_leave_a_sixth_of_each_class(tmp_path):
    path = written(tmp_path / "hands.unipen", writers=4, tells_writers=False)
    data = registry.load(f"strokes:{path}", tmp_path)
    assert (len(data.train_labels), data.test_labels.bincount().tolist()) == (20, [2, 2])
    assert not data.train_columns


def test_a_dot_is_ink_and_no_strokes_are_none():
    assert strokes.drawn([[(3, 3)]]).sum() == pytest.approx(np.pi * 12**2, rel=0.1)
    assert not strokes.drawn([[]]).any()


@pytest.mark.parametrize(
    "content",
    [b"", b"no pen at all", b"\xff\xfe\x00", b'.SEGMENT D 0 ? "1"\n.PEN_DOWN\n 1 nan\n.PEN_UP', b".PEN_DOWN\n 1 2"],
)
def test_what_holds_no_strokes_is_one_sentence(tmp_path, content):
    path = tmp_path / "other.unipen"
    path.write_bytes(content)
    assert "UNIPEN" in sentence_of(registry.load, f"strokes:{path}", tmp_path)

"""Tables with a line an image."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.arrays.own_arrays import COUNT, LABELS, SQUARES, are_same, label_names, load, said_in, sentence


def write_table(path: Path, header: str | None, columns: list[np.ndarray]) -> Path:
    lines = [] if header is None else [header]
    lines += [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    content = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


PIXELS = [*SQUARES.reshape(COUNT, 36).T]
PIXEL_NAMES = ",".join(f"pixel{place}" for place in range(36))


@pytest.mark.parametrize("file", ["train.csv", "train.csv.gz"])
@pytest.mark.parametrize(
    ("header", "columns", "has_labels"),
    [
        ("label," + PIXEL_NAMES, [LABELS, *PIXELS], True),
        (PIXEL_NAMES, PIXELS, False),
        (
            "label," + ",".join(f"{row}x{column}" for row in range(1, 7) for column in range(1, 7)),
            [LABELS, *PIXELS],
            True,
        ),
        (PIXEL_NAMES + ",class", [*PIXELS, LABELS], True),
        (None, [LABELS, *PIXELS], True),
        (None, PIXELS, False),
        ("0," + ",".join(f"0.{place}" for place in range(1, 37)), [LABELS, *PIXELS], True),  # Kaggle's A-Z
        (
            "emotion,pixels,Usage",
            [LABELS, [" ".join(map(str, row)) for row in SQUARES.reshape(COUNT, 36)], LABELS],
            True,
        ),
    ],
    ids=["Kaggle", "no label", "1x1", "label last", "no header", "only pixels", "A-Z", "FER2013"],
)
def test_tables_of_pixels_are_images(file, header, columns, has_labels, tmp_path):
    images = load(write_table(tmp_path / file, header, columns))
    assert are_same(images, SQUARES)
    assert said_in(images, "6×6")
    assert label_names(images, SQUARES) == [str(label) if has_labels else "" for label in LABELS]


def test_the_index_that_pandas_leaves_unnamed_has_a_name(tmp_path):
    images = load(write_table(tmp_path / "own.csv", f",label,{PIXEL_NAMES}", [range(COUNT), LABELS, *PIXELS]))
    assert [column.name for column in images.train_columns] == ["column 1"]
    assert label_names(images, SQUARES) == [str(label) for label in LABELS]


def test_a_table_without_a_header_may_end_with_the_label_and_have_few_levels(tmp_path):
    few = SQUARES // 16  # as scikit-learn's digits.csv.gz
    few[:, 0, 0] = 0
    images = load(write_table(tmp_path / "digits.csv.gz", None, [*few.reshape(COUNT, 36).T, LABELS]))
    expected = np.rint(few * (255 / few.max())).astype(np.uint8)
    assert are_same(images, expected)
    assert label_names(images, expected) == [str(label) for label in LABELS]
    assert said_in(images, "last number")


def test_a_table_of_pixels_has_further_columns_and_one_to_test_with_beside_it(tmp_path):
    path = write_table(
        tmp_path / "train.csv",
        f"id,label,{PIXEL_NAMES}",
        [np.arange(COUNT) + 2**60, np.array(["b", "a", "c"])[LABELS], *PIXELS],
    )
    write_table(tmp_path / "test.csv", PIXEL_NAMES, [column[:2] for column in PIXELS])
    images = load(path)
    assert images.class_names == ("a", "b", "c")
    assert len(images.test_images) == 2
    assert images.test_labels.tolist() == [-1, -1]
    (column,) = images.train_columns
    assert column.name == "id"
    assert [column.texts[int(value)] for value in column.values] == [str(2**60 + place) for place in range(COUNT)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("label,pixel0\n1,2\n", ("no table of square images",)),
        (PIXEL_NAMES + "\n" + ",".join(["x"] * 36) + "\n", ("no number",)),
        (PIXEL_NAMES + "\n" + ",".join(["1"] * 36) + "\n1,2\n", ("fewer pixels",)),
        ("name,age\nAnn,3\n", ("no table of square images",)),
        ("one line", ("no two lines",)),
        ("a\n\xff\xfe\n", ("no table",)),
    ],
)
def test_tables_that_are_none_of_pixels_are_told(content, words, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(content, encoding="utf-8")
    said = sentence(path)
    assert all(word in said for word in words), said

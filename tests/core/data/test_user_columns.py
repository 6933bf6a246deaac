"""Columns of a person's own data: of an array file, and of a table beside pictures."""

import csv
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from latentlab.core.data import registry
from latentlab.core.data.columns import Column, of_texts
from latentlab.core.errors import printable
from latentlab.core.map.map_images import MapSource, choose
from tests.core.data.sentences import attempt, sentence_of

IMAGES = np.arange(12, dtype=np.uint8)[:, None, None].repeat(6, 1).repeat(5, 2)  # image i is i everywhere
RELAXED = {"suppress_health_check": [HealthCheck.function_scoped_fixture], "max_examples": 25}


def load_arrays(folder, **arrays):
    np.savez(folder / "own.npz", **{"images": IMAGES} | arrays)
    return registry.load(f"array:{folder / 'own.npz'}", folder)


def by_image(images, columns):
    """What a column says of each image, which is its own number."""
    return {int(image[0, 0, 0]): column for image, column in zip(images, columns, strict=True)}


# Arrays


def test_further_arrays_are_columns_that_go_with_their_images(tmp_path):
    ages = np.arange(12) * 1.5
    writers = np.array(["Ann", "Bo", ""] * 4)
    data = load_arrays(tmp_path, age=ages, writer=writers, is_good=ages > 4, mean=IMAGES[0], count=np.array(3))
    assert [column.name for column in data.train_columns] == ["age", "writer", "is_good"]
    assert [column.name for column in data.test_columns] == ["age", "writer", "is_good"]
    for images, (age, writer, is_good) in (
        (data.train_images, data.train_columns),
        (data.test_images, data.test_columns),
    ):
        for number, value in by_image(images, age.values).items():
            assert value == ages[number]
        for number, value in by_image(images, writer.values).items():
            assert ("" if np.isnan(value) else writer.texts[int(value)]) == writers[number]
        assert (is_good.values == (age.values > 4)).all()
    assert data.test_columns[1].texts == data.train_columns[1].texts == ("Ann", "Bo")


def test_test_images_have_columns_of_their_own(tmp_path):
    data = load_arrays(
        tmp_path,
        test_images=IMAGES[:2],
        age=np.arange(12),
        test_age=np.array([np.nan, -5]),
        who=np.array(["b"] * 12),
        test_who=np.array(["long", "a"]),
    )
    assert data.train_columns[0].values.tolist() == list(range(12))
    np.testing.assert_array_equal(data.test_columns[0].values, [np.nan, -5])
    assert data.train_columns[1].texts == data.test_columns[1].texts == ("a", "b", "long")
    assert data.test_columns[1].values.tolist() == [2, 0]


@pytest.mark.parametrize(
    ("arrays", "unused"),
    [
        ({"age": np.arange(11)}, "age"),
        ({"age": np.array([np.inf] * 12)}, "age"),
        ({"age": np.arange(12) + 1j}, "age"),
        ({"day": np.arange(12).astype("datetime64[D]")}, "day"),
        ({"masks": IMAGES, "code": np.zeros((12, 40))}, "masks, code"),
        ({"test_images": IMAGES, "test_age": np.arange(12)}, "age"),
        ({"test_images": IMAGES[:3], "age": np.arange(12), "test_age": np.arange(4)}, "age"),
        ({"test_images": IMAGES, "age": np.arange(12), "test_age": np.array(["x"] * 12)}, "age"),
        ({str(number): np.arange(number) for number in range(10)}, "0, 1, 2, 3, 4, 5 and 4 more"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_arrays_that_are_no_columns_are_not_used_and_told(tmp_path, arrays, unused):
    data = load_arrays(tmp_path, **arrays)
    assert data.train_columns == data.test_columns == ()
    assert any(f"Not used are {unused}:" in note for note in data.notes)


def test_some_numbers_of_an_image_are_columns_each(tmp_path):
    pairs = np.arange(24).reshape(12, 2)
    data = load_arrays(tmp_path, pair=pairs, test_images=IMAGES[:2], test_pair=pairs[:2] + 0.5, one=pairs[:, :1])
    assert [column.name for column in data.train_columns] == ["pair_1", "pair_2", "one"]
    assert data.train_columns[1].values.tolist() == pairs[:, 1].tolist()
    assert data.test_columns[1].values.tolist() == [1.5, 3.5]
    assert np.isnan(data.test_columns[2].values).all()


IDS = {
    "int64": np.arange(12) + 2**62,
    "negative": -np.arange(12) - 2**62,
    "uint64": np.arange(12, dtype=np.uint64) + np.uint64(2**64 - 20),
}


@pytest.mark.parametrize("ids", IDS.values(), ids=IDS)
def test_ids_of_64_bits_keep_their_values(tmp_path, ids):
    data = load_arrays(tmp_path, id=ids, test_images=IMAGES[:2], test_id=ids[:2])
    assert data.train_columns[0].values.tolist() == ids.tolist()
    for part in (data.repeated(2), data.selected((2, 13, 0)), data.limited(4)):
        for images, columns in ((part.train_images, part.train_columns), (part.test_images, part.test_columns)):
            assert columns[0].values.tolist() == [ids.tolist()[number] for number in images[:, 0, 0, 0].tolist()]
    assert data.train_columns[0].joined(data.test_columns[0]).values.tolist() == [*ids.tolist(), *ids[:2].tolist()]
    without = load_arrays(tmp_path, id=ids, test_images=IMAGES[:2])
    column = without.train_columns[0]
    assert [column.texts[int(value)] for value in column.values] == list(map(str, ids.tolist()))
    assert np.isnan(without.test_columns[0].values).all()


@given(
    column=st.one_of(
        st.lists(st.floats(width=64), min_size=0, max_size=14),
        st.lists(st.text(max_size=4), min_size=12, max_size=12),
        st.lists(st.integers(-(2**62), 2**62), min_size=12, max_size=12),
    ),
    name=st.text(
        st.characters(codec="utf-8", exclude_characters="/\\\0", exclude_categories=("Cs",)), min_size=1, max_size=8
    ),
)
@settings(**RELAXED)
def test_any_array_beside_the_images_is_a_column_or_a_sentence(tmp_path, column, name):
    data = attempt(load_arrays, tmp_path, **{name: np.array(column)})
    if isinstance(data, str):
        assert "\n" not in data.replace(name, "")
    else:
        assert len(data.train_images) + len(data.test_images) == 12
        for found in data.train_columns:
            assert not np.isinf(found.values).any()
        assert all("\n" not in note for note in data.notes)


# A table beside pictures


@pytest.fixture
def pictures(tmp_path):
    """Give a folder of two classes with three pictures each; each is as grey as its number times ten."""
    for number in range(6):
        path = tmp_path / ("ab"[number % 2]) / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (8, 8), 10 * number).save(path)
    return tmp_path


def load_table(folder, text):
    (folder / "columns.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return registry.load(f"folder:{folder}", folder)


def test_a_table_tells_of_pictures_by_their_paths(pictures):
    data = load_table(
        pictures,
        '\ufefffile,age, who\r\na/0.png,10,Ann\r\n\r\nb/1.png,,"Bo, jr"\r\n a\\2.png ,1e1,\r\nb/3.png,-4.5,Ann\r\n',
    )
    age, who = data.train_columns
    assert (age.name, who.name) == ("age", "who")
    assert age.texts == ()
    assert who.texts == ("Ann", "Bo, jr")
    told = {}
    for images, columns in ((data.train_images, data.train_columns), (data.test_images, data.test_columns)):
        for image, a, w in zip(images, columns[0].values, columns[1].values, strict=True):
            told[int(image[0, 0, 0]) // 10] = (None if np.isnan(a) else a, None if np.isnan(w) else who.texts[int(w)])
    assert told == {
        0: (10, "Ann"), 1: (None, "Bo, jr"), 2: (10, None), 3: (-4.5, "Ann"), 4: (None, None), 5: (None, None),
    }  # fmt: skip


def test_a_folder_without_a_table_has_no_columns(pictures):
    assert registry.load(f"folder:{pictures}", pictures).train_columns == ()


def test_a_picture_that_is_there_but_not_in_use_may_be_named(pictures):
    (pictures / "a" / "8.png").write_bytes(b"broken")
    Image.new("L", (8, 8)).save(pictures / "beside.png")
    assert load_table(pictures, "file,age\na/8.png,1\nbeside.png,2\na/0.png,3\n").train_columns[0].name == "age"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("first line",)),
        ("file\na/0.png\n", ("first line", "two columns or more")),
        ("file;age\na/0.png;1\n", ("first line", "commas")),
        ("file,age,age\na/0.png,1,2\n", ("'age' twice",)),
        ("file,\na/0.png,1\n", ("without a name",)),
        ("file,age\na/0.png\n", ("Line 2", "1 cells")),
        ("file,age\na/0.png,1\nb/1.png,1,2\n", ("Line 3", "3 cells")),
        ("file,age\na/9.png,1\n", ("Line 2", "'a/9.png'", "not in the folder")),
        ("file,age\na/0.png,1\na/0.png,2\n", ("Line 3", "'a/0.png'", "second time")),
        ("file,age\na/0.png,inf\n", ("'age'", "infinite")),
        ("file,age\na/0.png,\xff".encode("latin-1"), ("UTF-8",)),
        ("file,who\na/0.png,Ann\0\n", ("NUL", "UTF-8")),
        ('file,age\n"a/0.png,1\n' + "x" * 200_000, ("CSV",)),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_tables_that_cannot_be_used_are_told(pictures, text, words):
    said = sentence_of(load_table, pictures, text)
    assert "columns.csv" in said
    assert all(word in said for word in words), said


@given(content=st.one_of(st.binary(max_size=60), st.text(max_size=60)))
@settings(**RELAXED)
def test_any_table_is_columns_or_a_sentence(pictures, content):
    data = attempt(load_table, pictures, content.encode("utf-8", "ignore") if isinstance(content, str) else content)
    if isinstance(data, str):
        assert "columns.csv" in data
        assert "\n" not in data
    else:
        assert all(len(column.values) == len(data.train_labels) for column in data.train_columns)


def test_ids_of_64_bits_in_a_table_keep_their_values(pictures):
    lines = [
        f"{'ab'[number % 2]}/{number}.png,{2**60 + number},{10**25 + number},{'' if number else 2**60}"
        for number in range(6)
    ]
    data = load_table(pictures, "\n".join(["file,id,long,some", *lines]))
    whole, long, some = data.train_columns
    for number, value in by_image(data.train_images, whole.values).items():
        assert int(value) == 2**60 + number // 10
    assert set(long.texts) == {str(10**25 + number) for number in range(6)}
    assert some.texts == (str(2**60),)


@given(
    cells=st.lists(st.one_of(st.text(max_size=5), st.floats(allow_infinity=False).map(repr)), min_size=6, max_size=6),
    name=st.text(min_size=1, max_size=6).filter(str.strip),
)
@settings(**RELAXED)
def test_what_a_table_says_is_what_a_column_holds(pictures, cells, name):
    written = io.StringIO()
    rows = [["file", name], *([f"{'ab'[number % 2]}/{number}.png", cell] for number, cell in enumerate(cells))]
    csv.writer(written).writerows(rows)
    data = attempt(load_table, pictures, written.getvalue().encode("utf-8", "surrogatepass"))
    if isinstance(data, str):
        assert "infinite" in data or "UTF-8" in data
        return
    (column,) = data.train_columns
    assert column.name == printable(" ".join(name.splitlines()).strip())
    for number, value in by_image(data.train_images, column.values).items():
        cell = cells[number // 10].strip()
        if not cell:
            assert np.isnan(value)
        elif column.texts:
            assert column.texts[int(value)] == printable(cell)
        else:
            assert value == float(cell) or np.isnan(value)


# What becomes of a set


def test_columns_go_with_whatever_is_done_to_a_set(tmp_path):
    data = load_arrays(tmp_path, test_images=IMAGES[:3] + 100, age=np.arange(12), test_age=np.arange(100, 103))

    def agrees(images, columns):
        return columns[0].values.tolist() == images[:, 0, 0, 0].tolist()

    for part in (data, data.limited(5), data.repeated(3), data.selected((2, 13, 0)), data.limited(4).repeated(2)):
        assert agrees(part.train_images, part.train_columns)
        assert agrees(part.test_images, part.test_columns)
    for source in (MapSource("test", 0), MapSource("training", 7), MapSource("both", 0), MapSource("both", 5)):
        shown = choose(data, source)
        assert agrees(shown.images, shown.columns)


@given(st.lists(st.text(max_size=3), max_size=20))
def test_texts_of_a_column_are_sorted_and_found_again(texts):
    column = of_texts("c", np.array(texts, np.str_))
    assert list(column.texts) == sorted(set(column.texts))
    assert "" not in column.texts
    told = ["" if np.isnan(value) else column.texts[int(value)] for value in column.values]
    assert told == [printable(str(np.str_(text))) for text in texts]
    halves = column.taken(slice(3)).joined(column.taken(slice(3, None)))
    np.testing.assert_array_equal(halves.values, column.values)
    assert isinstance(halves, Column)

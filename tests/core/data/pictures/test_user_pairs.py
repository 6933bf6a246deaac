"""Two folders of scans become tiles that belong together; what does not fit is named in a sentence."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from latentlab.core.data import registry
from latentlab.core.data.image_set import DatasetError, ImageSet
from latentlab.core.data.pictures import user_pairs
from tests.core.data.sentences import sentence_of


def write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def write_pairs(folder: Path, *sizes: tuple[int, int]) -> str:
    """Write clean pages of random dots from 100 to 200, dirty ones 50 darker, and give the name of the set."""
    random = np.random.default_rng(0)
    for number, size in enumerate(sizes):
        page = random.integers(100, 200, size, dtype=np.uint8)
        write(folder / "clean" / f"page {number}.png", page)
        write(folder / "dirty" / f"page {number}.tiff", page - np.uint8(50))
    return user_pairs.name_of(folder / "dirty", folder / "clean")


def sides(images: ImageSet) -> list[tuple[torch.Tensor, torch.Tensor]]:
    assert images.train_noisy is not None
    assert images.test_noisy is not None
    return [(images.train_images, images.train_noisy), (images.test_images, images.test_noisy)]


def test_tiles_of_both_pages_belong_together_and_no_page_is_on_both_sides(tmp_path) -> None:
    name = write_pairs(tmp_path, *[(40, 60)] * 6, (100, 61))
    known = registry.status(name, tmp_path)
    assert (known.title, known.is_here, known.problem) == ("dirty and clean", True, None)
    images = registry.load(name, tmp_path)
    assert images.name == name
    assert images.title == "dirty and clean"
    assert images.image_shape == (1, 40, 60)
    assert not images.has_labels
    for clean, dirty in sides(images):
        assert clean.dtype == torch.uint8
        assert torch.equal(clean.int() - dirty.int(), torch.full_like(clean, 50).int())
        assert len(clean) > 0
    train, test = ({tile.numpy().tobytes() for tile in clean} for clean, _ in sides(images))
    assert not train & test
    assert len(train | test) == 6 + 6, "the large page is covered by 3 × 2 tiles"


def test_tiles_cover_every_pixel(tmp_path) -> None:
    name = write_pairs(tmp_path, (258, 540), (700, 1300))
    images = registry.load(name, tmp_path)
    assert images.image_shape == (1, 258, 540)
    larger = np.asarray(Image.open(tmp_path / "clean" / "page 1.png"))
    tiles = torch.cat([clean for clean, _ in sides(images)]).numpy()
    assert len(tiles) == 1 + 3 * 3
    covered, starts = np.zeros((700, 1300), bool), np.lib.stride_tricks.sliding_window_view(larger, 8, axis=1)
    for (tile,) in tiles:
        for top, left in np.argwhere((starts == tile[0, :8]).all(2)):  # at most one: the dots are random
            place = slice(top, top + 258), slice(left, left + 540)
            np.testing.assert_array_equal(tile, larger[place])
            covered[place] = True
    assert covered.all()


def test_small_pages_decide_the_size_of_tiles(tmp_path) -> None:
    assert registry.load(write_pairs(tmp_path, (300, 61), (47, 600)), tmp_path).image_shape == (1, 44, 60)


def test_of_too_many_tiles_each_page_gives_as_many(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(user_pairs, "MOST_TILES", 7)
    name = write_pairs(tmp_path, (80, 80), (20, 20), (80, 80))
    images = registry.load(name, tmp_path)
    assert images.title == "dirty and clean (5 of 33 tiles)"
    assert sum(len(clean) for clean, _ in sides(images)) == 5
    assert torch.equal(images.train_images, registry.load(name, tmp_path).train_images)


def test_colour_deep_greys_and_lying_photos_are_read_as_people_see_them(tmp_path) -> None:
    for folder in ("dirty", "clean"):
        write(tmp_path / folder / "colour.png", np.full((8, 12, 3), 77, np.uint8))
        write(tmp_path / folder / "deep.png", np.full((8, 12), 32896, np.uint16))
    lying, exif = Image.new("L", (8, 12), 10), Image.Exif()
    exif[0x0112] = 8
    lying.save(tmp_path / "dirty" / "photo.jpg", exif=exif, quality=95)
    write(tmp_path / "clean" / "photo.bmp", np.full((8, 12), 10, np.uint8))
    images = registry.load(user_pairs.name_of(tmp_path / "dirty", tmp_path / "clean"), tmp_path)
    assert images.image_shape == (1, 8, 12)
    found = sorted(int(tile[0, 4, 4]) for clean, _ in sides(images) for tile in clean)
    assert found == [10, 77, 128]


def test_one_scale_is_for_all_pages_and_further_pages_are_counted(tmp_path) -> None:
    pages = [np.full((8, 12), level, np.uint16) for level in (1000, 4000)]
    for folder in ("dirty", "clean"):
        write(tmp_path / folder / "dark.png", pages[0])
        (tmp_path / folder / "light.tif").parent.mkdir(exist_ok=True)
        further = [Image.fromarray(pages[0])]
        Image.fromarray(pages[1]).save(tmp_path / folder / "light.tif", save_all=True, append_images=further)
    images = registry.load(user_pairs.name_of(tmp_path / "dirty", tmp_path / "clean"), tmp_path)
    assert sorted(int(tile[0, 0, 0]) for clean, _ in sides(images) for tile in clean) == [62, 249]
    assert images.left_out == (("further pages in files of several", 2),)
    assert "4,095 (white)" in " ".join(images.notes)


def without_partner(folder: Path) -> str:
    write(folder / "dirty" / "lone.png", np.zeros((40, 60), np.uint8))
    return "lone.png has no partner"


def without_dirty_pages(folder: Path) -> str:
    for number in range(5):
        write(folder / "clean" / f"extra {number}.png", np.zeros((40, 60), np.uint8))
    return "extra 0.png, extra 1.png, extra 2.png and 2 more have no partner"


def of_another_size(folder: Path) -> str:
    write(folder / "dirty" / "page 1.tiff", np.zeros((40, 61), np.uint8))
    return "page 1.tiff has 40×61 pixels"


def twice(folder: Path) -> str:
    write(folder / "clean" / "page 1.jpg", np.zeros((40, 60), np.uint8))
    return "page 1.jpg and page 1.png have the same name"


def damaged(folder: Path) -> str:
    (folder / "clean" / "page 1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return "page 1.png cannot be read"


def cut_short(folder: Path) -> str:
    path = folder / "clean" / "page 1.png"
    path.write_bytes(path.read_bytes()[:200])
    return "page 1.png cannot be read"


def tiny(folder: Path) -> str:
    for path in ("dirty/small.png", "clean/small.png"):
        write(folder / path, np.zeros((3, 60), np.uint8))
    return "small.png is less than 4 pixels"


def alone(folder: Path) -> str:
    for path in (*folder.glob("*/page 1.*"), *folder.glob("*/page 2.*")):
        path.unlink()
    return "one pair"


def away(folder: Path) -> str:
    (folder / "clean").rename(folder / "elsewhere")
    return "clean does not exist"


@pytest.mark.parametrize(
    "mistake",
    [without_partner, without_dirty_pages, of_another_size, twice, damaged, cut_short, tiny, alone, away],
)
def test_what_does_not_fit_is_named(mistake, tmp_path) -> None:
    name = write_pairs(tmp_path, *[(40, 60)] * 3)
    said = mistake(tmp_path)
    assert said in sentence_of(registry.load, name, Path("nowhere"))


def test_a_comma_in_a_path_is_explained(tmp_path) -> None:
    with pytest.raises(DatasetError, match="rename"):
        user_pairs.name_of(tmp_path / "dirty, very", tmp_path / "clean")
    name = f"pairs:{tmp_path / 'dirty, very'},{tmp_path / 'clean'}"
    known = registry.status(name, tmp_path)
    assert not known.is_here
    assert known.problem is not None
    assert "first comma" in known.problem
    assert sentence_of(registry.load, name, Path("nowhere")) == known.problem


@pytest.mark.parametrize("name", ["pairs:", "pairs:one", "pairs:one,", "pairs:,two", "pairs: , "])
def test_two_folders_are_needed(name, tmp_path) -> None:
    assert "two folders" in sentence_of(registry.load, name, Path("nowhere"))
    with pytest.raises(DatasetError, match="two folders"):
        registry.status(name, tmp_path)


_PATHS = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="~/\\,:"), min_size=1)


@given(_PATHS, st.lists(_PATHS, min_size=1).map(",".join))
def test_the_first_comma_divides_the_folders_of_a_name(dirty, clean) -> None:
    name = user_pairs.name_of(Path(dirty), Path(clean))
    assert user_pairs.folders_of(name) == (Path(dirty), Path(clean))

"""A page cleaned in tiles is the page cleaned whole; what cannot be read, cleaned or written is a sentence."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image

from latentlab.core.models.building import build
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.output import clean_page
from latentlab.core.output.clean_page import CleaningError, clean, read_page, save_page
from latentlab.core.recipe.recipe import Recipe


def _snapshot(layers: int) -> Snapshot:
    """Give a model of planes with weights so large that its output depends on all that it sees."""
    widths = (6,) * layers
    network = {"kind": "pool", "layers": widths}
    model = {"kind": "autoencoder", "latent": 6, "code": "planes", "encoder": network, "decoder": network}
    recipe = Recipe.from_dict({"model": model, "loss": {"reconstruction": "squared-error"}})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        built = build(recipe, (1, 16, 24), 0)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.mul_(2.5)
    return Snapshot("run", recipe, built, ())


def _page(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).random((1, height, width), np.float32)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_tiles_give_what_the_whole_page_gives(layers, monkeypatch) -> None:
    snapshot, page = _snapshot(layers), _page(201, 155)
    whole = snapshot.restore(page[None])[0]
    assert whole.std() > 0.02
    monkeypatch.setattr(clean_page, "TILE", 44)
    shares: list[float] = []
    restored = clean(snapshot, page, report=shares.append)
    assert restored is not None
    assert restored.dtype == np.float32
    assert np.abs(restored - whole).max() < 1e-4
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 9
    alone = snapshot.restore(page[None, :44, :44])[0]
    assert np.abs(alone - whole[:44, :44]).max() > 1e-3, "surroundings matter to this model"


def test_no_more_than_a_tile_and_its_surroundings_is_seen_at_once(monkeypatch) -> None:
    snapshot = _snapshot(1)
    seen: list[tuple[int, ...]] = []
    restore = snapshot.restore
    monkeypatch.setattr(snapshot, "restore", lambda images: seen.append(images.shape) or restore(images))
    monkeypatch.setattr(clean_page, "TILE", 40)
    restored = clean(snapshot, (_page(300, 50) * 255).astype(np.uint8))
    assert restored is not None
    assert restored.shape == (1, 300, 50)
    assert len(seen) == 16
    assert max(max(shape[2:]) for shape in seen) <= 40 + 2 * 12


def test_small_pages_are_cleaned_as_they_are() -> None:
    snapshot = _snapshot(2)
    for shape in ((1, 1), (3, 70), (51, 7)):
        page = _page(*shape)
        restored = clean(snapshot, page)
        assert restored is not None
        assert np.allclose(restored, snapshot.restore(page[None])[0], atol=1e-6)


def test_cleaning_stops_between_tiles(monkeypatch) -> None:
    monkeypatch.setattr(clean_page, "TILE", 40)
    cancelled = threading.Event()
    shares: list[float] = []

    def report(share: float) -> None:
        shares.append(share)
        cancelled.set()

    assert clean(_snapshot(1), _page(100, 100), cancelled=cancelled, report=report) is None
    assert len(shares) == 1


def test_other_models_clean_images_of_their_own_size_alone() -> None:
    recipe = Recipe.load("ae-2d")
    snapshot = Snapshot("run", recipe, build(recipe, (1, 12, 20), 0), ())
    page = _page(12, 20)
    restored = clean(snapshot, page)
    assert restored is not None
    assert np.allclose(restored, snapshot.restore(page[None])[0], atol=1e-6)
    with pytest.raises(CleaningError, match="12×20 pixels, and the page has 13×20"):
        clean(snapshot, _page(13, 20))
    conditioned = Recipe.load("conv-cvae-2d")
    labelled = Snapshot("run", conditioned, build(conditioned, (1, 28, 28), 2), ("a", "b"))
    with pytest.raises(CleaningError, match="class"):
        clean(labelled, _page(28, 28))


def test_a_page_is_written_and_read_again(tmp_path) -> None:
    page = _page(30, 40)
    path = tmp_path / "new folder" / "page.png"
    save_page(path, page)
    assert np.abs(read_page(path) / 255 - page).max() <= 0.5 / 255 + 1e-6
    assert [file.name for file in path.parent.iterdir()] == ["page.png"]


def test_any_kind_of_picture_is_read_in_grey_and_upright(tmp_path) -> None:
    lying = Image.new("RGB", (40, 30), (255, 255, 255))
    exif = Image.Exif()
    exif[0x0112] = 6
    lying.save(tmp_path / "photo.jpg", exif=exif)
    assert read_page(tmp_path / "photo.jpg").shape == (1, 40, 30)
    Image.fromarray(np.full((8, 9), 32896, np.uint16)).save(tmp_path / "deep.tiff")
    assert (read_page(tmp_path / "deep.tiff") == 128).all()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("none.png", None, "no file"), ("broken.png", b"\x89PNG\r\n\x1a\n", "picture"), ("notes.txt", b"text", "picture")],
)
def test_pages_that_cannot_be_read_are_a_sentence(name, content, said, tmp_path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CleaningError, match=said) as caught:
        read_page(path)
    assert str(path) in str(caught.value)


def test_results_that_cannot_be_written_are_a_sentence_and_leave_nothing(tmp_path, monkeypatch) -> None:
    page = _page(4, 4)
    with pytest.raises(CleaningError, match=r"\.png"):
        save_page(tmp_path / "page.jpg", page)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(CleaningError, match="is a folder"):
        save_page(tmp_path / "folder.png", page)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CleaningError, match="cannot be made"):
        save_page(tmp_path / "file" / "page.png", page)

    def full(self, file, *arguments):
        file.write_bytes(b"begun")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(CleaningError, match="no space left"):
        save_page(tmp_path / "page.png", page)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png"]

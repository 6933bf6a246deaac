"""Pages are the same for the same seed, differ from one to the next, and are dirtied without moving a letter."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from latentlab.core.data import registry
from latentlab.core.data.sets import pages
from latentlab.core.data.sets.page_faces import FACES, SCALE, Face, Type
from latentlab.core.data.sets.page_text import heading, paragraph
from latentlab.core.measures.image_quality import peak_signal_to_noise


@pytest.fixture(scope="module")
def some():
    return pages.load(30, (120, 260), seed=3)


def test_pages_are_pairs_of_light_paper_without_classes(some) -> None:
    assert (len(some.train_images), len(some.test_images)) == (25, 5)
    assert some.image_shape == (1, 120, 260)
    assert not some.has_labels
    assert some.train_noisy is not None
    assert some.test_noisy is not None
    for clean, noisy in ((some.train_images, some.train_noisy), (some.test_images, some.test_noisy)):
        assert clean.dtype == noisy.dtype == torch.uint8
        assert clean.shape == noisy.shape
    clean = torch.cat([some.train_images, some.test_images]).float().flatten(1)
    assert (clean.median(1).values == 255).all(), "most of a page is white paper"
    share = (clean < 128).float().mean(1)
    assert 0.02 < share.min() < share.max() < 0.3
    assert clean.unique(dim=0).shape[0] == 30


def test_the_seed_decides_and_a_smaller_count_gives_the_first_pages(some) -> None:
    again, other = (pages.load(4, (120, 260), seed=seed) for seed in (3, 4))
    assert torch.equal(again.train_images, some.train_images[:3])
    assert again.train_noisy is not None
    assert not torch.equal(other.train_images, again.train_images)
    twice = pages.load(4, (120, 260), seed=3)
    assert torch.equal(twice.train_noisy, again.train_noisy)


def test_dirt_darkens_paper_and_text_stays_where_it_was(some) -> None:
    clean, noisy = (images.numpy().astype(np.float32) / 255 for images in (some.train_images, some.train_noisy))
    quality = [peak_signal_to_noise(*pair) for pair in zip(clean, noisy, strict=True)]
    assert 4 < min(quality) < max(quality) < 30
    assert max(quality) - min(quality) > 3, "some pages are dirtier than others"
    for page, dirty in zip(clean, noisy, strict=True):
        assert dirty[page < 0.2].mean() < dirty[page > 0.9].mean() - 0.2
        assert np.corrcoef(page.ravel(), dirty.ravel())[0, 1] > 0.4


def test_the_set_is_listed_and_needs_no_file(some, tmp_path, monkeypatch) -> None:
    assert "pages" in registry.names()
    known = registry.status("pages", tmp_path)
    assert (known.is_here, known.download_bytes, known.problem) == (True, 0, None)
    assert (known.train_count, known.test_count) == (167, 33)
    monkeypatch.setitem(registry.DATASETS, "pages", replace(pages.DATASET, read=lambda: some))
    assert len(registry.load("pages", tmp_path, limit=7).train_images) == 7


def _printed(kind: Type, text: str) -> np.ndarray:
    ink = np.zeros((kind.height, kind.width(text) + 200), np.uint8)
    kind.draw(ink, text, 50, 0)
    return ink


def test_every_face_prints_its_own_letters() -> None:
    printed = set()
    for face in FACES:
        kind = Type(face, 14)
        ink = _printed(kind, "The quick brown fox, 12%")
        assert ink.max() == 255
        assert not ink[:, kind.width("The quick brown fox, 12%") + 50 + 14 * SCALE :].any(), "as wide as it says"
        printed.add(ink.tobytes())
        assert (_printed(Type(face.bold, 14), "nnn") > 0).sum() > (_printed(kind, "nnn") > 0).sum()
    assert len(printed) == len(FACES)


def test_a_typewriters_letters_are_equally_wide_and_stems_stand_on_slabs() -> None:
    typewriter = next(Type(face, 14) for face in FACES if face.is_fixed)
    assert typewriter.width("iii") == typewriter.width("mmm")
    plain, with_slabs = Type(Face(), 20), Type(Face(has_serifs=True), 20)
    assert plain.width("iii") < plain.width("mmm")
    widths = [np.ptp(np.flatnonzero(_printed(kind, "I").max(0) > 127)) for kind in (plain, with_slabs)]
    assert widths[1] > 2 * widths[0]


def test_what_reaches_beyond_the_page_is_cut_off() -> None:
    kind = Type(FACES[3], 14)
    page, part = np.zeros((100, 300), np.uint8), np.zeros((40, 50), np.uint8)
    for ink in (page, part):
        kind.draw(ink, "jump over", 0, 10)
    assert part.any()
    assert np.array_equal(part, page[:40, :50])


def test_text_has_sentences_numbers_and_capitals() -> None:
    random = np.random.default_rng(0)
    words = [word for _ in range(50) for word in paragraph(random)]
    text = " ".join(words)
    assert text[0].isupper()
    assert text[-1] in ".?!:"
    for mark in (",", ".", "?", "(", '"', "%"):
        assert mark in text
    assert len(set(words)) > 300
    headings = [heading(random) for _ in range(20)]
    assert any(each[0].isdigit() for each in headings)
    assert any(each[0].isupper() for each in headings)

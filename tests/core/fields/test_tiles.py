"""The landscape: which codes its cells have, that levels nest, and that a cell shows what its middle decodes to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.errors import LatentlabError
from latentlab.core.fields.tiles import CELLS, Landscape, TileAddress, Viewport

ADDRESSES = st.builds(TileAddress, st.integers(-8, 20), st.integers(-300, 300), st.integers(-300, 300))


@pytest.fixture(scope="module")
def landscape(tiny_model):
    return Landscape.of(tiny_model(), None, 0)


def cell_of(tile, row, column):
    """Cut one cell, counted from the upper left, out of a tile."""
    height, width = (side // CELLS for side in tile.pixels.shape[1:])
    return tile.pixels[:, row * height : (row + 1) * height, column * width : (column + 1) * width]


@pytest.mark.parametrize(
    "changes",
    [{}, {"model__kind": "cvae"}, {"model__latent": 5}, {"model__latent": 1}, {"model__decoder__kind": "conv"}],
    ids=["vae", "cvae", "5 dimensions", "1 dimension", "conv"],
)
def test_a_cell_shows_what_the_code_of_its_middle_decodes_to(tiny_model, changes):
    model = tiny_model(**changes)
    through = np.linspace(-1, 1, model.snapshot.latent).astype(np.float32)
    landscape = Landscape.of(model, through, 2)
    addresses = [TileAddress(2, -1, 0), TileAddress(2, 3, -2), TileAddress(-1, 0, 0)]
    for address, tile in zip(addresses, landscape.decode(addresses), strict=True):
        assert tile.address == address
        left, right, bottom, top = tile.extent
        for row, column in ((0, 0), (1, 3), (3, 2)):
            x = left + (column + 0.5) / CELLS * (right - left)
            y = top - (row + 0.5) / CELLS * (top - bottom)
            plane = through if model.snapshot.latent > 2 else model.projection.origin
            code = model.projection.moved(plane, (x, y))
            wanted = 255 * model.snapshot.decode(code[None], np.array([2]))[0]
            assert np.abs(cell_of(tile, row, column) - wanted).max() <= 1


@given(address=ADDRESSES, levels=st.integers(1, 5))
def test_levels_nest(landscape, address, levels):
    left, right, bottom, top = landscape.extent(address)
    far_left, far_right, far_bottom, far_top = landscape.extent(address.ancestor(levels))
    assert far_left <= left < right <= far_right
    assert far_bottom <= bottom < top <= far_top
    assert far_right - far_left == 2**levels * (right - left)


PLACES = st.floats(-1e4, 1e4, allow_subnormal=False)  # smaller ones are 0 once they are divided by anything


@given(
    x=PLACES, y=PLACES, span=st.floats(1e-3, 1e4),
    width=st.floats(50, 4000), height=st.floats(50, 3000),
)  # fmt: skip
def test_the_blocks_cover_what_is_seen_with_cells_of_a_good_size(landscape, x, y, span, width, height):
    viewport = Viewport((x, x + span, y, y + span * height / width), width, height, (x, y))
    addresses = landscape.addresses(viewport)
    extents = np.array([landscape.extent(address) for address in addresses])
    assert extents[:, 0].min() <= x
    assert extents[:, 1].max() >= viewport.extent[1]
    assert extents[:, 2].min() <= y
    assert extents[:, 3].max() >= viewport.extent[3]
    area = ((extents[:, 1] - extents[:, 0]) * (extents[:, 3] - extents[:, 2])).sum()
    assert len({address.level for address in addresses}) == 1
    assert area / CELLS**2 / len(addresses) == pytest.approx(np.prod(landscape.cell(addresses[0].level)))
    pixels = landscape.cell(addresses[0].level)[0] / span * width
    wanted = max(32, (width * height) ** 0.5 / 24)
    assert wanted / 1.42 <= pixels <= wanted * 1.42
    assert len(addresses) <= (width / pixels / CELLS + 2) * (height / pixels / CELLS + 2)


def test_what_is_near_comes_first(landscape):
    viewport = Viewport((-4, 4, -4, 4), 400, 400, (3.2, -3.2))
    first = landscape.nearest_first(landscape.addresses(viewport), viewport.focus)[0]
    left, right, bottom, top = landscape.extent(first)
    assert left <= 3.2 <= right
    assert bottom <= -3.2 <= top


def test_what_lies_under_a_patch_is_not_bare(landscape):
    fine = [TileAddress(2, column, 0) for column in range(-2, 6)]
    coarse = landscape.decode([TileAddress(0, 0, 0)])
    assert landscape.bare(fine, coarse) == [fine[0], fine[1], fine[6], fine[7]]
    assert landscape.bare(fine, []) == fine


def test_cells_have_the_shape_of_the_images(tiny_images, make_wide):
    landscape = Landscape.of(make_wide(20, 10), None, 0)
    assert landscape.cell(3) == (1 / 16, 1 / 8)
    (tile,) = landscape.decode([TileAddress(3, 0, 0)])
    assert tile.pixels.shape == (1, CELLS * 20, CELLS * 10)
    assert tile.extent == (0, CELLS / 16, 0, CELLS / 8)


def test_large_images_are_made_smaller_and_keep_their_mean(make_wide):
    model = make_wide(130, 65)
    (tile,) = Landscape.of(model, None, 0).decode([TileAddress(0, 0, 0)])
    assert tile.pixels.shape == (1, CELLS * 64, CELLS * 32)
    image = model.snapshot.decode(Landscape.of(model, None, 0).codes([TileAddress(0, 0, 0)])[:1])[0]
    assert cell_of(tile, 0, 0).mean() == pytest.approx(255 * image.mean(), abs=1.5)


@pytest.fixture(scope="module")
def make_wide(tiny_model):
    """Give the map of an untrained model of images of another shape."""
    from latentlab.core.models.building import build
    from latentlab.core.models.snapshot import Snapshot

    def make(height, width):
        known = tiny_model()
        recipe = known.snapshot.recipe
        torch.manual_seed(0)
        return replace(known, snapshot=Snapshot("wide", recipe, build(recipe, (1, height, width), 3), ("a", "b", "c")))

    return make


def test_landscapes_are_alike_by_what_they_show(tiny_model):
    model, other = tiny_model(model__latent=5), tiny_model(model__kind="cvae")
    code = np.ones(5, np.float32)
    here = Landscape.of(model, code, 0)
    assert here.is_like(Landscape.of(replace(model, epochs_done=9.0), code, 2))  # no labels, the same snapshot
    assert here.is_like(Landscape.of(model, model.projection.moved(code, (3, -1)), 0))  # a code of the same plane
    assert not here.is_like(Landscape.of(model, None, 0))
    assert not Landscape.of(other, None, 0).is_like(Landscape.of(other, None, 1))
    lost = np.full(5, np.nan, np.float32)  # of a model that has diverged
    assert Landscape.of(model, lost, 0).is_like(Landscape.of(model, lost, 0))


def test_a_code_of_another_model_and_a_label_that_is_none_are_left_out(tiny_model):
    model = tiny_model(model__latent=5)
    assert Landscape.of(model, np.ones(3, np.float32), 0).is_like(Landscape.of(model, None, 0))
    conditional = tiny_model(model__kind="cvae")
    assert Landscape.of(conditional, None, 9).label == 2


def test_codes_beyond_all_numbers_are_black(landscape):
    with np.errstate(all="ignore"):
        (tile,) = landscape.decode([TileAddress(-99, 3, 3)])
    assert tile.pixels.dtype == np.uint8


def test_a_code_that_is_no_point_is_refused(tiny_model):
    model = tiny_model()

    class AnySize:
        takes_any_size = True

    with pytest.raises(LatentlabError, match="stack of planes"):
        Landscape.of(replace(model, snapshot=AnySize()), None, 0)

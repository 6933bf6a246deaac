"""What the landscape costs: 24 x 24 images beside their products alone, and in one call; and painting it."""

from statistics import median

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from latentlab.core.fields.tiles import CELLS, Landscape, TileAddress
from latentlab.core.files import resource
from latentlab.core.models.building import build
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run
from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.canvas.layers.landscape_layer import LandscapeLayer

_SIDE = 24
_ADDRESSES = [TileAddress(1, column, row) for column in range(-3, 3) for row in range(-3, 3)]


@pytest.fixture(params=["mlp", "conv"], scope="module")
def landscape(request):
    """Give the landscape of the pretrained MLP, and of a convolutional decoder, which costs the same untrained."""
    torch.set_num_threads(1)
    if request.param == "mlp":
        snapshot = Run.open(resource("models", "mnist-vae-2d.safetensors")).snapshot
    else:
        recipe = Recipe.load("conv-vae-2d")
        snapshot = Snapshot("conv", recipe, build(recipe, (1, 28, 28), 0), ())
    return Landscape(snapshot, np.zeros(2, np.float32), np.eye(2, dtype=np.float32), 0)


def group(benchmark, landscape):
    kind = landscape.snapshot.recipe.model.decoder.kind
    benchmark.group = f"a view of {_SIDE} x {_SIDE} images, {kind}"


def products(decoder, codes):
    """Give pairs of matrices whose products are as many multiplications as a decoder does for some codes."""
    pairs = []
    for layer in decoder:
        before, codes = codes, layer(codes)
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            is_grown = isinstance(layer, torch.nn.ConvTranspose2d)
            planes = before.shape[1]
            pixels = (before if is_grown else codes).numel() // (planes if is_grown else codes.shape[1])
            inside = planes if is_grown else layer.weight[0].numel()
            pairs.append((torch.rand(pixels, inside), torch.rand(inside, layer.weight.numel() // inside)))
    return pairs


def test_fresh_view_beside_its_products(race, row, landscape, torch_threads):
    """What the view's thread takes, one core, beside matrix products of the same shapes: what no layer gets below."""
    torch_threads(1)
    is_dense = landscape.snapshot.recipe.model.decoder.kind == "mlp"
    at_once = 288 if is_dense else 32  # what they are quickest with, too
    with torch.inference_mode():
        pairs = products(landscape.snapshot.model.decoder, torch.zeros(at_once, 2))
    outputs = [left @ right for left, right in pairs]

    def multiply():
        for _ in range(_SIDE**2 // at_once):
            for (left, right), output in zip(pairs, outputs, strict=True):
                torch.mm(left, right, out=output)

    found = race({"view": lambda: check(landscape.decode(_ADDRESSES)), "products": multiply}, 7, warm_up=2)
    milliseconds, least = (1000 * median(found.seconds[name]) for name in ("view", "products"))
    times = found.speed("products", "view")
    row(
        f"landscape of {_SIDE} x {_SIDE} images, {'MLP' if is_dense else 'conv'} decoder, one thread",
        f"its products alone, {least:.0f} ms",
        "" if is_dense else "60 ms",
        f"{milliseconds:.0f} ms, {times:.1f} times as long",
        None if is_dense else milliseconds <= 60,
    )


def check(tiles):
    assert len(tiles) * CELLS**2 == _SIDE**2


def test_fresh_view(benchmark, landscape):
    group(benchmark, landscape)
    assert len(benchmark(landscape.decode, _ADDRESSES)) * CELLS**2 == _SIDE**2


def test_the_same_images_in_one_call(benchmark, landscape):
    group(benchmark, landscape)
    codes = landscape.codes(_ADDRESSES)
    assert len(benchmark(landscape.snapshot.decode, codes)) == _SIDE**2


def test_first_tile(benchmark, landscape):
    group(benchmark, landscape)
    benchmark(landscape.decode, _ADDRESSES[:1])


@pytest.fixture(params=[(620, 500), (1100, 760), (1920, 1080)], ids="{0[0]} x {0[1]} pixels".format)
def layer(request, qtbot, benchmark):
    """Give a layer that covers a map of a size: as in a window of 1280 x 800, of 1920 x 1080, and a whole screen."""
    benchmark.group = "painting {} x {} pixels".format(*request.param)
    canvas = LatentCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(*request.param)
    with qtbot.waitExposed(canvas):
        canvas.show()
    canvas.show_standard()
    layer = LandscapeLayer(canvas.view)
    landscape = Landscape(
        Run.open(resource("models", "mnist-vae-2d.safetensors")).snapshot,
        np.zeros(2, np.float32), np.eye(2, dtype=np.float32), 0,
    )  # fmt: skip
    layer.wanted.connect(
        lambda viewport: viewport and layer.set_tiles(tuple(landscape.decode(landscape.addresses(viewport))))
    )
    canvas.hide()
    canvas.show()
    layer.set_on(True)
    layer.wanted.disconnect()
    return canvas, layer


def paint(layer, target):
    painter = QPainter(target)
    layer.paint(painter, None)
    painter.end()


def test_paint_where_the_view_has_moved(benchmark, layer):
    canvas, layer = layer
    target = QImage(canvas.size(), QImage.Format.Format_RGB32)

    def move():
        canvas.view.pan(canvas.view.extent(), QPointF(3.0, 2.0))
        paint(layer, target)

    benchmark.pedantic(move, rounds=60, warmup_rounds=2)


def test_paint_where_nothing_has_moved(benchmark, layer):
    canvas, layer = layer
    target = QImage(canvas.size(), QImage.Format.Format_RGB32)
    paint(layer, target)
    benchmark(paint, layer, target)

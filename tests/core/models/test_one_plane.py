"""The decoder's last convolution gives what torch's own gives, forward and backward."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from latentlab.core.models.networks import OnePlane


def pair(planes: int) -> tuple[OnePlane, nn.Conv2d]:
    """Give the layer and torch's own with the same weights."""
    own, other = OnePlane(planes), nn.Conv2d(planes, 1, 3, padding=1)
    other.load_state_dict(own.state_dict())
    return own, other


@given(
    count=st.integers(1, 5), planes=st.integers(1, 40), height=st.integers(1, 17), width=st.integers(1, 17),
    layout=st.sampled_from([torch.channels_last, torch.contiguous_format]),
)  # fmt: skip
@settings(max_examples=20, deadline=None)
def test_images_and_gradients_are_those_of_a_convolution(count, planes, height, width, layout):
    layers = pair(planes)
    x = torch.randn(count, planes, height, width).contiguous(memory_format=layout).requires_grad_()
    outside = torch.randn(count, 1, height, width)
    outputs = [layer(x) for layer in layers]
    assert outputs[0].shape == outputs[1].shape
    torch.testing.assert_close(*outputs, rtol=1e-4, atol=1e-4)
    found, expected = (
        torch.autograd.grad(output, [x, *layer.parameters()], outside)
        for layer, output in zip(layers, outputs, strict=True)
    )
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-3)


def test_weights_are_drawn_and_named_as_those_of_a_convolution():
    torch.manual_seed(0)
    own = OnePlane(8).state_dict()
    torch.manual_seed(0)
    other = nn.Conv2d(8, 1, 3, padding=1).state_dict()
    assert list(own) == list(other)
    assert all(torch.equal(own[name], other[name]) for name in own)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_it_computes_in_bfloat16_where_that_is_asked_for(layout):
    own, other = pair(16)
    x = torch.randn(2, 16, 8, 8).contiguous(memory_format=layout)
    with torch.autocast("cpu", torch.bfloat16):
        output = own(x)
    output.float().sum().backward()
    torch.testing.assert_close(output.float(), other(x), rtol=0.05, atol=0.05)
    assert own.weight.grad is not None

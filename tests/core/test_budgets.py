"""What reading may take, and the one error that whatever is wrong in a file becomes."""

import struct
from pathlib import Path

import pytest
import torch

from latentlab.core import budgets
from latentlab.core.errors import LatentlabError


class OwnError(LatentlabError):
    """That of a reader."""


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1 kB"),
        (3_456_000_000, "3.46 GB"),
        (999_900, "1 MB"),
        (7e16, "70,000 TB"),
    ],
)
def test_sizes_in_words(size, said):
    assert budgets.in_words(size) == said


def test_what_memory_does_not_hold_is_a_sentence(monkeypatch):
    monkeypatch.setattr(budgets, "memory", lambda: 1_000_000)
    budgets.afford(500_000, "own.npz", OwnError)
    with pytest.raises(OwnError, match=r"larger than memory holds \(501 kB, where 500 kB are free for it\): "):
        budgets.afford(501_000, "own.npz", OwnError)


def test_the_system_tells_how_much_memory_is_free():
    assert 10_000_000 < budgets.memory() < 1e15


def test_too_many_are_a_sentence():
    budgets.few(3, 3, "own.npz", "arrays", OwnError, "leave some out")
    with pytest.raises(OwnError, match=r"own\.npz has 1,004 arrays, and 3 are the most that is read: leave some out\."):
        budgets.few(1_004, 3, "own.npz", "arrays", OwnError, "leave some out")


def _ask_torch_for_too_much():
    torch.empty(2**50, dtype=torch.uint8)


def _nest():
    return _nest()


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (lambda: struct.unpack("I", b""), r"^own is damaged: write it again\.$"),
        (_nest, r"^own is damaged: write it again\.$"),
        (lambda: int("9" * 5000), r"^own is damaged: write it again\.$"),
        (_ask_torch_for_too_much, r"^own is larger than memory holds: make a smaller file of it\.$"),
        (lambda: bytearray(2**60), r"^own is larger than memory holds: make a smaller file of it\.$"),
        (lambda: Path("/no such file").stat(), r"^own cannot be read: no such file or directory\.$"),
    ],
)
def test_whatever_libraries_raise_on_content_is_one_error(cause, said):
    with pytest.raises(OwnError, match=said), budgets.contents("own", OwnError, "is damaged"):
        cause()


def test_own_errors_and_own_mistakes_pass(monkeypatch):
    with pytest.raises(LatentlabError, match=r"^as it is\.$"), budgets.contents("own", OwnError, "is damaged"):
        raise LatentlabError("as it is.")
    monkeypatch.setattr(budgets, "_PACKAGE", __file__)  # as if this were a file of the program's
    with pytest.raises(AttributeError), budgets.contents("own", OwnError, "is damaged"):
        budgets.no_such_thing  # noqa: B018

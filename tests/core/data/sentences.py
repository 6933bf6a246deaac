"""What is said where images cannot be had: one sentence."""

import pytest

from latentlab.core.data.image_set import DatasetError


def sentence_of(load, *arguments, **more):
    """Load what cannot be loaded, and give what is said about it."""
    with pytest.raises(DatasetError) as caught:
        load(*arguments, **more)
    return checked(str(caught.value))


def attempt(load, *arguments, **more):
    """Give what is loaded, or what is said about it."""
    try:
        return load(*arguments, **more)
    except DatasetError as error:
        return checked(str(error))


def checked(said):
    """See that it is one sentence."""
    assert said.endswith(".")
    assert "\n" not in said
    return said

"""Memory that is freed is there again without page faults."""

import platform

import pytest
import torch

from latentlab.core.models.building import keep_freed_memory

resource = pytest.importorskip("resource")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep memory as they like")
def test_large_tensors_find_their_memory_again():
    keep_freed_memory()
    size = 8 * 2**20

    def faults():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(10):
            torch.zeros(size, dtype=torch.uint8)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    faults()
    assert faults() < size / 4096  # fewer for all ten than one took

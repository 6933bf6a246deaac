"""Faults on purpose: what a disk, or who shares it, may do while a file is written."""

import errno
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

from latentlab.core import writing


@contextmanager
def full_disk(most=0):
    """Have the system refuse to make any file longer than so many bytes, as a full disk would."""
    resource = pytest.importorskip("resource")  # Windows has no such limits
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def failing(owner, name, number, meant=lambda *arguments: True):
    """Have a function fail with an error of the system, where its arguments are those that are meant."""
    function = getattr(owner, name)

    def fail(*arguments, **options):
        if meant(*arguments):
            raise OSError(number, os.strerror(number))
        return function(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, fail)
        yield


@contextmanager
def lost(folder):
    """Have somebody take a folder away as soon as a file in it is written; it is brought back in the end."""
    sync, elsewhere = writing._sync, folder.with_name("elsewhere")

    def lose(file):
        sync(file)
        if folder.exists():
            folder.rename(elsewhere)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "_sync", lose)
        try:
            yield
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            elsewhere.rename(folder)


def _is_temporary(path, *_):
    return ".latentlab-" in str(path)


# By what fails: each is called with the folder of the file.
FAULTS = {
    "open": lambda folder: failing(os, "open", errno.EACCES, _is_temporary),
    "write": lambda folder: full_disk(),
    "short write": lambda folder: full_disk(100),
    "sync": lambda folder: failing(writing, "_sync", errno.EIO),
    "rename": lambda folder: failing(os, "replace", errno.EACCES, _is_temporary),
    "folder": lost,
}


@contextmanager
def small_disk(folder, size="1m"):
    """Mount a small disk on a folder; the test is skipped where one may not."""
    if sys.platform != "linux" or os.geteuid():
        pytest.skip("Only root mounts disks.")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True).returncode:
        pytest.skip("No disk can be mounted here.")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)

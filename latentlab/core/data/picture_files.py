"""Picture files: which there are in a folder, in the order that people count in."""

from __future__ import annotations

import importlib.util
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

WITH_PLUGIN = frozenset((".heic", ".heif", ".hif"))  # of a format that Pillow reads with a plugin
SUFFIXES = frozenset(
    (
        *(".apng", ".avif", ".avifs", ".bmp", ".dib", ".gif", ".j2c", ".j2k", ".jfif", ".jp2", ".jpc", ".jpe"),
        *(".jpeg", ".jpf", ".jpg", ".jpx", ".pbm", ".pcx", ".pfm", ".pgm", ".png", ".pnm", ".ppm", ".qoi", ".tga"),
        *(".tif", ".tiff", ".webp", *(WITH_PLUGIN if importlib.util.find_spec("pillow_heif") else ())),
    )
)
# Pictures to whoever keeps them, but of formats that nothing here reads: what is of another kind is no picture.
_FOREIGN = WITH_PLUGIN | frozenset(
    (
        *(".3fr", ".ai", ".arw", ".cr2", ".cr3", ".czi", ".dcm", ".djvu", ".dng", ".eps", ".exr", ".hdr", ".jxl"),
        *(".jxr", ".lif", ".mha", ".nd2", ".nef", ".nii", ".nrrd", ".orf", ".pdf", ".psb", ".psd", ".raf", ".raw"),
        *(".rw2", ".svg", ".svgz", ".svs", ".vsi", ".xcf", ".avi", ".mkv", ".mov", ".mp4", ".webm"),
    )
)
# What systems put beside one's own files; whatever begins with a dot is hidden, and no better.
_OF_SYSTEMS = frozenset(("__macosx", "thumbs.db", "@eadir", "$recycle.bin", "system volume information", "lost+found"))


_LINKS = 2  # to folders, followed within each other: more may lead to the same folders over and over again
_DEEPEST = 100  # folders within each other


@dataclass(frozen=True, eq=False)
class Folder:
    """What there is in a folder, but for what is hidden.

    Attributes
    ----------
    path : Path
    pictures : tuple of Path
        Right in it, in natural order.
    folders : tuple of Folder
        Those in it that can be read, in natural order.
    foreign : Counter of str
        Suffixes of pictures in formats that are not read here, and how many there are of each right in it.
    """

    path: Path
    pictures: tuple[Path, ...]
    folders: tuple[Folder, ...]
    foreign: Counter[str]

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path.name

    def walk(self) -> Iterator[Folder]:
        """Give the folder and all below it, each before those in it."""
        yield self
        for inner in self.folders:
            yield from inner.walk()

    @cached_property
    def all_pictures(self) -> tuple[Path, ...]:
        """Those in the folder and in all below it."""
        return tuple(picture for folder in self.walk() for picture in folder.pictures)


def tree(path: Path) -> Folder:
    """Look what is in a folder and below it, but for what is hidden.

    Links are followed, unless they lead back to where they lie. What cannot be read below is passed over.

    Raises
    ------
    OSError
        When the folder itself cannot be read.
    """
    return _tree(path, (), 0)


def _tree(path: Path, above: tuple[tuple[int, int], ...], links: int) -> Folder:
    status = path.stat()
    identity = (status.st_dev, status.st_ino)
    pictures: list[Path] = []
    folders: list[Folder] = []
    foreign: Counter[str] = Counter()
    if identity not in above and len(above) < _DEEPEST and links <= _LINKS:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.casefold() in _OF_SYSTEMS:
                    continue
                inner = path / entry.name
                suffix = inner.suffix.lower()
                with suppress(OSError):  # a folder that one may not read, or a link to itself
                    if entry.is_dir():
                        folders.append(_tree(inner, (*above, identity), links + entry.is_symlink()))
                    elif suffix in SUFFIXES:
                        pictures.append(inner)  # a link to nowhere, too: it is told as a file that cannot be read
                    elif suffix in _FOREIGN:
                        foreign[suffix] += 1
    pictures.sort(key=natural_order)
    folders.sort(key=lambda folder: natural_order(folder.path))
    return Folder(path, tuple(pictures), tuple(folders), foreign)


def among(entries: Iterable[Path]) -> list[Path]:
    """Give the picture files among some paths, told by their suffixes, in natural order."""
    found = [entry for entry in entries if entry.suffix.lower() in SUFFIXES and not entry.name.startswith(".")]
    return sorted((entry for entry in found if entry.is_file()), key=natural_order)


def natural_order(path: Path) -> list[tuple[int, str]]:
    """Give a key that orders 'image 9' before 'image 10'."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(path).casefold())]

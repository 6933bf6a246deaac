"""Picture files: which there are in a folder, in the order that people count in."""

from __future__ import annotations

import importlib.util
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from latentlab.core.data.natural_order import natural_order
from latentlab.core.files import is_file

WITH_PLUGIN = frozenset((".heic", ".heif", ".hif"))  # of a format that Pillow reads with a plugin
SUFFIXES = frozenset(
    (
        *(".apng", ".avif", ".avifs", ".bmp", ".dib", ".gif", ".j2c", ".j2k", ".jfif", ".jp2", ".jpc", ".jpe"),
        *(".jpeg", ".jpf", ".jpg", ".jpx", ".pbm", ".pcx", ".pfm", ".pgm", ".png", ".pnm", ".ppm", ".qoi", ".tga"),
        *(".tif", ".tiff", ".webp", *(WITH_PLUGIN if importlib.util.find_spec("pillow_heif") else ())),
    )
)
# Pictures to whoever keeps them, but of formats that are not read here: what is of another kind is no picture.
_FOREIGN = WITH_PLUGIN | frozenset(
    (
        *(".3fr", ".ai", ".arw", ".cr2", ".cr3", ".czi", ".dcm", ".djvu", ".dng", ".eps", ".exr", ".hdr", ".jxl"),
        *(".jxr", ".lif", ".mha", ".nd2", ".nef", ".nii", ".nrrd", ".orf", ".pdf", ".psb", ".psd", ".raf", ".raw"),
        *(".rw2", ".svg", ".svgz", ".svs", ".vsi", ".xcf", ".avi", ".mkv", ".mov", ".mp4", ".webm"),
        *(".bw", ".cur", ".dds", ".fit", ".fits", ".icns", ".ico", ".jps", ".mpo", ".rgb", ".sgi", ".xbm", ".xpm"),
        # What may hold pictures, or arrays of them.
        *(".7z", ".gz", ".h5", ".hdf5", ".mat", ".npy", ".npz", ".parquet", ".pt", ".pth", ".rar", ".tar", ".tfrecord"),
        *(".tgz", ".zip"),
    )
)
# What systems put beside one's own files; whatever begins with a dot is hidden, and no better.
_OF_SYSTEMS = frozenset(("__macosx", "thumbs.db", "@eadir", "$recycle.bin", "system volume information", "lost+found"))


# First bytes of pictures: those of files whose names have no suffix tell what they are.
_SIGNS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"RIFF")

CLOSED = "folders that cannot be read"
TOO_FAR = "folders behind links within links"
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
    passed_over : Counter of str
        What there is right in it that is not read, in words, and how many: pictures of other formats, folders.
    """

    path: Path
    pictures: tuple[Path, ...]
    folders: tuple[Folder, ...]
    passed_over: Counter[str]

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

    Links are followed, unless they lead back to where they lie. What cannot be read below is counted.

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
    passed_over: Counter[str] = Counter()
    if identity in above:
        return Folder(path, (), (), passed_over)
    if len(above) >= _DEEPEST or links > _LINKS:
        passed_over[TOO_FAR] += 1
    else:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.casefold() in _OF_SYSTEMS:
                    continue
                inner = path / entry.name
                suffix = inner.suffix.lower()
                if _is_folder(entry):
                    try:
                        folders.append(_tree(inner, (*above, identity), links + entry.is_symlink()))
                    except OSError:
                        passed_over[CLOSED] += 1
                elif suffix in SUFFIXES or ((suffix[1:].isdecimal() or not suffix) and _has_sign(inner)):
                    pictures.append(inner)  # a link to nowhere, too: it is told as a file that cannot be read
                elif suffix in _FOREIGN:
                    passed_over[f"files of a format that is not read here ({suffix})"] += 1
    pictures.sort(key=natural_order)
    folders.sort(key=lambda folder: natural_order(folder.path))
    return Folder(path, tuple(pictures), tuple(folders), passed_over)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _has_sign(path: Path) -> bool:
    """Whether a file begins as a picture does."""
    try:
        if not is_file(path):  # whoever opens a pipe waits
            return False
        with path.open("rb") as file:
            return file.read(8).startswith(_SIGNS)
    except OSError:
        return False


def among(entries: Iterable[Path]) -> list[Path]:
    """Give the picture files among some paths, told by their suffixes, in natural order."""
    found = [entry for entry in entries if entry.suffix.lower() in SUFFIXES and not entry.name.startswith(".")]
    return sorted((entry for entry in found if is_file(entry)), key=natural_order)

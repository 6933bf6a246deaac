"""Fetching torchvision's image sets: with progress, stoppable at any moment, and whole or not at all."""

from __future__ import annotations

import errno
import gzip
import hashlib
import queue
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLCertVerificationError
from typing import IO, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from latentlab.core.data.bundled_digits import NAME as BUNDLED
from latentlab.core.data.pages import NAME as PAGES
from latentlab.core.data.patches import NAME as PATCHES
from latentlab.core.data.registry import DatasetError, standard
from latentlab.core.data.torchvision_sets import StandardSet, counts, torchvision_datasets

_CHUNK = 1 << 16
_TIMEOUT = 20.0  # seconds without a sign of the server
_TICK = 0.1  # seconds between two messages, and the longest wait before a cancel is seen


class DownloadError(DatasetError):
    """A download that did not succeed; the folder is as it was before."""


@dataclass(frozen=True)
class DownloadProgress:
    """How much of a set has been fetched; `file` is the one being worked on."""

    name: str
    done_bytes: int
    total_bytes: int
    file: str


@dataclass(frozen=True)
class _Source:
    """One file to fetch: where it can be had, and the checksum that it must have."""

    file: str
    md5: str
    urls: tuple[str, ...]


class _SourceError(Exception):
    """One address did not give the file; the message is a clause that names the host."""


class _CancelledError(Exception):
    """The work was given up on request."""


def download(name: str, data_dir: Path, cancelled: threading.Event | None = None) -> Iterator[DownloadProgress]:
    """Fetch a set into a folder, unless it is there already.

    The files are fetched and unpacked in a temporary folder beside their place, and moved there when all are whole. A
    generator that is closed, a cancel or an error leave the folder as it was.

    Parameters
    ----------
    name : str
        A set of torchvision's; the bundled digits are always there.
    data_dir : Path
        Where the files go, as torchvision lays them out; made if it does not exist.
    cancelled : threading.Event, optional
        Seen within a tenth of a second, whatever the server does; the generator then just ends.

    Yields
    ------
    DownloadProgress
        At once, then about ten times a second.

    Raises
    ------
    DownloadError
        If the files cannot be had or written.
    """
    if name in (BUNDLED, PATCHES, PAGES):
        raise DownloadError(f"The {name} come with the program: there is nothing to download.")
    known = standard(name)
    folder = known.folder(data_dir)
    if _is_here(known, data_dir):
        yield DownloadProgress(name, known.download_bytes, known.download_bytes, "")
        return
    yield DownloadProgress(name, 0, known.download_bytes, "")
    work = _Download(known, cancelled or threading.Event())
    try:
        with _temporary_folder(folder) as temporary:
            yield from work.run(temporary)
            for file in known.files:
                (temporary / file).replace(folder / file)
    except _CancelledError:
        return
    except OSError as error:
        raise DownloadError(_disk_trouble(known, folder, error)) from error


class _Download:
    """The work on one set: every file in turn, from the first address that gives it whole."""

    def __init__(self, known: StandardSet, cancelled: threading.Event) -> None:
        self._known = known
        self._cancelled = cancelled
        self._done = 0
        self._last_message = 0.0

    def run(self, temporary: Path) -> Iterator[DownloadProgress]:
        """Fetch and unpack everything into a folder."""
        self._heed_cancel()
        for source in _sources(self._known):
            packed = temporary / source.file
            yield from self._fetch(source, packed)
            yield from self._unpack(packed)
            packed.unlink()
        yield DownloadProgress(self._known.name, self._done, self._done, "")

    def _fetch(self, source: _Source, packed: Path) -> Iterator[DownloadProgress]:
        done_before = self._done
        failures: list[str] = []
        for url in source.urls:
            self._done = done_before
            self._heed_cancel()
            try:
                yield from self._fetch_from(url, source, packed)
                return
            except _SourceError as error:
                failures.append(str(error))
        raise DownloadError(
            f"{self._known.title} could not be downloaded: {' and '.join(dict.fromkeys(failures))}; "
            "try again later, the bundled digits need no network."
        )

    def _fetch_from(self, url: str, source: _Source, packed: Path) -> Iterator[DownloadProgress]:
        checksum = hashlib.md5(usedforsecurity=False)
        with _Transfer(url) as transfer, packed.open("wb") as file:
            while (chunk := transfer.next_chunk()) is not None:
                file.write(chunk)
                checksum.update(chunk)
                self._done += len(chunk)
                yield from self._message(source.file)
        if checksum.hexdigest() != source.md5:
            raise _SourceError(f"what {urlsplit(url).netloc} sent as {source.file} is damaged (its checksum differs)")

    def _unpack(self, packed: Path) -> Iterator[DownloadProgress]:
        try:
            if packed.suffix == ".zip":
                with zipfile.ZipFile(packed) as archive:
                    members = {Path(member).name: member for member in archive.namelist()}
                    for file in self._known.files:
                        with archive.open(members[f"{file}.gz"]) as member:
                            yield from self._decompress(member, packed.with_name(file))
            else:
                with packed.open("rb") as compressed:
                    yield from self._decompress(compressed, packed.with_suffix(""))
        except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
            raise DownloadError(f"{packed.name} arrived, but cannot be unpacked ({error}): try again later.") from error

    def _decompress(self, compressed: IO[bytes], target: Path) -> Iterator[DownloadProgress]:
        with gzip.open(compressed) as unpacked, target.open("wb") as file:
            while chunk := unpacked.read(_CHUNK):
                file.write(chunk)
                yield from self._message(target.name)

    def _message(self, file: str) -> Iterator[DownloadProgress]:
        """Tell how far the work is, if that is due."""
        self._heed_cancel()
        now = time.monotonic()
        if now - self._last_message >= _TICK:
            self._last_message = now
            yield DownloadProgress(self._known.name, self._done, max(self._done, self._known.download_bytes), file)

    def _heed_cancel(self) -> None:
        if self._cancelled.is_set():
            raise _CancelledError


class _Transfer:
    """One request, in a thread that only reads: name look-up, connecting and reading cannot be interrupted."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._arrived: queue.Queue[bytes | Exception | None] = queue.Queue(maxsize=64)
        self._given_up = threading.Event()
        self._received = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._read, name="download", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._given_up.set()

    def next_chunk(self) -> bytes | None:
        """Give what has arrived, nothing after a tenth of a second without any, and None at the end."""
        try:
            item = self._arrived.get(timeout=_TICK)
        except queue.Empty:
            return b""
        if isinstance(item, Exception):
            raise _SourceError(self._clause(item)) from item
        return item

    def _read(self) -> None:
        try:
            request = Request(self._url, headers={"User-Agent": "latentlab"})
            with urlopen(request, timeout=_TIMEOUT) as response:
                announced = response.length
                while self._received != announced and (chunk := response.read1(_CHUNK)):
                    self._received += len(chunk)
                    if not self._put(chunk):
                        return
            if announced is not None and self._received < announced:
                raise ConnectionError("the transfer ended early")
        except Exception as error:  # whatever it is, the one who waits must hear of it
            if isinstance(error, HTTPError):
                error.close()
            self._put(error)
        else:
            self._put(None)

    def _put(self, item: bytes | Exception | None) -> bool:
        """Hand over an item; False if nobody waits for it any more."""
        while not self._given_up.is_set():
            with suppress(queue.Full):
                self._arrived.put(item, timeout=_TICK)
                return True
        return False

    def _clause(self, error: Exception) -> str:
        host = urlsplit(self._url).netloc
        if isinstance(error, HTTPError):
            return f"{host} answered {error.code} {error.reason}"
        if isinstance(error, URLError) and isinstance(error.reason, SSLCertVerificationError):
            return f"{host} shows no valid certificate"
        return f"the connection to {host} broke off" if self._received else f"no connection to {host}"


def _sources(known: StandardSet) -> tuple[_Source, ...]:
    """Give what torchvision says about where its sets are to be had."""
    described = getattr(torchvision_datasets(), known.torchvision_class)
    if known.torchvision_class == "EMNIST":
        return (_source_at(described.url, described.md5),)
    if known.torchvision_class == "QMNIST":
        return tuple(_source_at(url, md5) for part in ("train", "test") for url, md5 in described.resources[part])
    return tuple(
        _Source(file, md5, tuple(f"{mirror}{file}" for mirror in described.mirrors))
        for file, md5 in described.resources
    )


def _source_at(url: str, md5: str) -> _Source:
    return _Source(url.rsplit("/", 1)[-1], md5, (url,))


def _is_here(known: StandardSet, data_dir: Path) -> bool:
    try:
        return counts(known, data_dir) is not None
    except DatasetError:
        return False


@contextmanager
def _temporary_folder(folder: Path) -> Iterator[Path]:
    """Make a folder inside another one, on the same disk, and clean up so that both are gone if nothing was kept."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=folder, ignore_cleanup_errors=True) as temporary:
            yield Path(temporary)
    finally:
        for path in made:
            with suppress(OSError):  # it holds what was downloaded
                path.rmdir()


def _disk_trouble(known: StandardSet, folder: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return (
            f"The disk with {folder} is full: {known.title} needs more than {known.megabytes}, "
            "so free some space or choose another data folder."
        )
    return f"{folder} cannot be written to ({error.strerror or error}): choose another data folder."

"""Fetching image sets: with progress, stoppable at any moment, and whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLCertVerificationError
from typing import Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from latentlab.core.budgets import SILENCE, SLOW, in_words
from latentlab.core.data import registry
from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.sets.downloaded import Downloaded, Source, first_line
from latentlab.core.files import exists
from latentlab.core.writing import settle, temporary_folder

_CHUNK = 1 << 16
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
        A set of the registry's that is downloaded.
    data_dir : Path
        Where the files go; made if it does not exist.
    cancelled : threading.Event, optional
        Seen within a tenth of a second, whatever the server does, and when a file is read that arrived, after that;
        the generator then just ends.

    Yields
    ------
    DownloadProgress
        At once, then about ten times a second.

    Raises
    ------
    DownloadError
        If the files cannot be had or written.
    """
    known = registry.find(name)
    if not isinstance(known, Downloaded):
        raise DownloadError(f"There is nothing to download for '{name}': it needs no network.")
    folder = known.folder(data_dir)
    if known.status(data_dir).is_here:
        yield DownloadProgress(name, known.download_bytes, known.download_bytes, "")
        return
    yield DownloadProgress(name, 0, known.download_bytes, "")
    work = _Download(known, cancelled or threading.Event())
    try:
        with _temporary_folder(folder) as temporary:
            yield from work.run(temporary)
            for file in known.files:
                settle(temporary / file, folder / file)
    except _CancelledError:
        return
    except OSError as error:
        raise DownloadError(_disk_trouble(known, folder, error)) from error


class _Download:
    """The work on one set: every file in turn, from the first address that gives it whole."""

    def __init__(self, known: Downloaded, cancelled: threading.Event) -> None:
        self._known = known
        self._cancelled = cancelled
        self._done = 0
        self._last_message = 0.0
        self._most = known.download_bytes + known.download_bytes // 10 + _CHUNK

    def run(self, temporary: Path) -> Iterator[DownloadProgress]:
        """Fetch and unpack everything into a folder."""
        self._heed_cancel()
        arrived = []
        for source in self._known.sources():
            arrived.append(temporary / source.file)
            yield from self._fetch(source, arrived[-1])
        yield from self._unpack(arrived, temporary)
        yield DownloadProgress(self._known.name, self._done, self._done, "")

    def _fetch(self, source: Source, packed: Path) -> Iterator[DownloadProgress]:
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

    def _fetch_from(self, url: str, source: Source, packed: Path) -> Iterator[DownloadProgress]:
        checksum = hashlib.md5(usedforsecurity=False)
        with _Transfer(url) as transfer, packed.open("wb") as file:
            pace = _Pace()
            while (chunk := transfer.next_chunk()) is not None:
                pace.heed(len(chunk), url)
                self._done += len(chunk)
                if self._done > self._most:
                    raise _SourceError(f"{urlsplit(url).netloc} sent more than {in_words(self._most)} as {source.file}")
                file.write(chunk)
                checksum.update(chunk)
                yield from self._message(source.file)
        if checksum.hexdigest() != source.md5:
            raise _SourceError(f"what {urlsplit(url).netloc} sent as {source.file} is damaged (its checksum differs)")

    def _unpack(self, arrived: Sequence[Path], folder: Path) -> Iterator[DownloadProgress]:
        try:
            for name in self._known.unpack(arrived, folder):
                yield from self._message(name)
        except Exception as error:  # files that are not what they should be raise nearly anything
            if isinstance(error, _CancelledError) or getattr(error, "errno", None):
                raise  # it was not their fault, but the disk's
            files, reason = " and ".join(path.name for path in arrived), first_line(error)
            raise DownloadError(f"{files} arrived, but cannot be unpacked ({reason}): try again later.") from error

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


class _Pace:
    """How quickly bytes come: a server that gives a few at a time, for ever, is given up."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._bytes = 0

    def heed(self, count: int, url: str) -> None:
        """Take bytes that came, or none, into account."""
        seconds, least = SLOW
        self._bytes += count
        if time.monotonic() - self._begin < seconds:
            return
        if self._bytes < least * seconds:
            raise _SourceError(f"{urlsplit(url).netloc} sent only {in_words(self._bytes)} in {seconds:.0f} seconds")
        self._begin, self._bytes = time.monotonic(), 0


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
            with urlopen(request, timeout=SILENCE) as response:
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


@contextmanager
def _temporary_folder(folder: Path) -> Iterator[Path]:
    """Make a folder inside another one, on the same disk, and clean up so that both are gone if nothing was kept."""
    made = [path for path in (folder, *folder.parents) if not exists(path)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with temporary_folder(folder) as temporary:
            yield temporary
    finally:
        for path in made:
            with suppress(OSError):  # it holds what was downloaded
                path.rmdir()


def _disk_trouble(known: Downloaded, folder: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return (
            f"The disk with {folder} is full: {known.title} needs more than {known.megabytes}, "
            "so free some space or choose another data folder."
        )
    return f"{folder} cannot be written to ({error.strerror or error}): choose another data folder."

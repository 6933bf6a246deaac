"""Sets are fetched whole or not at all, whatever a server does."""

import errno
import gzip
import hashlib
import inspect
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from latentlab.core.data import downloads, registry
from latentlab.core.data.downloads import DownloadError, download
from latentlab.core.data.registry import DatasetError
from latentlab.core.data.sets.downloaded import Source
from latentlab.core.data.sets.torchvision_sets import torchvision_datasets
from tests.core.data.packed_sets import (
    COLOUR,
    DOWNLOADED,
    packed_set,
    zipped,
)


class Server(ThreadingHTTPServer):
    """Serves files from memory, and misbehaves on request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.cut_off: set[str] = set()
        self.hang_in: set[str] = set()
        self.may_go_on = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, *_: object) -> None:
        pass  # a client that went away


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        self.server.asked.append(path)
        content = self.server.files.get(path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        self.wfile.write(content[:half])
        self.wfile.flush()
        if path in self.server.cut_off:
            return
        if path in self.server.hang_in:
            self.server.may_go_on.wait(20)
        self.wfile.write(content[half:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.may_go_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def offer(server: Server, monkeypatch: pytest.MonkeyPatch, name: str, mirrors: tuple[str, ...] = ("",)) -> None:
    """Let a server offer a tiny set under the addresses that are known, or that torchvision knows."""
    server.files = packed_set(name)
    sums = [(file, md5_of(content)) for file, content in server.files.items()]
    known = DOWNLOADED[name]
    if name in COLOUR:
        sources = tuple(Source(md5, tuple(f"{server.url}{each}{file}" for each in mirrors)) for file, md5 in sums)
        monkeypatch.setitem(registry.DATASETS, name, replace(known, fetched=sources))
        return
    described = getattr(torchvision_datasets(), known.place[0])
    if name == "emnist-letters":
        monkeypatch.setattr(described, "url", server.url + sums[0][0])
        monkeypatch.setattr(described, "md5", sums[0][1])
    elif name == "qmnist":
        pairs = [(server.url + file, md5) for file, md5 in sums]
        monkeypatch.setattr(described, "resources", {"train": pairs[:2], "test": pairs[2:], "nist": []})
    else:
        monkeypatch.setattr(described, "mirrors", [server.url + mirror for mirror in mirrors])
        monkeypatch.setattr(described, "resources", sums)


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def failure(name: str, data_dir: Path) -> str:
    """Download what cannot be had, and give what is said; the folder must be as it was."""
    before = contents(data_dir)
    with pytest.raises(DownloadError) as caught:
        list(download(name, data_dir))
    assert contents(data_dir) == before
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    return said


@pytest.mark.parametrize("name", DOWNLOADED)
def test_a_set_arrives_whole_and_can_be_loaded(name, server, monkeypatch, tmp_path):
    offer(server, monkeypatch, name)
    messages = list(download(name, tmp_path))
    first, last = messages[0], messages[-1]
    assert (first.done_bytes, first.total_bytes) == (0, DOWNLOADED[name].download_bytes)
    assert last.done_bytes == last.total_bytes == sum(len(content) for content in server.files.values())
    assert all(message.name == name for message in messages)
    assert [message.done_bytes for message in messages] == sorted(message.done_bytes for message in messages)
    known = registry.status(name, tmp_path)
    assert (known.is_here, known.train_count, known.test_count) == (True, 300, 60)
    assert len(registry.load(name, tmp_path).train_images) == 300
    folder = DOWNLOADED[name].folder(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == sorted(DOWNLOADED[name].files)


@pytest.mark.parametrize("name", COLOUR)
def test_colour_pictures_arrive_upright_with_their_classes(name, server, monkeypatch, tmp_path):
    offer(server, monkeypatch, name)
    list(download(name, tmp_path))
    images = registry.load(name, tmp_path)
    side = 64 if name == "eurosat" else 32
    for pixels, labels in ((images.train_images, images.train_labels), (images.test_images, images.test_labels)):
        assert pixels.shape[1:] == (3, side, side)
        assert pixels.dtype == torch.uint8
        assert labels.bincount().tolist() == [len(labels) // 10] * 10
        red, green, blue = pixels.int().unbind(1)
        assert (red - 20 * labels[:, None, None]).abs().max() <= 8, "JPEG may be off by some"
        assert (blue[:, : side // 2 - 8] > 180).all()
        assert (blue[:, side // 2 + 8 :] < 20).all()
        if name != "eurosat":  # whose images are shuffled when they are split
            assert green[:, 0, 0].tolist() == [number % 240 for number in range(len(labels))]
            assert labels[:3].tolist() == [0, 1, 2]


def test_a_set_that_is_here_is_not_fetched_again(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist")
    list(download("mnist", tmp_path))
    asked = len(server.asked)
    (message,) = download("mnist", tmp_path)
    assert message.done_bytes == message.total_bytes
    assert len(server.asked) == asked == 4


def test_damaged_files_are_replaced(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist")
    list(download("mnist", tmp_path))
    path = DOWNLOADED["mnist"].folder(tmp_path) / "train-images-idx3-ubyte"
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    list(download("mnist", tmp_path))
    assert path.read_bytes() == whole


def test_the_next_mirror_is_tried_when_one_has_no_file(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist", mirrors=("gone/", ""))
    last = list(download("mnist", tmp_path))[-1]
    assert [path.startswith("gone/") for path in server.asked] == [True, False] * 4
    assert last.done_bytes == sum(len(content) for content in server.files.values())
    assert registry.status("mnist", tmp_path).is_here


def test_the_next_mirror_is_tried_when_one_breaks_off(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist", mirrors=("bad/", ""))
    for file, content in list(server.files.items()):
        server.files[f"bad/{file}"] = content
        server.cut_off.add(f"bad/{file}")
    last = list(download("mnist", tmp_path))[-1]
    assert last.done_bytes == sum(len(server.files[file]) for file in packed_set("mnist"))
    assert registry.status("mnist", tmp_path).is_here


def test_a_refusal_names_host_and_answer(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist")
    del server.files["t10k-labels-idx1-ubyte.gz"]  # the last one, when three are unpacked already
    said = failure("mnist", tmp_path)
    assert f"127.0.0.1:{server.server_port} answered 404 Not Found" in said
    assert "digits need no network" in said


def test_a_wrong_checksum_is_not_kept(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "fashion-mnist")
    server.files["t10k-images-idx3-ubyte.gz"] = gzip.compress(b"a page that asks for a password")
    said = failure("fashion-mnist", tmp_path)
    assert "t10k-images-idx3-ubyte.gz" in said
    assert "checksum" in said


def test_a_transfer_that_is_cut_off_is_not_kept(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "qmnist")
    server.cut_off.add("qmnist-test-images-idx3-ubyte.gz")
    assert f"the connection to 127.0.0.1:{server.server_port} broke off" in failure("qmnist", tmp_path)


def test_a_server_that_falls_silent_is_given_up(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist")
    monkeypatch.setattr(downloads, "SILENCE", 1.0)
    server.hang_in.add("train-images-idx3-ubyte.gz")
    assert "broke off" in failure("mnist", tmp_path)


def test_a_server_that_sends_without_end_is_given_up(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist")
    server.files["train-images-idx3-ubyte.gz"] = bytes(2 * registry.DATASETS["mnist"].download_bytes)
    assert "sent more than 12.8 MB as train-images-idx3-ubyte.gz" in failure("mnist", tmp_path)


def test_a_server_that_drips_is_given_up(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist")
    monkeypatch.setattr(downloads, "SLOW", (0.3, 10_000_000))
    server.hang_in.add("train-images-idx3-ubyte.gz")
    assert "in 0 seconds" in failure("mnist", tmp_path)


def test_without_a_connection_one_sentence_says_so(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist")
    server.shutdown()
    server.server_close()
    said = failure("mnist", tmp_path)
    assert said.startswith(f"MNIST could not be downloaded: no connection to 127.0.0.1:{server.server_port};")
    assert "the bundled digits need no network" in said


def test_an_archive_without_the_letters_is_a_sentence(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "emnist-letters")
    server.files["gzip.zip"] = zipped({"readme.txt": b"moved"})
    monkeypatch.setattr(torchvision_datasets().EMNIST, "md5", md5_of(server.files["gzip.zip"]))
    assert "gzip.zip arrived, but cannot be unpacked" in failure("emnist-letters", tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", zipped({"readme.txt": b"moved"}), zipped({"2750/River/River_1.jpg": b"no picture"})],
    ids=["empty", "text", "moved", "no picture"],
)
@pytest.mark.parametrize("name", COLOUR)
def test_colour_pictures_that_cannot_be_unpacked_are_a_sentence(name, content, server, monkeypatch, tmp_path):
    offer(server, monkeypatch, name)
    server.files = dict.fromkeys(server.files, content)
    known = registry.DATASETS[name]
    sources = tuple(replace(source, md5=md5_of(content)) for source in known.sources())
    monkeypatch.setitem(registry.DATASETS, name, replace(known, fetched=sources))
    said = failure(name, tmp_path)
    assert all(source.file in said for source in sources)
    assert "cannot be unpacked" in said


def test_a_cancel_is_seen_while_pictures_are_read(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "eurosat")
    monkeypatch.setattr(downloads, "_TICK", 0)
    cancelled = threading.Event()
    messages = download("eurosat", tmp_path / "new", cancelled)
    assert any(message.file.startswith("AnnualCrop_") for message in messages)
    cancelled.set()
    assert list(messages) == []
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("already", [False, True], ids=["new folder", "damaged files there"])
@pytest.mark.parametrize("how", ["event", "close"])
def test_a_cancel_in_the_middle_leaves_the_folder_as_it_was(how, already, server, monkeypatch, tmp_path):
    """The server hangs in the third file: the cancel is seen although nothing arrives."""
    offer(server, monkeypatch, "mnist")
    server.hang_in.add("t10k-images-idx3-ubyte.gz")
    folder = tmp_path / "new" / "data"
    if already:
        raw = folder / "MNIST" / "raw"
        raw.mkdir(parents=True)
        (raw / "train-images-idx3-ubyte").write_bytes(b"half")
    before = contents(tmp_path)
    cancelled = threading.Event()
    with closing(download("mnist", folder, cancelled)) as messages:
        middle = next(message for message in messages if message.file == "t10k-images-idx3-ubyte.gz")
        assert 0 < middle.done_bytes < middle.total_bytes
        assert contents(tmp_path) != before
        if how == "event":
            cancelled.set()
            assert list(messages) == []
    assert contents(tmp_path) == before
    assert not registry.status("mnist", folder).is_here


def test_a_cancel_before_the_start_asks_nobody(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist")
    cancelled = threading.Event()
    cancelled.set()
    assert [message.done_bytes for message in download("mnist", tmp_path, cancelled)] == [0]
    assert server.asked == []
    assert contents(tmp_path) == {}


def test_the_first_message_comes_before_the_network(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist")
    with closing(download("mnist", tmp_path)) as messages:
        assert next(messages).done_bytes == 0
        assert server.asked == []


def test_a_folder_that_cannot_be_made_is_a_sentence(server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist")
    (tmp_path / "file").write_text("no folder")
    said = failure("mnist", tmp_path / "file")
    assert str(tmp_path / "file") in said
    assert "choose another data folder" in said


@pytest.mark.parametrize(
    ("number", "expected"), [(errno.ENOSPC, "is full"), (errno.EACCES, "cannot be written to (Permission denied)")]
)
def test_trouble_with_the_disk_is_a_sentence(number, expected, server, monkeypatch, tmp_path):
    offer(server, monkeypatch, "mnist")
    original = Path.open

    def failing(path, *args, **kwargs):
        if path.name == "train-labels-idx1-ubyte":
            raise OSError(number, {errno.ENOSPC: "No space left on device", errno.EACCES: "Permission denied"}[number])
        return original(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", failing)
    said = failure("mnist", tmp_path)
    assert expected in said
    assert "another data folder" in said


def test_what_cannot_be_downloaded_says_so(tmp_path):
    for name in ("digits", "patches", "pages"):
        with pytest.raises(DownloadError, match="nothing to download"):
            list(download(name, tmp_path))
    with pytest.raises(DatasetError, match="no image set 'minst'"):
        list(download("minst", tmp_path))


def test_every_set_has_addresses_and_checksums():
    for name, known in DOWNLOADED.items():
        sources = known.sources()
        assert len(sources) == {"emnist-letters": 1, "cifar-10": 1, "svhn": 2, "eurosat": 1}.get(name, 4)
        if len(sources) == 4:
            assert {source.file.removesuffix(".gz") for source in sources} == set(known.files)
        for source in sources:
            assert len(source.md5) == 32
            assert all(url.startswith("http") and url.endswith(source.file) for url in source.urls)


def test_torchvision_tells_of_the_same_colour_pictures():
    svhn = torchvision_datasets().SVHN.split_list
    assert [(source.urls[0], source.file, source.md5) for source in DOWNLOADED["svhn"].sources()] == [
        tuple(svhn["train"]),
        tuple(svhn["test"]),
    ]
    (source,) = DOWNLOADED["eurosat"].sources()
    told = inspect.getsource(torchvision_datasets().EuroSAT)
    assert source.md5 in told
    assert any(url in told for url in source.urls)

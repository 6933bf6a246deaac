"""The files that TensorBoard reads: events with numbers, pictures and text, and embeddings for its projector.

Not by torch's own SummaryWriter: it hands records to a thread, which prints a traceback when the disk is full or the
folder is gone, and its file cannot be closed then; here they are written at once, where a failure can be told. Its
pictures and sprites are always of three colours (in grey twice the bytes and the time), and it lists the latest
embedding last.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats
from latentlab.core.data.pictures.picture_look import as_array, as_picture
from latentlab.core.errors import LatentlabError
from latentlab.core.output.export import sheet
from latentlab.core.writing import prove, whole_file

_SPRITE_SIDE = 2048  # pixels; browsers refuse textures of more than 8192


class TensorBoardError(LatentlabError):
    """What TensorBoard reads cannot be written; the message says why and what to do."""


def check(folder: Path) -> None:
    """See that events can be written to a folder, which is made if it is not there.

    Raises
    ------
    TensorBoardError
        When TensorBoard is not installed, or the folder cannot be written to.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise TensorBoardError("TensorBoard is not installed: pip install tensorboard, then try again.")
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    prove(folder / "events", "What TensorBoard reads", TensorBoardError)


class EventFiles:
    """Writes what belongs to one training into a folder of its own.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Raises
    ------
    TensorBoardError
        From everything here: when TensorBoard is not installed, or the disk does not take what is written.
    """

    def __init__(self, folder: Path) -> None:
        check(folder)
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.plugins.projector.projector_config_pb2 import EmbeddingInfo, ProjectorConfig
        from torch.utils.tensorboard import RecordWriter
        from torch.utils.tensorboard.summary import text

        self._folder, self._event, self._summary = folder, Event, Summary
        self._text: Any = text  # it has no types
        self._projector, self._embedding = ProjectorConfig, EmbeddingInfo
        self._embeddings: list[Any] = []
        with _told(folder):
            name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}"
            self._file = (folder / name).open("ab")  # two in one second may share it
            self._records = RecordWriter(self._file)
        try:
            self._write(Event(wall_time=time.time(), file_version="brain.Event:2"))
        except BaseException:
            with contextlib.suppress(OSError):  # of a disk that has refused already
                self._file.close()
            raise

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Write a number of a step."""
        self._add(self._summary(value=[self._summary.Value(tag=tag, simple_value=value)]), step)

    def picture(self, tag: str, pixels: npt.NDArray[np.uint8], step: int) -> None:
        """Write a picture, uint8 (C, H, W)."""
        channels, height, width = pixels.shape
        file = io.BytesIO()
        as_picture(pixels).save(file, "PNG")
        # Grey where it is: TensorBoard's checksum takes a millisecond for two kilobytes.
        image = self._summary.Image(
            height=height, width=width, colorspace=channels, encoded_image_string=file.getvalue()
        )
        self._add(self._summary(value=[self._summary.Value(tag=tag, image=image)]), step)

    def text(self, tag: str, markdown: str) -> None:
        """Write a text."""
        self._add(self._text(tag, markdown), 0)

    def embedding(self, name: str, codes: Floats, names: Sequence[str], images: npt.NDArray[np.uint8]) -> None:
        """Write codes for the projector.

        Parameters
        ----------
        name : str
            What the projector lists them as; also a folder's name.
        codes : float32 (N, L)
        names : sequence of str
            A word for each code, by which the projector colours it.
        images : uint8 (N, C, H, W)
            Shown in its place.
        """
        folder = self._folder / name
        thumbnails = _squares(images)
        with _told(folder):
            folder.mkdir(exist_ok=True)
        with _whole(folder / "tensors.tsv") as partial:
            np.savetxt(partial, codes, "%.6g", "\t")
        words = (" ".join(word.split()) for word in names)  # a tab would begin another column
        with _whole(folder / "metadata.tsv") as partial:
            partial.write_text("\n".join(words) + "\n", encoding="utf-8")
        with _whole(folder / "sprite.png") as partial:
            as_picture(_sprite(thumbnails)).save(partial, "PNG")
        embedding = self._embedding(
            tensor_name=name, tensor_path=f"{name}/tensors.tsv", metadata_path=f"{name}/metadata.tsv"
        )
        embedding.sprite.image_path = f"{name}/sprite.png"
        embedding.sprite.single_image_dim.extend(thumbnails.shape[:1:-1])
        self._embeddings.insert(0, embedding)  # what the projector shows first
        from google.protobuf import text_format

        with _whole(self._folder / "projector_config.pbtxt") as partial:
            partial.write_text(
                text_format.MessageToString(self._projector(embeddings=self._embeddings)), encoding="utf-8"
            )

    def flush(self) -> None:
        """Let a TensorBoard that is open see what was written."""
        with _told(self._folder):
            self._file.flush()

    def close(self) -> None:
        """Write what is left."""
        with _told(self._folder):
            self._file.close()

    def _add(self, summary: Any, step: int) -> None:
        self._write(self._event(wall_time=time.time(), step=step, summary=summary))

    def _write(self, event: Any) -> None:
        with _told(self._folder):
            self._records.write(event.SerializeToString())


def _whole(path: Path) -> AbstractContextManager[Path]:
    return whole_file(path, "What TensorBoard reads", TensorBoardError)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into a sentence."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise TensorBoardError(
            f"What TensorBoard reads cannot be written to {folder} ({reason}): choose another folder."
        ) from error


def _squares(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Bring images (N, C, H, W) into squares (N, C, S, S), smaller where a sprite of them would be too large.

    The projector draws every image as a square.
    """
    count, channels, height, width = images.shape
    side = min(max(height, width), _SPRITE_SIDE // _columns(count))
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    squares = np.zeros((count, channels, side, side), np.uint8)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    for square, image in zip(squares, images, strict=True):
        square[:, top : top + size[1], left : left + size[0]] = as_array(as_picture(image).resize(size))
    return squares


def _sprite(squares: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Join squares (N, C, S, S) to one picture, row by row, as many rows as columns: so the projector reads it."""
    count, channels, side, _ = squares.shape
    columns = _columns(count)
    cells = np.zeros((columns**2, channels, side, side), np.uint8)
    cells[:count] = squares
    return sheet(cells.reshape(columns, columns, channels, side, side), gap=0)


def _columns(count: int) -> int:
    return max(1, int(np.ceil(np.sqrt(count))))

"""Picture files that Pillow does not write: TIFF and PNG, byte by byte."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np


def write_tiff(
    path: Path, pages: Sequence[np.ndarray], tags: Mapping[int, int] | None = None, description: str = "", told: int = 0
) -> Path:
    """Write pages (H, W) or (H, W, C) of one shape as a TIFF file, little-endian and as they are.

    With `told`, only the first so many pages have a directory: the others follow the first one's pixels.
    """
    content = bytearray(b"II*\0\0\0\0\0")
    place = 4  # of where the next directory is told
    starts = []
    for page in pages:
        starts.append(len(content))
        content += page.astype(page.dtype.newbyteorder("<")).tobytes()
    for start, page in list(zip(starts, pages, strict=True))[: told or None]:
        height, width, *rest = page.shape
        samples = rest[0] if rest else 1
        bits = [8 * page.dtype.itemsize] * samples
        entries = {256: [width], 257: [height], 259: [1], 262: [2 if samples > 2 else 1], 277: [samples]}
        entries |= {258: bits, 339: [{"u": 1, "i": 2, "f": 3}[page.dtype.kind]] * samples}
        entries |= {273: [start], 278: [height], 279: [page.nbytes]}
        entries |= {tag: [value] for tag, value in (tags or {}).items()}
        directory = b""
        for tag in sorted(entries | ({270: []} if description else {})):
            text = description.encode() + b"\0"
            raw = struct.pack(f"<{len(entries[tag])}I", *entries[tag]) if tag != 270 else text
            kind, count = (4, len(entries[tag])) if tag != 270 else (2, len(text))
            if len(raw) > 4:
                raw, where = struct.pack("<I", len(content)), raw
                content += where
            directory += struct.pack("<HHI", tag, kind, count) + raw.ljust(4, b"\0")
        content[place : place + 4] = struct.pack("<I", len(content))
        content += struct.pack("<H", len(directory) // 12) + directory
        place = len(content)
        content += b"\0\0\0\0"
    path.write_bytes(content)
    return path


def write_png(path: Path, numbers: np.ndarray, kind: int, **chunks: bytes) -> Path:
    """Write numbers (H, W) or (H, W, C), uint8 or uint16, as a PNG file of a colour type, with further chunks."""
    height, width = numbers.shape[:2]
    lines = numbers.astype(numbers.dtype.newbyteorder(">")).reshape(height, -1)
    parts = {"IHDR": struct.pack(">IIBBBBB", width, height, 8 * numbers.dtype.itemsize, kind, 0, 0, 0), **chunks}
    parts |= {"IDAT": zlib.compress(b"".join(b"\0" + line.tobytes() for line in lines)), "IEND": b""}
    content = b"\x89PNG\r\n\x1a\n"
    for name, part in parts.items():
        whole = name.encode() + part
        content += struct.pack(">I", len(part)) + whole + struct.pack(">I", zlib.crc32(whole))
    path.write_bytes(content)
    return path

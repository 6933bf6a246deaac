"""One picture file of any kind becomes the levels that a person sees in it."""

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from latentlab.core.data.levels import Range
from latentlab.core.data.pictures.picture_frames import header_of
from latentlab.core.data.pictures.picture_look import Look, as_array, fitted, images_of
from latentlab.core.data.pictures.picture_survey import image_alone, survey
from latentlab.core.data.reading import Reading

# Red, green, blue and yellow quarters, and how bright Pillow finds them.
QUARTERS = np.zeros((16, 24, 3), np.uint8)
QUARTERS[:8, :12], QUARTERS[:8, 12:], QUARTERS[8:, :12], QUARTERS[8:, 12:] = (
    (200, 0, 0),
    (0, 160, 0),
    (0, 0, 250),
    (240, 230, 0),
)
GREYS = np.asarray(Image.fromarray(QUARTERS).convert("L"))


def read(path: Path, channels: int = 3, **look: object) -> list[np.ndarray]:
    """Give the images of a file by itself."""
    header = header_of(path)
    found = survey([path], Reading())
    how = Look(channels, found.range.scales(), found.ground, **look)  # type: ignore[arg-type]
    return [image.copy() for image in images_of(header, how)]


def save(path: Path, picture: Image.Image, **options: object) -> Path:
    picture.save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("a.png", {}, 0),
        ("a.bmp", {}, 0),
        ("a.tga", {}, 0),
        ("a.tiff", {"compression": "tiff_lzw"}, 0),
        ("a.ppm", {}, 0),
        ("a.pcx", {}, 0),
        ("a.qoi", {}, 0),
        ("a.dib", {}, 0),
        ("a.gif", {}, 0),
        ("a.webp", {"lossless": True}, 0),
        ("a.jp2", {"irreversible": False}, 0),
        ("a.jpg", {"quality": 95, "subsampling": 0}, 6),
        ("a.jpeg", {"quality": 95, "subsampling": 0, "progressive": True}, 6),
        ("a.jfif", {"format": "JPEG", "quality": 95, "subsampling": 0}, 6),
        ("a.jpe", {"format": "JPEG", "quality": 95, "subsampling": 0}, 6),
        ("a.avif", {"quality": 100, "subsampling": "4:4:4"}, 8),
        ("wrong name.png", {"format": "BMP"}, 0),
    ],
)
def test_a_file_of_each_format_is_read_in_colour_and_in_grey(name, options, tolerance, tmp_path) -> None:
    path = save(tmp_path / name, Image.fromarray(QUARTERS), **options)
    header = header_of(path)
    assert (header.sizes, header.may_have_colour, header.is_deep) == (((16, 24),), True, False)
    (image,) = read(path)
    assert image.shape == (3, 16, 24)
    np.testing.assert_allclose(image.transpose(1, 2, 0), QUARTERS, atol=tolerance)
    (image,) = read(path, 1)
    np.testing.assert_allclose(image[0], GREYS, atol=tolerance)


@pytest.mark.parametrize(
    ("mode", "name", "tolerance"),
    [("P", "a.png", 0), ("CMYK", "a.tiff", 0), ("CMYK", "a.jpg", 8), ("YCbCr", "a.tiff", 3), ("RGBA", "a.png", 0)],
)
def test_a_picture_in_each_mode_has_its_colours(mode, name, tolerance, tmp_path) -> None:
    colours = Image.fromarray(QUARTERS)
    picture = colours.quantize(8) if mode == "P" else colours.convert(mode)
    (image,) = read(save(tmp_path / name, picture))
    np.testing.assert_allclose(image.transpose(1, 2, 0), QUARTERS, atol=tolerance)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P"])
def test_a_grey_picture_in_each_mode_is_grey(mode, tmp_path) -> None:
    ink = np.full((16, 24), 255 if mode == "1" else 180, np.uint8)
    ink[:, 5:] = 0
    path = save(tmp_path / "a.png", Image.fromarray(ink).convert(mode))
    assert not survey([path], Reading()).is_coloured
    (image,) = read(path, 1)
    np.testing.assert_array_equal(image[0], ink)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tiff", "a.webp", "a.avif"])
def test_turns_and_flips_of_exif_are_honoured(name, orientation, tmp_path) -> None:
    # Stored so that the turn makes it upright again: as a camera does that is held sideways.
    undo = {
        2: "FLIP_LEFT_RIGHT",
        3: "ROTATE_180",
        4: "FLIP_TOP_BOTTOM",
        5: "TRANSPOSE",
        6: "ROTATE_90",
        7: "TRANSVERSE",
    }
    undo[8] = "ROTATE_270"
    stored = Image.fromarray(QUARTERS)
    if orientation > 1:
        stored = stored.transpose(Image.Transpose[undo[orientation]])
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"a.jpg": {"quality": 95, "subsampling": 0}, "a.avif": {"quality": 95, "subsampling": "4:4:4"}}
    path = save(tmp_path / name, stored, exif=exif, **options.get(name, {"lossless": True}))
    assert header_of(path).sizes == ((16, 24),)
    (image,) = read(path)
    np.testing.assert_allclose(image[:, 4::8, 6::12].transpose(1, 2, 0), QUARTERS[4::8, 6::12], atol=12)


def test_large_photos_that_lie_are_no_less_sharp(tmp_path) -> None:
    # Stripes of a pixel's width at the size that is asked for.
    stripes = np.zeros((640, 1280), np.uint8)
    stripes[:, (np.arange(1280) // 20) % 2 == 1] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "a.jpg", Image.fromarray(stripes).transpose(Image.Transpose.ROTATE_90), exif=exif)
    (image,) = read(path, 1, size=(32, 64))
    assert image[0, :, 1::2].min() > 200
    assert image[0, :, ::2].max() < 55


def test_frames_of_stacks_are_images(tmp_path) -> None:
    frames = [Image.new("L", (9, 8), 40 * number) for number in range(1, 5)]
    for name in ("a.tiff", "a.gif", "a.png", "a.webp"):
        path = save(tmp_path / name, frames[0], save_all=True, append_images=frames[1:], lossless=True)
        assert [int(image[0, 4, 4]) for image in read(path, 1)] == [40, 80, 120, 160], name


def test_smaller_copies_and_previews_within_a_file_are_no_images(tmp_path) -> None:
    tags = {254: 1}
    whole, small = Image.new("L", (32, 32), 90), Image.new("L", (16, 16), 80)
    small.encoderinfo = {"tiffinfo": tags}
    path = save(tmp_path / "pyramid.tiff", whole, save_all=True, append_images=[small])
    header = header_of(path)
    assert (header.sizes, header.passed_over) == (((32, 32),), 1)
    camera = save(tmp_path / "camera.jpg", whole, format="MPO", save_all=True, append_images=[small])
    header = header_of(camera)
    assert (header.sizes, header.passed_over) == (((32, 32),), 1)
    assert len(read(camera, 1)) == 1


@pytest.mark.parametrize(
    ("name", "numbers", "expected"),
    [
        ("a.png", np.uint16([[0, 65_535, 32_896, 257]] * 8), [0, 255, 128, 1]),
        ("a.tiff", np.uint16([[0, 4095, 2048, 1024]] * 8), [0, 255, 128, 64]),
        ("a.pgm", np.uint16([[0, 65_535, 32_896, 257]] * 8), [0, 255, 128, 1]),
        ("a.tiff", np.int32([[0, 1023, 512, 256]] * 8), [0, 255, 128, 64]),
        ("a.tiff", np.float32([[0, 1, 0.5, np.nan]] * 8), [0, 255, 128, 0]),
        ("a.tiff", np.float32([[-1, 1, 0, -0.5]] * 8), [0, 255, 128, 64]),
        ("a.tiff", np.float32([[0, 255, 128, 64]] * 8), [0, 255, 128, 64]),
        ("a.jp2", np.uint16([[0, 65_535, 32_896, 257]] * 8), [0, 255, 128, 1]),
    ],
)
def test_deep_greys_are_scaled_to_levels(name, numbers, expected, tmp_path) -> None:
    path = save(tmp_path / name, Image.fromarray(numbers))
    assert header_of(path).is_deep
    (image,) = read(path, 1)
    assert image[0, 3].tolist() == expected
    (image,) = read(path, 3)
    assert image[:, 3].tolist() == [expected] * 3


INK = np.zeros((8, 8), np.uint8)
INK[2:4] = 255


@pytest.mark.parametrize(
    ("levels", "ground"), [((255,), 0), ((0,), 255), ((0, 255), 128), ((90,), 255), ((230,), 0)], ids=str
)
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_the_ground_of_transparent_pictures_shows_the_ink_of_all_of_them(levels, ground, mode, tmp_path) -> None:
    paths = []
    for level in levels:
        picture = Image.merge("LA", (Image.new("L", (8, 8), level), Image.fromarray(INK)))
        if mode == "P":
            picture = picture.convert("RGBA").quantize(4)
        paths.append(save(tmp_path / f"{level}.png", picture if mode == "P" else picture.convert(mode)))
    found = survey(paths, Reading())
    assert found.ground == ground
    for level, path in zip(levels, paths, strict=True):
        (image,) = images_of(header_of(path), Look(1, found.range.scales(), found.ground))
        assert (int(image[0, 0, 0]), int(image[0, 3, 0])) == (ground, level)


def test_pictures_that_are_opaque_or_empty_need_no_ground(tmp_path) -> None:
    save(tmp_path / "opaque.png", Image.new("RGBA", (8, 8), (9, 9, 9, 255)))
    save(tmp_path / "empty.png", Image.new("RGBA", (8, 8), (200, 0, 0, 0)))
    found = survey([tmp_path / "opaque.png", tmp_path / "empty.png"], Reading())
    assert found.contrast is None
    assert not found.is_coloured, "what is transparent has no colour"


@pytest.mark.parametrize(
    ("fit", "size", "expected"),
    [
        ("crop", (8, 8), [[9, 9], [9, 9]]),
        ("stretch", (8, 8), [[0, 0], [9, 9]]),
        ("pad", (16, 16), [[255, 255], [0, 9]]),
    ],
)
def test_pictures_are_brought_to_a_size_in_the_way_that_is_chosen(fit, size, expected, tmp_path) -> None:
    # 32 wide, 16 high: black at its left end, level 9 elsewhere.
    pixels = np.full((16, 32), 9, np.uint8)
    pixels[:, :8] = 0
    (image,) = read(save(tmp_path / "a.png", Image.fromarray(pixels)), 1, size=size, fit=fit, margin=255)
    assert image.shape == (1, *size)
    corners = image[0, [0, size[0] // 2]][:, [0, size[1] - 1]]
    if fit == "stretch":
        corners = corners.T
        assert corners[0, 0] <= 1
    else:
        assert corners.tolist() == expected


@settings(deadline=None, max_examples=40)
@given(
    own=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    size=st.tuples(st.integers(8, 40), st.integers(8, 40)),
    fit=st.sampled_from(["crop", "pad", "stretch"]),
    mode=st.sampled_from(["L", "RGB"]),
)
def test_any_picture_fits_into_any_size(own, size, fit, mode) -> None:
    look = Look(1 if mode == "L" else 3, Range().scales(), size=size, fit=fit)
    picture = fitted(Image.new(mode, own[::-1], 77 if mode == "L" else (77, 77, 77)), look)
    image = as_array(picture)
    assert image.shape == (look.channels, *size)
    assert set(np.unique(image)) <= {0, 77}
    assert fit == "pad" or image.min() == 77


@settings(deadline=None, max_examples=60)
@given(
    cut=st.integers(0, 400), byte=st.integers(0, 255), suffix=st.sampled_from(["png", "jpeg", "gif", "tiff", "webp"])
)
def test_damaged_files_are_unreadable_or_read_and_nothing_else(cut, byte, suffix, tmp_path_factory) -> None:
    written = io.BytesIO()
    Image.fromarray(QUARTERS).save(written, suffix)
    content = bytearray(written.getvalue())
    if cut < len(content):
        content[cut] = byte
    path = tmp_path_factory.getbasetemp() / f"damaged.{suffix}"
    path.write_bytes(content[: max(len(content) - cut, 0)] if byte % 2 else content)
    found = survey([path], Reading())
    assert len(found.headers) <= 1


def test_a_page_of_no_set_has_its_own_scale(tmp_path) -> None:
    path = save(tmp_path / "page.png", Image.fromarray(np.uint16([[4000, 30]] * 8)))
    assert image_alone(path)[0, 0].tolist() == [249, 2]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def write_deep_png(path: Path, numbers: np.ndarray) -> None:
    """Write colours of 16 bits (H, W, 3), which Pillow does not."""
    height, width, _ = numbers.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in numbers)
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([16, 2, 0, 0, 0])
    signature = b"\x89PNG\r\n\x1a\n"
    path.write_bytes(signature + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b""))


def write_deep_tiff(path: Path, numbers: np.ndarray, order: str) -> None:
    """Write colours of 16 bits (H, W, 3), not compressed."""
    height, width, _ = numbers.shape
    pixels = numbers.astype(f"{order}u2").tobytes()
    end, start = ("little", b"II*\0") if order == "<" else ("big", b"MM\0*")
    tags = {256: width, 257: height, 258: 0, 259: 1, 262: 2, 273: 8, 277: 3, 278: height, 279: len(pixels), 284: 1}
    after = 8 + len(pixels)
    bits = after + 2 + 12 * len(tags) + 4
    entries = b""
    for tag, value in tags.items():
        count, stored = (3, bits) if tag == 258 else (1, value)
        entries += tag.to_bytes(2, end) + (3 if tag == 258 else 4).to_bytes(2, end)
        entries += count.to_bytes(4, end) + stored.to_bytes(4, end)
    directory = len(tags).to_bytes(2, end) + entries + bytes(4)
    path.write_bytes(start + after.to_bytes(4, end) + pixels + directory + (16).to_bytes(2, end) * 3)


@pytest.mark.parametrize("kind", ["png", "tiff <", "tiff >"])
@pytest.mark.parametrize("highest", [65_535, 4095, 1023])
def test_colours_of_16_bits_are_scaled_as_greys_are(kind, highest, tmp_path) -> None:
    numbers = np.rint(QUARTERS / 255 * highest).astype(np.uint16)
    path = tmp_path / f"a.{kind[:4].strip()}"
    if kind == "png":
        write_deep_png(path, numbers)
    else:
        write_deep_tiff(path, numbers, kind[-1])
    header = header_of(path)
    assert (header.sizes, header.is_deep) == (((16, 24),), True)
    assert survey([path], Reading()).is_coloured
    (image,) = read(path)
    np.testing.assert_allclose(image.transpose(1, 2, 0), QUARTERS, atol=0 if highest > 4000 else 1)
    (image,) = read(path, 1)
    np.testing.assert_allclose(image[0], GREYS, atol=1)

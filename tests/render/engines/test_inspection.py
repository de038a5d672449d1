"""What a file is follows from its bytes: its name says nothing, and what is harmful is told in a sentence, not run."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from contracts.messages.upload import Media, Unfit
from services.render.engines.inspection import inspect
from services.render.engines.process import Limits
from tests.render.stages import reels


async def found(folder: Path, content: bytes, name: str = "file") -> Media | Unfit:
    (folder / name).write_bytes(content)
    return await inspect(folder / name)


async def unfit(folder: Path, content: bytes) -> Unfit:
    answer = await found(folder, content)
    assert isinstance(answer, Unfit), answer
    return answer


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it has so many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 10_000))
        + chunk(b"IEND", b"")
    )


async def test_a_film_is_told_by_its_bytes_whatever_it_is_called(tmp_path: Path) -> None:
    content = reels.clip(tmp_path / "a.mp4", "red", 2)
    answer = await found(tmp_path, content, "harmless.txt")
    assert answer == Media(
        media_type="video/mp4", extension="mp4", duration_ms=2000, width=320, height=180, pictures=True, sound=True
    )


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("b.wav", "audio/wav"), ("b.mp3", "audio/mpeg"), ("b.m4a", "audio/mp4"), ("b.flac", "audio/flac")],
)
async def test_a_sound_is_told_with_its_length(name: str, media_type: str, tmp_path: Path) -> None:
    answer = await found(tmp_path, reels.tone(tmp_path / name, 1))
    assert isinstance(answer, Media)
    assert (answer.media_type, answer.pictures, answer.sound) == (media_type, False, True)
    assert 990 <= (answer.duration_ms or 0) <= 1100


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_is_told_with_its_size(kind: str, tmp_path: Path) -> None:
    answer = await found(tmp_path, reels.picture(reels.RED, (64, 48), kind))
    assert isinstance(answer, Media)
    assert (answer.media_type, answer.width, answer.height, answer.duration_ms) == (
        f"image/{kind.lower()}",
        64,
        48,
        None,
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"#EXTM3U\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"GIF89a" + bytes(100),
        b"%PDF-1.7",
        b"PK\x03\x04" + bytes(100),
        b"<html><script>alert(1)</script>",
    ],
)
async def test_what_is_no_media_is_refused_by_its_first_bytes(content: bytes, tmp_path: Path) -> None:
    answer = await unfit(tmp_path, content)
    assert answer.code == "upload.wrong_type"
    assert "MP4" in answer.message


async def test_a_picture_with_too_many_pixels_is_not_unpacked(tmp_path: Path) -> None:
    assert "11000 × 11000 pixels" in (await unfit(tmp_path, bomb(11_000, 11_000))).message
    assert "3600000000 pixels" in (await unfit(tmp_path, bomb(60_000, 60_000))).message


async def test_a_film_that_is_cut_off_or_only_begins_like_one_is_unfit(tmp_path: Path) -> None:
    content = reels.clip(tmp_path / "a.mp4", "red", 1)
    for wrong in (content[: len(content) // 2], content[:40] + bytes(1000), b"\x1aE\xdf\xa3" + bytes(500)):
        assert (await unfit(tmp_path, wrong)).code == "upload.unfit"


async def test_a_page_behind_a_picture_is_that_picture(tmp_path: Path) -> None:
    answer = await found(tmp_path, reels.picture(reels.RED, (8, 8)) + b"<script>alert(1)</script>")
    assert isinstance(answer, Media)
    assert answer.media_type == "image/png"


async def test_an_animation_is_no_picture(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    assert "animation" in (await unfit(tmp_path, buffer.getvalue())).message


async def test_looking_ends_at_its_deadline(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(reels.picture(reels.RED))
    answer = await inspect(tmp_path / "file", Limits(seconds=0.001, file_size=0))
    assert isinstance(answer, Unfit)
    assert "within 0.001 s" in answer.message


async def test_a_program_that_breaks_says_that_the_file_broke_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(reels.picture(reels.RED))
    answer = await inspect(tmp_path / "file", Limits(seconds=30, memory=1 << 22, file_size=0))
    assert isinstance(answer, Unfit)

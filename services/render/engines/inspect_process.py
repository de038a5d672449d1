"""Look into a file that somebody sent, in a process of its own.

    python -I inspect_process.py PATH      (this file is run, never imported)

Printed is one JSON object: {"media": …} as `contracts.messages.upload.Media` has it, or {"unfit": {"code", "message"}}.
What the file is follows from its first bytes alone, and then every picture and sound of it has to decode: a name and a
declared type are never looked at, and no file is opened but this one. Exit code 3: the libraries are not installed.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any, BinaryIO

try:
    import av
    from av.error import FFmpegError
    from PIL import Image, UnidentifiedImageError
except ImportError:
    sys.exit(3)

MOST_PIXELS = 50_000_000
LONGEST_SIDE = 12_000
LONGEST_MS = 4 * 60 * 60 * 1000
MOST_STREAMS = 8
MOST_PACKETS = 2_000_000
PICTURE_CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "prores"})
SOUND_CODECS = frozenset({"aac", "mp3", "opus", "vorbis", "flac", "alac"})
_ALLOWED = "MP4, MOV, WebM and MKV films, WAV, MP3, M4A, FLAC and Ogg sound, and JPEG, PNG and WebP pictures are taken"
_ATTACHED = 0x0400
"""The disposition of a cover, which is a picture but no film."""


class NotTaken(Exception):
    """The file is not taken, for this code and this reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def main(path: Path) -> dict[str, Any]:
    """What is in the file, or why it is not taken."""
    warnings.simplefilter("error")
    try:
        with path.open("rb") as file:
            return {"media": looked_into(file)}
    except NotTaken as error:
        return {"unfit": {"code": error.code, "message": error.message}}
    except MemoryError:
        return {"unfit": {"code": "upload.unfit", "message": "The file needs more memory to be read than it may take."}}


def looked_into(file: BinaryIO) -> dict[str, Any]:
    """The media that the first bytes announce, if the rest is that. Raises `NotTaken`."""
    head = file.read(64)
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        return picture(file, "JPEG", "image/jpeg", "jpg")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return picture(file, "PNG", "image/png", "png")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return picture(file, "WEBP", "image/webp", "webp")
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return timed(file, "wav", ("audio/wav", "wav"), None)
    if head.startswith(b"fLaC"):
        return timed(file, "flac", ("audio/flac", "flac"), None)
    if head.startswith(b"OggS"):
        return timed(file, "ogg", ("audio/ogg", "ogg"), None)
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return timed(file, "mp3", ("audio/mpeg", "mp3"), None)
    if head[4:8] == b"ftyp":
        film = ("video/quicktime", "mov") if head[8:12] == b"qt  " else ("video/mp4", "mp4")
        return timed(file, "mov", ("audio/mp4", "m4a"), film)
    if head.startswith(b"\x1aE\xdf\xa3"):
        film = ("video/webm", "webm") if b"webm" in head else ("video/x-matroska", "mkv")
        return timed(file, "matroska", ("audio/webm", "weba"), film)
    raise NotTaken("upload.wrong_type", f"The bytes begin like nothing that is taken: {_ALLOWED}.")


def picture(file: BinaryIO, kind: str, media_type: str, extension: str) -> dict[str, Any]:
    """A still picture, decoded once. Its size is checked before its pixels are made."""
    Image.MAX_IMAGE_PIXELS = LONGEST_SIDE * LONGEST_SIDE  # what is larger is not even opened
    try:
        with Image.open(file, formats=(kind,)) as image:
            check_size(*image.size)
            if getattr(image, "n_frames", 1) > 1:
                raise NotTaken("upload.unfit", "The picture is an animation: send it as a film, or one picture of it.")
            image.load()
            width, height = image.size
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotTaken("upload.unfit", f"The picture cannot be read: {str(error)[:200].rstrip('.')}.") from error
    except (OSError, SyntaxError, ValueError, EOFError, Warning) as error:
        reason = f"The picture is damaged: {str(error)[:200]}. Save it again, then send it again."
        raise NotTaken("upload.unfit", reason) from error
    return told(media_type, extension, width=width, height=height, pictures=True)


def timed(file: BinaryIO, demuxer: str, sound: tuple[str, str], film: tuple[str, str] | None) -> dict[str, Any]:
    """A film or a sound; the demuxer is named, so that nothing is taken for a list of other files."""
    try:
        with av.open(file, format=demuxer, options={"protocol_whitelist": "none"}) as container:
            return streams(container, sound, film)
    except (FFmpegError, IndexError, ValueError, OverflowError, EOFError) as error:
        reason = f"The file is damaged, or cut off: {str(error)[:200]}. Export it again, then send it again."
        raise NotTaken("upload.unfit", reason) from error


def streams(container: Any, sound: tuple[str, str], film: tuple[str, str] | None) -> dict[str, Any]:
    """What the container holds, decoded as far as its first picture and its first sound."""
    if len(container.streams) > MOST_STREAMS:
        raise NotTaken(
            "upload.unfit", f"The file has {len(container.streams)} streams, at most {MOST_STREAMS} are read."
        )
    seen = [one for one in container.streams.video if not int(one.disposition) & _ATTACHED] if film else []
    heard = list(container.streams.audio)
    if not seen and not heard:
        raise NotTaken("upload.unfit", "The file holds neither pictures nor sound.")
    if seen and seen[0] is not container.streams.video[0]:
        raise NotTaken("upload.unfit", "The file begins with a cover picture: export it without one.")
    for stream in (*seen[:1], *heard[:1]):
        check_codec(stream)
    width = height = None
    if seen:
        width, height = seen[0].codec_context.width, seen[0].codec_context.height
        check_size(width, height)
    lasts = length_ms(container)
    for stream in (*seen[:1], *heard[:1]):
        container.seek(0)
        if next(container.decode(stream), None) is None:
            raise NotTaken("upload.unfit", f"The file's {stream.type} cannot be decoded: export it again.")
    media_type, extension = film if seen and film else sound
    return told(
        media_type, extension, duration_ms=lasts, width=width, height=height, pictures=bool(seen), sound=bool(heard)
    )


def check_codec(stream: Any) -> None:
    """Raises `NotTaken` for one that is not read."""
    name = stream.codec_context.codec.canonical_name
    known = name in PICTURE_CODECS if stream.type == "video" else name in SOUND_CODECS or name.startswith("pcm_")
    if not known:
        raise NotTaken("upload.unfit", f"The codec {name[:40]!r} is not read: export it as H.264 and AAC.")


def check_size(width: int, height: int) -> None:
    """Raises `NotTaken` for pictures that would take too much memory."""
    if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE and width * height <= MOST_PIXELS):
        raise NotTaken(
            "upload.unfit",
            f"The picture has {width} × {height} pixels: at most {LONGEST_SIDE:,} on a side and {MOST_PIXELS:,} "
            "altogether are read. Make it smaller.",
        )


def length_ms(container: Any) -> int:
    """How long it is; of a file that does not say, the end of its last packet. Raises `NotTaken`."""
    lasts = (container.duration or 0) / 1000
    if lasts <= 0:
        for count, packet in enumerate(container.demux()):
            if count > MOST_PACKETS:
                raise NotTaken("upload.unfit", "The file does not say how long it is: export it again.")
            if packet.pts is not None and packet.time_base:
                lasts = max(lasts, float((packet.pts + (packet.duration or 0)) * packet.time_base) * 1000)
    if not 0 < lasts <= LONGEST_MS:
        raise NotTaken(
            "upload.unfit", f"The file lasts {lasts / 1000:.1f} s: between 0 and {LONGEST_MS // 1000} are read."
        )
    return max(int(lasts), 1)


def told(media_type: str, extension: str, **found: Any) -> dict[str, Any]:
    """As `Media` has it."""
    return {"mediaType": media_type, "extension": extension} | {
        {"duration_ms": "durationMs"}.get(name, name): value for name, value in found.items()
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))  # noqa: T201 -- the parent reads this

"""Small films, sounds and pictures, made for a test to be cut into another film."""

import io
import subprocess
from pathlib import Path

import imageio_ffmpeg
from PIL import Image

RED, GREEN, BLUE = (200, 20, 20), (20, 160, 20), (20, 20, 200)


def clip(path: Path, colour: str, seconds: float = 4, *, tone: int = 440) -> bytes:
    """A film of one colour that beeps."""
    _ffmpeg(
        path,
        *("-f", "lavfi", "-i", f"color=c={colour}:s=320x180:r=25:d={seconds}"),
        *("-f", "lavfi", "-i", f"sine=frequency={tone}:sample_rate=44100:duration={seconds}"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"),
    )
    return path.read_bytes()


def tone(path: Path, seconds: float = 4) -> bytes:
    """A quiet beep."""
    _ffmpeg(path, "-f", "lavfi", "-i", f"sine=frequency=880:duration={seconds}", "-filter:a", "volume=0.05")
    return path.read_bytes()


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (400, 300), kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def _ffmpeg(path: Path, *arguments: str) -> None:
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments, str(path)]
    subprocess.run(program, check=True, stdin=subprocess.DEVNULL)

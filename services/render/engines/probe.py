"""What is really in a finished film, read by another library than the one that made it."""

from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError

from services.render.stages.errors import StageFailed


@dataclass(frozen=True, slots=True)
class Probed:
    """Codecs and durations in ms; `pictures_ms` follows from the number of pictures, not from what a header claims."""

    video_codec: str
    audio_codec: str
    width: int
    height: int
    pictures_ms: float
    sound_ms: float
    duration_ms: float


def probe(film: Path) -> Probed:
    """Blocks for some milliseconds. `video.streams_wrong` when the file is no film with one picture and one sound."""
    try:
        with av.open(str(film)) as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            rate, base, span = video.average_rate, audio.time_base, audio.duration
            if not rate or not base or span is None or container.duration is None:
                message = "the film does not say how long it is: check the ffmpeg program"
                raise StageFailed("video.streams_wrong", message, retryable=True)
            return Probed(
                video_codec=video.codec_context.name,
                audio_codec=audio.codec_context.name,
                width=video.codec_context.width,
                height=video.codec_context.height,
                pictures_ms=float(video.frames * 1000 / rate),
                sound_ms=float(span * base * 1000),
                duration_ms=container.duration / 1000,
            )
    except (FFmpegError, IndexError) as error:
        message = f"the film cannot be read again: {error}; render it again, and check the ffmpeg program"
        raise StageFailed("video.streams_wrong", message, retryable=True) from error

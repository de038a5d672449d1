"""Sound that is as loud as sound should be: measured once, then set to −16 LUFS with peaks below −1.5 dBTP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.render.engines.ffmpeg import Ffmpeg, Filter, Source, Target
from services.render.stages.errors import StageFailed

TARGET_LUFS = -16.0
PEAK_DBTP = -1.5
SILENCE_LUFS = -70.0
RATE = 48_000
_TARGETS: dict[str, float] = {"I": TARGET_LUFS, "TP": -2.0, "LRA": 11.0}

WARMTH = (
    Filter.of("aresample", sample_rate=RATE, resampler="soxr", precision=28),
    Filter.of("highpass", f=70),
    Filter.of("equalizer", f=180, width_type="q", w=0.9, g=2.0),
    Filter.of("equalizer", f=3200, width_type="q", w=1.1, g=-2.0),
    Filter.of("highshelf", f=7000, g=-1.5),
    Filter.of("aecho", in_gain=0.9, out_gain=0.9, delays="13|29|47", decays="0.07|0.05|0.03"),
    Filter.of("acompressor", threshold=0.09, ratio=3.0, attack=6, release=140, makeup=1.6),
    Filter.of("alimiter", limit=0.5, level="disabled"),
)
"""What a dry synthetic voice needs: less rumble and less glare, a little room, an even level."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness in LUFS, true peak in dBTP."""

    integrated: float
    peak: float


async def set_loudness(ffmpeg: Ffmpeg, source: str, target: str, duration_ms: int, folder: Path) -> Loudness:
    """Read a recording, write it in 48 kHz, 16 bit, mono, exactly `duration_ms` long; what came out is returned."""
    first = await ffmpeg.run(
        "speech",
        [Source(source)],
        Target(None),
        folder=folder,
        sound=[*WARMTH, measuring()],
    )
    measured = _figures(first)
    second = await ffmpeg.run(
        "speech",
        [Source(source)],
        Target(target, ("-c:a", "pcm_s16le", "-ar", str(RATE), "-ac", "1")),
        folder=folder,
        sound=[
            *WARMTH,
            _corrected(measured),
            Filter.of("aresample", sample_rate=RATE),
            Filter.of("apad"),
            Filter.of("atrim", end_sample=duration_ms * RATE // 1000),
        ],
    )
    result = _figures(second)
    return Loudness(result["output_i"], result["output_tp"])


def measuring() -> Filter:
    """Measures what it hears, for `levelled` to read."""
    return Filter.of("loudnorm", **_TARGETS, print_format="json")


def levelled(printed: str) -> Filter | None:
    """What sets that which `measuring` heard to its loudness; None where it heard nothing."""
    measured = _figures(printed)
    return None if measured["input_i"] <= SILENCE_LUFS else _corrected(measured)


def _corrected(measured: Mapping[str, float]) -> Filter:
    return Filter.of(
        "loudnorm",
        **_TARGETS,
        measured_I=measured["input_i"],
        measured_TP=measured["input_tp"],
        measured_LRA=measured["input_lra"],
        measured_thresh=measured["input_thresh"],
        offset=measured["target_offset"],
        linear="true",
        print_format="json",
    )


def _figures(printed: str) -> dict[str, float]:
    start, end = printed.rfind("{"), printed.rfind("}")
    try:
        figures: dict[str, str] = json.loads(printed[start : end + 1])
        return {name: max(float(value), -99.0) for name, value in figures.items() if name != "normalization_type"}
    except ValueError as error:
        message = "ffmpeg measured no loudness: the recording may be empty or silent; change the script, then retry"
        raise StageFailed("speech.failed", message, retryable=False, cause=printed[-2000:]) from error

"""Sound that is as loud as sound should be: measured once, then set to −16 LUFS with peaks below −1.5 dBTP.

A narration is even: one factor sets it right, and a limiter holds the few peaks that would stand out. What users bring
may be anything, so it goes through ffmpeg's `loudnorm`, which follows it; that takes eight times as long.
"""

import json
import re
from pathlib import Path

from services.render.engines.ffmpeg import Ffmpeg, Filter, Source, Target
from services.render.stages.errors import StageFailed

TARGET_LUFS = -16.0
PEAK_DBTP = -1.5
SILENCE_LUFS = -70.0
RATE = 48_000
_TARGETS: dict[str, float] = {"I": TARGET_LUFS, "TP": -2.0, "LRA": 11.0}
_BETWEEN_SAMPLES_DB = 0.5
"""So much higher than its samples may the sound be between them."""
_WARM = "speech.warm.wav"
_INTEGRATED = re.compile(r"\bI:\s+(-?[\d.]+) LUFS")

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


async def set_loudness(ffmpeg: Ffmpeg, source: str, target: str, duration_ms: int, folder: Path) -> None:
    """Read a recorded voice, write it warmed in 48 kHz, 16 bit, mono, exactly `duration_ms` long. `speech.failed`."""
    printed = await ffmpeg.run(
        "speech",
        [Source(source)],
        Target(_WARM, ("-c:a", "pcm_f32le")),
        folder=folder,
        sound=[*WARMTH, Filter.of("ebur128", framelog="quiet")],
    )
    limit = 10 ** ((PEAK_DBTP - _BETWEEN_SAMPLES_DB) / 20)
    await ffmpeg.run(
        "speech",
        [Source(_WARM)],
        Target(target, ("-c:a", "pcm_s16le", "-ar", str(RATE), "-ac", "1")),
        folder=folder,
        sound=[
            Filter.of("volume", volume=f"{TARGET_LUFS - _integrated(printed):.1f}dB"),
            Filter.of("alimiter", limit=round(limit, 4), level="disabled", latency="true"),
            Filter.of("apad"),
            Filter.of("atrim", end_sample=duration_ms * RATE // 1000),
        ],
    )


def _integrated(printed: str) -> float:
    """In LUFS, to a tenth. It stands in the summary, which is the last that is printed."""
    found = _INTEGRATED.findall(printed)
    if not found or float(found[-1]) <= SILENCE_LUFS:
        message = "the voice has left nothing that can be heard: change the script, then retry"
        raise StageFailed("speech.failed", message, retryable=False, cause=printed[-2000:])
    return float(found[-1])


def measuring() -> Filter:
    """Measures what it hears, for `levelled` to read."""
    return Filter.of("loudnorm", **_TARGETS, print_format="json")


def levelled(printed: str) -> Filter | None:
    """What sets that which `measuring` heard to its loudness; None where it heard nothing. `video.encoder_failed`."""
    try:
        measured: dict[str, str] = json.loads(printed[printed.rfind("{") : printed.rfind("}") + 1])
        if float(measured["input_i"]) <= SILENCE_LUFS:
            return None
        return Filter.of(
            "loudnorm",
            **_TARGETS,
            measured_I=float(measured["input_i"]),
            measured_TP=float(measured["input_tp"]),
            measured_LRA=float(measured["input_lra"]),
            measured_thresh=float(measured["input_thresh"]),
            offset=float(measured["target_offset"]),
            linear="true",
        )
    except (ValueError, KeyError) as error:
        message = "ffmpeg has not said how loud the film is: check the ffmpeg program, then render it again"
        raise StageFailed("video.encoder_failed", message, retryable=True, cause=printed[-2000:]) from error

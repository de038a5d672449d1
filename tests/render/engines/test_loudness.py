"""A narration is as loud as promised, no peak stands out, and what cannot be heard is refused."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from services.render.engines.ffmpeg import Ffmpeg
from services.render.engines.loudness import PEAK_DBTP, TARGET_LUFS, levelled, set_loudness
from services.render.stages.errors import StageFailed

MS = 6000
VOICED = "lt(mod(t,0.9),0.6)*sin(2*PI*(180+40*sin(7*t))*t)*(0.6+0.4*sin(19*t))"
"""As uneven as speech: syllables, pauses, a pitch that wanders."""


def recorded(folder: Path, sound: str) -> str:
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", f"aevalsrc={sound!r}:d=5:s=22050"]
    subprocess.run([*program, str(folder / "raw.wav")], check=True)
    return "raw.wav"


def heard(wav: Path) -> tuple[float, float]:
    """Loudness in LUFS, and the highest peak in dBTP."""
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(wav), "-af", "ebur128=peak=true:framelog=quiet"]
    printed = subprocess.run([*program, "-f", "null", "-"], capture_output=True, check=True, text=True).stderr
    loudness, peak = (re.search(rf"\b{name}:\s+(-?[\d.]+)", printed) for name in ("I", "Peak"))
    assert loudness
    assert peak
    return float(loudness[1]), float(peak[1])


@pytest.mark.parametrize("volume", [0.003, 0.1, 0.99])
async def test_a_voice_is_set_right_however_loud_it_was_recorded(tmp_path: Path, volume: float) -> None:
    await set_loudness(Ffmpeg(), recorded(tmp_path, f"{volume}*{VOICED}"), "narration.wav", MS, tmp_path)
    loudness, peak = heard(tmp_path / "narration.wav")
    assert abs(loudness - TARGET_LUFS) <= 0.3
    assert peak <= PEAK_DBTP


async def test_a_peak_that_stands_out_is_held(tmp_path: Path) -> None:
    struck = f"0.1*{VOICED}+0.9*lt(mod(t,2.1),0.001)*sin(2*PI*4000*t)"
    await set_loudness(Ffmpeg(), recorded(tmp_path, struck), "narration.wav", MS, tmp_path)
    loudness, peak = heard(tmp_path / "narration.wav")
    assert peak <= PEAK_DBTP
    assert abs(loudness - TARGET_LUFS) <= 1


@pytest.mark.parametrize("sound", ["0", "0.0001*sin(2*PI*300*t)"])
async def test_what_nobody_can_hear_is_refused(tmp_path: Path, sound: str) -> None:
    with pytest.raises(StageFailed, match="nothing that can be heard") as failure:
        await set_loudness(Ffmpeg(), recorded(tmp_path, sound), "narration.wav", MS, tmp_path)
    assert (failure.value.code, failure.value.retryable) == ("speech.failed", False)


@pytest.mark.parametrize("printed", ["", "{}", '{"input_i": "loud"}'])
def test_an_encoder_that_does_not_say_how_loud_it_was_is_not_believed(printed: str) -> None:
    with pytest.raises(StageFailed, match="has not said how loud") as failure:
        levelled(printed)
    assert failure.value.code == "video.encoder_failed"

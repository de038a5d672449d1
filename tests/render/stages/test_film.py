"""A finished film is what was promised: right streams, right length, right loudness, words in its pictures."""

import io
import re
import subprocess
import wave
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image, ImageChops

from contracts.rendering import Artifact, Aspect, AssetKind, JobInputs, Kind, Stage
from services.render.engines.drawing.frame import FRAMES
from services.render.engines.probe import probe
from services.render.stages.errors import StageFailed
from services.render.stages.timings import Timings
from services.render.stages.video import check
from tests.render.stages.conftest import INPUTS, Made, make

SIZES = {Aspect.WIDE: (1280, 720), Aspect.TALL: (720, 1280), Aspect.SQUARE: (1080, 1080)}


async def saved(made: Made, folder: Path) -> Path:
    path = folder / "film.mp4"
    path.write_bytes(await made.blobs.read(made.film.sha256, 0, made.film.size_bytes))
    return path


def picture_at(film: Path, second: float) -> Image.Image:
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-ss", str(second), "-i", str(film)]
    png = subprocess.run(
        [*program, "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"], capture_output=True, check=True
    )
    return Image.open(io.BytesIO(png.stdout)).convert("RGB")


def measured(film: Path) -> str:
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-i", str(film), "-af", "ebur128=peak=true"]
    return subprocess.run([*program, "-f", "null", "-"], capture_output=True, check=True, text=True).stderr


def darkest_and_brightest(picture: Image.Image) -> tuple[int, int]:
    counts = picture.convert("L").histogram()
    used = [value for value, count in enumerate(counts) if count]
    return used[0], used[-1]


async def test_a_film_is_h264_and_aac_as_long_as_its_narration_and_starts_fast(tides: Made, tmp_path: Path) -> None:
    film = await saved(tides, tmp_path)
    probed = probe(film)
    assert (probed.video_codec, probed.audio_codec) == ("h264", "aac")
    assert (probed.width, probed.height) == SIZES[Aspect.WIDE]
    with wave.open(io.BytesIO(await tides.content(Stage.SPEECH, "narration.wav"))) as narration:
        seconds = narration.getnframes() / narration.getframerate()
        assert narration.getframerate() == 48_000
    assert abs(probed.pictures_ms - seconds * 1000) <= 34
    assert abs(probed.sound_ms - seconds * 1000) <= 34
    assert tides.done[Stage.VIDEO].duration_ms == round(seconds * 1000)
    content = film.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


async def test_the_narration_is_as_loud_as_it_should_be(tides: Made, tmp_path: Path) -> None:
    film = await saved(tides, tmp_path)
    printed = measured(film)
    summary = printed[printed.rindex("Summary:") :]
    loudness, peak = (re.search(rf"{name}:\s+(-?[\d.]+)", summary) for name in ("I", "Peak"))
    assert loudness
    assert peak
    assert abs(float(loudness[1]) + 16) <= 0.5
    assert float(peak[1]) <= -1.5


async def test_each_file_that_a_viewer_needs_is_there_once(tides: Made) -> None:
    kinds = [(one.kind, one.media_type, one.file_name) for one in tides.done[Stage.VIDEO].artifacts]
    assert kinds == [
        (AssetKind.VIDEO, "video/mp4", "video.mp4"),
        (AssetKind.POSTER, "image/jpeg", "poster.jpg"),
        (AssetKind.CAPTIONS, "text/vtt", "captions.vtt"),
        (AssetKind.CAPTIONS, "application/x-subrip", "captions.srt"),
    ]
    assert Image.open(io.BytesIO(await tides.content(Stage.VIDEO, "poster.jpg"))).size == SIZES[Aspect.WIDE]
    everything: list[Artifact] = [one for output in tides.done.values() for one in output.artifacts]
    assert len({one.asset_id for one in everything}) == len(everything)
    for one in everything:
        assert (await tides.blobs.verify(one.sha256)).size == one.size_bytes


async def test_the_captions_say_every_word_of_the_script_in_order(tides: Made) -> None:
    captions = (await tides.content(Stage.VIDEO, "captions.vtt")).decode()
    words = " ".join(line for line in captions.splitlines()[1:] if "-->" not in line).split()
    assert words == INPUTS.script.split()
    timings = Timings.model_validate_json(await tides.content(Stage.SPEECH, "timings.json"))
    assert [word.text for sentence in timings.sentences for word in sentence.words] == INPUTS.script.split()


async def test_the_spoken_word_is_seen_in_the_accent_on_the_caption_field(tides: Made, tmp_path: Path) -> None:
    film, frame = await saved(tides, tmp_path), FRAMES[Aspect.WIDE]
    first = Timings.model_validate_json(await tides.content(Stage.SPEECH, "timings.json")).sentences[0]
    field = (frame.margin, frame.caption_middle - 20, frame.width - frame.margin, frame.caption_middle + 20)
    early, late = (
        picture_at(film, word.start_ms / 1000 + 0.1).crop(field) for word in (first.words[1], first.words[-1])
    )
    dark, bright = darkest_and_brightest(early)
    assert bright > 200, "letters are bright"
    assert dark < 60, "their field is dark"
    assert darkest_and_brightest(ImageChops.difference(early, late))[1] > 60, "the highlight moves on"


async def test_the_picture_is_never_still(tides: Made, tmp_path: Path) -> None:
    film = await saved(tides, tmp_path)
    one, two = (picture_at(film, second).crop((900, 0, 1280, 560)) for second in (1.0, 2.2))
    assert ImageChops.difference(one, two).getbbox() is not None


@pytest.mark.parametrize(("kind", "aspect"), [(Kind.SCROLLING_SCRIPT, Aspect.TALL), (Kind.SLIDES, Aspect.SQUARE)])
async def test_every_kind_and_shape_can_be_filmed(kind: Kind, aspect: Aspect, tmp_path: Path) -> None:
    script = "שלום, world: café ² 日本語 {\\an8} 🚀. And a second sentence, so that something scrolls."
    made = await make(JobInputs(title=r"{\fs300} Hello \N", script=script, kind=kind, aspect=aspect), tmp_path)
    probed = probe(await saved(made, tmp_path))
    assert (probed.width, probed.height) == SIZES[aspect]
    for scene in made.done[Stage.SCENES].scenes:
        picture = next(one for one in made.done[Stage.SCENES].artifacts if one.sha256 == scene.image_sha256)
        assert Image.open(io.BytesIO(await made.content(Stage.SCENES, picture.file_name))).size == SIZES[aspect]


async def test_a_film_of_another_length_than_its_narration_does_not_count(tides: Made, tmp_path: Path) -> None:
    probed = probe(await saved(tides, tmp_path))
    check(probed, tides.done[Stage.VIDEO].duration_ms or 0)
    with pytest.raises(StageFailed, match="its narration") as failure:
        check(probed, (tides.done[Stage.VIDEO].duration_ms or 0) + 100)
    assert failure.value.code == "video.duration_mismatch"


def test_a_file_that_is_no_film_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    with pytest.raises(StageFailed, match="cannot be read again") as failure:
        probe(tmp_path / "film.mp4")
    assert failure.value.code == "video.streams_wrong"

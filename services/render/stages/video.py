"""video: plate, narration and subtitles become a film in one run of the encoder, checked before it counts."""

from pathlib import Path

from contracts.rendering import Artifact, AssetKind, JobInputs, Kind, Scene, Stage, StageOutput
from services.render.engines.drawing.frame import FRAMES
from services.render.engines.drawing.palette import palette_of
from services.render.engines.drawing.plate import paint_plate
from services.render.engines.ffmpeg import Filter, Source, Target
from services.render.engines.probe import Probed, probe
from services.render.stages.animation import PICTURES_NAME, write_fonts
from services.render.stages.camera import FRAMES_A_SECOND, camera, frames
from services.render.stages.captions import sub_rip, web_vtt
from services.render.stages.errors import StageFailed
from services.render.stages.kinds import subtitles
from services.render.stages.scenes import timings_of
from services.render.stages.timings import Timings
from services.render.stages.tools import Done, Task, Tools, artifact_of, in_thread, title_of

_PLATE = "plate.ppm"
_PREPARED = 0.06
_ENCODED = 0.97
_BT709 = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")


def depends(inputs: JobInputs, done: Done, tools: Tools) -> dict[str, str | int]:
    """What the output depends on."""
    return {
        "title": title_of(inputs, done),
        "kind": inputs.kind.value,
        "aspect": inputs.aspect.value,
        "timings": artifact_of(done, Stage.SPEECH, AssetKind.TIMINGS).sha256,
        "audio": artifact_of(done, Stage.SPEECH, AssetKind.AUDIO).sha256,
        "scenes": _planned(done).output_key,
        "threads": tools.threads,
    }


async def perform(task: Task) -> StageOutput:
    """The film, its poster and its captions. `video.…` when the encoder fails or makes something else."""
    title, scenes, timings = title_of(task.inputs, task.done), _planned(task.done).scenes, await timings_of(task)
    await task.fetch(artifact_of(task.done, Stage.SPEECH, AssetKind.AUDIO), "narration.wav")
    if task.inputs.kind is Kind.MANIM:
        await task.fetch(_moving(task), PICTURES_NAME)
    await in_thread(_prepare, task, title, scenes, timings)
    task.report(_PREPARED)
    await _encode(task, scenes, timings.duration_ms)
    film = task.folder / "video.mp4"
    check(await in_thread(probe, film), timings.duration_ms)
    artifacts = await _kept(task, film, timings)
    return StageOutput(
        stage=Stage.VIDEO, output_key=task.key, title=title, artifacts=artifacts, duration_ms=timings.duration_ms
    )


def _planned(done: Done) -> StageOutput:
    output = done.get(Stage.SCENES)
    if output is None or not output.scenes:
        raise StageFailed("scenes.missing", "there are no scenes to film: run the scenes stage first", retryable=False)
    return output


def _prepare(task: Task, title: str, scenes: tuple[Scene, ...], timings: Timings) -> None:
    frame, palette = FRAMES[task.inputs.aspect], palette_of(title)
    if task.inputs.kind is not Kind.MANIM:
        paint_plate(frame, palette, title).save(task.folder / _PLATE)
    written = subtitles(task.inputs.kind, frame, palette, title, scenes, timings)
    (task.folder / "film.ass").write_text(written, encoding="utf-8")
    write_fonts(task.folder)


async def _encode(task: Task, scenes: tuple[Scene, ...], duration_ms: int) -> None:
    source, pictures = _pictures(task, scenes, duration_ms)
    options = ("-map", "0:v:0", "-map", "1:a:0", *encoding(duration_ms, task.tools.threads))
    await task.tools.ffmpeg.run(
        "video",
        [source, Source("narration.wav")],
        Target("video.mp4", options),
        folder=task.folder,
        pictures=(*pictures, Filter.of("ass", filename="film.ass", fontsdir="fonts")),
        duration_ms=duration_ms,
        report=lambda share: task.report(_PREPARED + (_ENCODED - _PREPARED) * share),
    )


def _pictures(task: Task, scenes: tuple[Scene, ...], duration_ms: int) -> tuple[Source, tuple[Filter, ...]]:
    """What is encoded: a plate that a camera wanders over, or the pictures that manim made, the last one held."""
    if task.inputs.kind is Kind.MANIM:
        held = Filter.of("tpad", stop_mode="clone", stop_duration=2)
        return Source(PICTURES_NAME), (held, Filter.of("format", pix_fmts="yuv420p"))
    frame = FRAMES[task.inputs.aspect]
    return Source(_PLATE, ("-framerate", str(FRAMES_A_SECOND))), (
        Filter.of("scale", out_color_matrix="bt709", out_range="tv", flags="bicubic+accurate_rnd+bitexact"),
        Filter.of("format", pix_fmts="yuv420p"),
        camera(frame, [scene.start_ms for scene in scenes[1:]], duration_ms),
    )


def _moving(task: Task) -> Artifact:
    found = next((one for one in _planned(task.done).artifacts if one.file_name == PICTURES_NAME), None)
    if found is None:
        message = "the scenes stage has left no moving pictures: run it again with this kind"
        raise StageFailed("scenes.missing", message, retryable=False)
    return found


def encoding(duration_ms: int, threads: int) -> tuple[str, ...]:
    """How every film is encoded: h264 and aac, playable from its first bytes on, exactly so long."""
    return (
        *("-frames:v", str(frames(duration_ms)), "-t", f"{duration_ms / 1000:.3f}"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "19", "-profile:v", "high", "-aq-mode", "3"),
        *("-g", str(2 * FRAMES_A_SECOND), "-pix_fmt", "yuv420p", "-threads", str(threads), *_BT709),
        *("-c:a", "aac", "-b:a", "160k", "-ar", "48000", "-ac", "2", "-movflags", "+faststart"),
    )


def check(film: Probed, duration_ms: int) -> None:
    """`video.duration_mismatch` or `video.streams_wrong` for a film that is not what was asked for, to one frame."""
    frame_ms = 1000 / FRAMES_A_SECOND
    for what, found in (("pictures", film.pictures_ms), ("sound", film.sound_ms), ("file", film.duration_ms)):
        if abs(found - duration_ms) > frame_ms + 1:
            message = f"the {what} of the film last {found:.0f} ms, its narration {duration_ms} ms: render it again"
            raise StageFailed("video.duration_mismatch", message, retryable=True)
    if (film.video_codec, film.audio_codec) != ("h264", "aac"):
        message = (
            f"the film holds {film.video_codec} and {film.audio_codec}, not h264 and aac: check the ffmpeg program"
        )
        raise StageFailed("video.streams_wrong", message, retryable=True)


async def _kept(task: Task, film: Path, timings: Timings) -> tuple[Artifact, ...]:
    length = timings.duration_ms
    vtt, srt = web_vtt(timings).encode(), sub_rip(timings).encode()
    poster = next(one for one in _planned(task.done).artifacts if one.kind is AssetKind.IMAGE)
    picture = (await task.fetch(poster, "poster.jpg")).read_bytes()
    return (
        await task.keep(AssetKind.VIDEO, "video/mp4", "video.mp4", film, length),
        await task.keep(AssetKind.POSTER, "image/jpeg", "poster.jpg", picture),
        await task.keep(AssetKind.CAPTIONS, "text/vtt", "captions.vtt", vtt, length),
        await task.keep(AssetKind.CAPTIONS, "application/x-subrip", "captions.srt", srt, length),
    )

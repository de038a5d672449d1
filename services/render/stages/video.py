"""video: plate, narration and subtitles become a film, part after part, checked before it counts."""

from pathlib import Path

from contracts.rendering import Artifact, AssetKind, JobInputs, Kind, Scene, Stage, StageOutput
from services.render.engines.drawing.frame import FRAMES
from services.render.engines.drawing.palette import palette_of
from services.render.engines.drawing.plate import paint_plate
from services.render.engines.ffmpeg import Filter, Source
from services.render.engines.probe import Probed, probe
from services.render.stages.animation import PICTURES_NAME, write_fonts
from services.render.stages.camera import FRAMES_A_SECOND, camera
from services.render.stages.captions import sub_rip, web_vtt
from services.render.stages.errors import StageFailed
from services.render.stages.filming import NARRATION, WORDS, Shot, film_parts, join_parts
from services.render.stages.kinds import subtitles
from services.render.stages.scenes import timings_of
from services.render.stages.timings import Timings
from services.render.stages.tools import Done, Task, Tools, artifact_of, in_thread, title_of

_PLATE = "plate.ppm"
_PREPARED = 0.06
_ENCODED = 0.97


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
        "part": tools.part_seconds,
    }


async def perform(task: Task) -> StageOutput:
    """The film, its poster and its captions. `video.…` when the encoder fails or makes something else."""
    title, scenes, timings = title_of(task.inputs, task.done), _planned(task.done).scenes, await timings_of(task)
    await task.fetch(artifact_of(task.done, Stage.SPEECH, AssetKind.AUDIO), NARRATION)
    if task.inputs.kind is Kind.MANIM:
        await task.fetch(_moving(task), PICTURES_NAME)
    await in_thread(_prepare, task, title, scenes, timings)
    task.report(_PREPARED)
    film = await _filmed(task, scenes, timings.duration_ms)
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
    (task.folder / WORDS).write_text(written, encoding="utf-8")
    write_fonts(task.folder)


async def _filmed(task: Task, scenes: tuple[Scene, ...], duration_ms: int) -> Path:
    """The film. Where it is not what was asked for its parts are forgotten, or they would be found again."""
    await film_parts(
        task,
        lambda span: _shot(task, scenes, span),
        duration_ms,
        lambda share: task.report(_PREPARED + (_ENCODED - _PREPARED) * share),
    )
    try:
        film = await join_parts(task, duration_ms)
        check(await in_thread(probe, film), duration_ms)
    except StageFailed:
        await task.tools.parts.forget()
        raise
    return film


def _shot(task: Task, scenes: tuple[Scene, ...], span: range) -> Shot:
    """What is seen: a plate that a camera wanders over, or the pictures that manim made, the last one held."""
    if task.inputs.kind is Kind.MANIM:
        held = Filter.of("tpad", stop_mode="clone", stop_duration=2)
        begin = ("-ss", f"{span.start / FRAMES_A_SECOND:.3f}")
        return Shot(Source(PICTURES_NAME, begin), (held, Filter.of("format", pix_fmts="yuv420p")))
    frame = FRAMES[task.inputs.aspect]
    return Shot(
        Source(_PLATE, ("-framerate", str(FRAMES_A_SECOND))),
        (
            Filter.of("scale", out_color_matrix="bt709", out_range="tv", flags="bicubic+accurate_rnd+bitexact"),
            Filter.of("format", pix_fmts="yuv420p"),
            camera(frame, [scene.start_ms for scene in scenes[1:]], span),
        ),
    )


def _moving(task: Task) -> Artifact:
    found = next((one for one in _planned(task.done).artifacts if one.file_name == PICTURES_NAME), None)
    if found is None:
        message = "the scenes stage has left no moving pictures: run it again with this kind"
        raise StageFailed("scenes.missing", message, retryable=False)
    return found


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

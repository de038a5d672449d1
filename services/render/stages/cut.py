"""video, of a project's timeline: the layers as they were frozen, in one run of the encoder, checked before it counts.

The sound of all layers is measured first, so that the run that makes the film can set it to −16 LUFS.
"""

from pathlib import Path

from blobs.store import BlobMissing
from contracts.film import Film
from contracts.rendering import Artifact, AssetKind, JobInputs, Stage, StageOutput
from services.render.engines.drawing.frame import FRAMES
from services.render.engines.ffmpeg import Filter, Source, Target
from services.render.engines.graph import written
from services.render.engines.loudness import RATE, levelled, measuring
from services.render.engines.probe import probe
from services.render.stages.animation import write_fonts
from services.render.stages.camera import FRAMES_A_SECOND
from services.render.stages.cut_graph import Cut, is_heard, runs_of_words
from services.render.stages.cut_words import words
from services.render.stages.errors import StageFailed
from services.render.stages.filming import encoding
from services.render.stages.tools import Done, Task, Tools, in_thread
from services.render.stages.video import check

_FETCHED, _MEASURED, _ENCODED = 0.05, 0.15, 0.97
_POSTER_SHARE = 0.2


def depends(inputs: JobInputs, done: Done, tools: Tools) -> dict[str, str | int]:  # noqa: ARG001 -- every stage's form
    """What the output depends on."""
    film = _film(inputs)
    layers = "\n".join(layer.model_dump_json(by_alias=True) for layer in film.layers)
    return {"layers": layers, "duration": film.duration_ms, "aspect": inputs.aspect.value, "threads": tools.threads}


async def perform(task: Task) -> StageOutput:
    """The film and its poster. `film.source_gone`, and `video.…` when the encoder fails or makes something else."""
    film = _film(task.inputs)
    cut = await _prepared(task, film)
    task.report(_FETCHED)
    loudness = await _measured(task, cut)
    task.report(_MEASURED)
    await task.tools.ffmpeg.run(
        "video",
        cut.sources(),
        Target("video.mp4", _options(task, film)),
        folder=task.folder,
        graph=written([*cut.pictures(), *cut.sound(*loudness)]),
        duration_ms=film.duration_ms,
        report=lambda share: task.report(_MEASURED + (_ENCODED - _MEASURED) * share),
    )
    check(await in_thread(probe, task.folder / "video.mp4"), film.duration_ms)
    return StageOutput(
        stage=Stage.VIDEO,
        output_key=task.key,
        title=task.inputs.title or None,
        artifacts=await _kept(task, film),
        duration_ms=film.duration_ms,
    )


def _film(inputs: JobInputs) -> Film:
    if inputs.film is None:
        raise StageFailed(
            "film.missing", "the job has no timeline to cut a film of: render the project", retryable=False
        )
    return inputs.film


async def _prepared(task: Task, film: Film) -> Cut:
    """Everything that the encoder reads, in the working folder."""
    frame = FRAMES[task.inputs.aspect]
    there: dict[str, str] = {}
    files: dict[int, str] = {}
    for number, layer in enumerate(film.layers):
        if layer.source is None:
            continue
        digest = layer.source.sha256
        if digest not in there:
            there[digest] = f"source-{len(there)}"
            await _fetch(task, digest, task.folder / there[digest], number + 1)
        files[number] = there[digest]
    shown = {run[0]: f"words-{run[0]}.ass" for run in runs_of_words(film.layers)}
    for run in runs_of_words(film.layers):
        text = words(frame, [film.layers[number] for number in run])
        (task.folder / shown[run[0]]).write_text(text, encoding="utf-8")
    write_fonts(task.folder)
    return Cut(film, frame, files, shown)


async def _fetch(task: Task, digest: str, path: Path, layer: int) -> None:
    try:
        with path.open("wb") as file:
            async for chunk in task.tools.blobs.get(digest):
                file.write(chunk)
    except BlobMissing as error:
        message = (
            f"the file of layer {layer} is not kept any more: upload it again, save the timeline with it, "
            "then render the project"
        )
        raise StageFailed("film.source_gone", message, retryable=False) from error


async def _measured(task: Task, cut: Cut) -> tuple[Filter, ...]:
    """What sets the film's sound to its loudness; nothing where there is none, or only silence."""
    if not any(is_heard(layer) for layer in cut.film.layers):
        return ()
    printed = await task.tools.ffmpeg.run(
        "video",
        cut.sources(),
        Target(None, ("-map", "[sound]")),
        folder=task.folder,
        graph=written(cut.sound(measuring())),
    )
    found = levelled(printed)
    return () if found is None else (found, Filter.of("aresample", sample_rate=RATE))


def _options(task: Task, film: Film) -> tuple[str, ...]:
    return ("-map", "[pictures]", "-map", "[sound]", *encoding(film.duration_ms, task.tools.threads))


async def _kept(task: Task, film: Film) -> tuple[Artifact, ...]:
    at = min(film.duration_ms * _POSTER_SHARE, film.duration_ms - 1000 / FRAMES_A_SECOND) / 1000
    await task.tools.ffmpeg.run(
        "video",
        [Source("video.mp4", ("-ss", f"{max(at, 0):.3f}"))],
        Target("poster.jpg", ("-frames:v", "1", "-update", "1", "-q:v", "3")),
        folder=task.folder,
    )
    return (
        await task.keep(AssetKind.VIDEO, "video/mp4", "video.mp4", task.folder / "video.mp4", film.duration_ms),
        await task.keep(AssetKind.POSTER, "image/jpeg", "poster.jpg", task.folder / "poster.jpg"),
    )

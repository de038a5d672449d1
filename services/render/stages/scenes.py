"""scenes: the narration is cut into scenes, and each gets its picture."""

import io
from collections.abc import Sequence

from PIL import Image

from contracts.rendering import Artifact, AssetKind, JobInputs, Kind, Scene, Stage, StageOutput
from services.render.engines.drawing.elements import Element
from services.render.engines.drawing.frame import FRAMES
from services.render.engines.drawing.palette import palette_of
from services.render.engines.drawing.plate import paint_plate
from services.render.engines.drawing.still import paint
from services.render.stages.animation import animated
from services.render.stages.camera import stop
from services.render.stages.kinds import stills
from services.render.stages.plan import plan
from services.render.stages.timings import Timings
from services.render.stages.tools import Done, Task, Tools, artifact_of, in_thread, title_of

_QUALITY = 90


def depends(inputs: JobInputs, done: Done, tools: Tools) -> dict[str, str | int]:
    """What the output depends on."""
    return filmed_by(inputs, tools) | {
        "title": title_of(inputs, done),
        "kind": inputs.kind.value,
        "aspect": inputs.aspect.value,
        "timings": artifact_of(done, Stage.SPEECH, AssetKind.TIMINGS).sha256,
    }


async def perform(task: Task) -> StageOutput:
    """The plan, and a JPEG for each scene as it looks when all of it has come in."""
    title = title_of(task.inputs, task.done)
    timings = await timings_of(task)
    scenes = plan(title, timings)
    besides: tuple[Artifact, ...] = ()
    if task.inputs.kind is Kind.MANIM:
        pictures, besides = await animated(task, title, scenes, timings)
    else:
        pictures = await _painted(task, title, scenes, timings)
    drawn: list[Scene] = []
    artifacts: list[Artifact] = []
    for scene, picture in zip(scenes, pictures, strict=True):
        artifact = await task.keep(AssetKind.IMAGE, "image/jpeg", f"scene-{scene.number:02}.jpg", picture)
        artifacts.append(artifact)
        drawn.append(scene.model_copy(update={"image_sha256": artifact.sha256}))
    return StageOutput(
        stage=Stage.SCENES,
        output_key=task.key,
        title=title,
        scenes=tuple(drawn),
        artifacts=(*artifacts, *besides),
        duration_ms=timings.duration_ms,
    )


async def timings_of(task: Task) -> Timings:
    """The word timings that the speech stage left."""
    path = await task.fetch(artifact_of(task.done, Stage.SPEECH, AssetKind.TIMINGS), "timings.json")
    return Timings.model_validate_json(path.read_bytes())


def filmed_by(inputs: JobInputs, tools: Tools) -> dict[str, str | int]:
    """What a kind's pictures depend on besides: the version of the program that makes them."""
    return {"manim": tools.manim.identity} if inputs.kind is Kind.MANIM and tools.manim is not None else {}


async def _painted(task: Task, title: str, scenes: Sequence[Scene], timings: Timings) -> list[bytes]:
    frame, palette = FRAMES[task.inputs.aspect], palette_of(title)
    plate = await in_thread(paint_plate, frame, palette, title)
    layouts = await in_thread(stills, task.inputs.kind, frame, palette, title, scenes, timings)
    pictures: list[bytes] = []
    for place, layout in enumerate(layouts):
        pictures.append(await in_thread(_jpeg, plate, task, place, layout))
        task.report((place + 1) / len(layouts))
    return pictures


def _jpeg(plate: Image.Image, task: Task, place: int, layout: list[Element]) -> bytes:
    picture = paint(plate, FRAMES[task.inputs.aspect], stop(place), layout)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, subsampling=0)
    return buffer.getvalue()

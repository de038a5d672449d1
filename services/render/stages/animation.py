"""The kind `manim`: the plan becomes a Python file of ours, the file silent pictures, and these a still a scene."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from contracts.rendering import Artifact, AssetKind, Scene
from services.render.engines.drawing import subtitles as ass
from services.render.engines.drawing.frame import FRAMES, Frame
from services.render.engines.drawing.palette import Palette, palette_of
from services.render.engines.drawing.typeface import FONTS
from services.render.engines.ffmpeg import Source, Target
from services.render.engines.manim.code import FILE_NAME, code_of
from services.render.engines.manim.layout import laid_out
from services.render.engines.manim.program import INSTALL, Manim
from services.render.stages.errors import StageFailed
from services.render.stages.film import burnt_captions, progress
from services.render.stages.slides import moments
from services.render.stages.timings import Timings
from services.render.stages.tools import Task, Tools, in_thread

PICTURES_NAME = "pictures.mp4"
_MEDIA_TYPE = "video/mp4"
_FILMED = 0.9
_BEFORE_END_MS = 400
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="cwd">fonts</dir><cachedir prefix="cwd">fontcache</cachedir></fontconfig>
"""


def installed(tools: Tools) -> Manim:
    """This worker's manim; `kind.not_installed` with the command that installs it."""
    if tools.manim is None:
        message = f"videos of the kind `manim` are not installed on this worker: {INSTALL}, or ask for `slides`"
        raise StageFailed("kind.not_installed", message, retryable=False)
    return tools.manim


def write_fonts(folder: Path) -> None:
    """Tell programs that run in this folder where our typefaces are, and no others."""
    (folder / "fonts.conf").write_text(_FONTS, encoding="utf-8")
    (folder / "fonts").symlink_to(FONTS, target_is_directory=True)


async def animated(
    task: Task, title: str, scenes: Sequence[Scene], timings: Timings
) -> tuple[list[bytes], tuple[Artifact, Artifact]]:
    """A JPEG for each scene as it looks near its end; the code, for the user; and the pictures, for the next stage."""
    frame, palette = FRAMES[task.inputs.aspect], palette_of(title)
    when = [moments(scene, timings) for scene in scenes]
    typed = await in_thread(laid_out, frame, palette, title, scenes, when)
    code = code_of(frame, palette, typed).encode()
    await in_thread((task.folder / FILE_NAME).write_bytes, code)
    await in_thread(write_fonts, task.folder)
    film = await installed(task.tools).film(task.folder, lambda share: task.report(_FILMED * share))
    await in_thread(film.replace, task.folder / PICTURES_NAME)
    stills = [await _still(task, scene) for scene in scenes]
    return stills, (
        await task.keep(AssetKind.CODE, "text/x-python", FILE_NAME, code),
        await task.keep(AssetKind.IMAGE, _MEDIA_TYPE, PICTURES_NAME, task.folder / PICTURES_NAME, timings.duration_ms),
    )


def subtitles(frame: Frame, palette: Palette, scenes: Sequence[Scene], timings: Timings) -> str:
    """What lies over the pictures: the progress marker and the captions, as in every kind."""
    return ass.script(frame, [*progress(frame, palette, scenes), *burnt_captions(frame, palette, timings)])


async def _still(task: Task, scene: Scene) -> bytes:
    """The picture of a scene shortly before it goes."""
    moment = max(scene.end_ms - _BEFORE_END_MS, (scene.start_ms + scene.end_ms) // 2)
    name = f"still-{scene.number}.png"
    await task.tools.ffmpeg.run(
        "scenes",
        [Source(PICTURES_NAME, ("-ss", f"{moment / 1000:.3f}"))],
        Target(name, ("-frames:v", "1", "-update", "1")),
        folder=task.folder,
    )
    return await in_thread(_jpeg, task.folder / name)


def _jpeg(path: Path) -> bytes:
    buffer = io.BytesIO()
    with Image.open(path) as picture:
        picture.convert("RGB").save(buffer, "JPEG", quality=90, subsampling=0)
    path.unlink()
    return buffer.getvalue()

"""The pictures of a film, encoded part after part, so that whoever takes a job over loses one part at most.

Each part is encoded alone and depends on no other: the film has the same bytes whoever made which of its parts. At the
end they are put together with the sound, and are not encoded again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.render.engines.ffmpeg import Filter, Source, Target
from services.render.stages.camera import FRAMES_A_SECOND, frames
from services.render.stages.tools import Task, in_thread

NARRATION, WORDS, FILM = "narration.wav", "film.ass", "video.mp4"
"""The sound, the subtitles with the times of the whole film, and what is made."""

_BT709 = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")
_SOUND = ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "160k", "-ar", "48000", "-ac", "2", "-movflags", "+faststart")
"""At this rate the fast coder comes closer to a narration than the usual one (45 dB, 36 dB), in a third of the time."""
_LIST = "parts.txt"


@dataclass(frozen=True, slots=True)
class Shot:
    """Where pictures come from, and what is done to them before the words are laid over."""

    source: Source
    pictures: tuple[Filter, ...]


def encoding(duration_ms: int, threads: int) -> tuple[str, ...]:
    """How every film is encoded: h264 and aac, playable from its first bytes on, exactly so long."""
    return (*_pictures(frames(duration_ms), threads), *_lasting(duration_ms), *_SOUND)


def spans(count: int, length: int) -> list[range]:
    """So many pictures in parts of that length. The last takes what is left, and none is shorter than the others."""
    starts = [part * length for part in range(max(count // length, 1))]
    return [range(start, end) for start, end in zip(starts, [*starts[1:], count], strict=True)]


async def film_parts(
    task: Task, shot: Callable[[range], Shot], duration_ms: int, report: Callable[[float], None]
) -> None:
    """All pictures, with `WORDS` over them; a part that was made before is found. `shot`: what pictures of these
    numbers show."""
    whole = _spans(task, duration_ms)
    for number, span in enumerate(whole):

        def tell(share: float, span: range = span) -> None:
            report((span.start + share * len(span)) / whole[-1].stop)

        await _part(task, shot(span), span, number, tell, alone=len(whole) == 1)


async def join_parts(task: Task, duration_ms: int) -> Path:
    """The film, of all parts and of `NARRATION`."""
    names = [_name(number) for number in range(len(_spans(task, duration_ms)))]
    await in_thread((task.folder / _LIST).write_text, "".join(f"file {name}\n" for name in names))
    await task.tools.ffmpeg.run(
        "video",
        [Source(_LIST, ("-f", "concat")), Source(NARRATION)],
        Target(FILM, ("-map", "0:v:0", "-map", "1:a:0", "-c:v", "copy", *_lasting(duration_ms), *_SOUND)),
        folder=task.folder,
    )
    return task.folder / FILM


async def _part(
    task: Task, shot: Shot, span: range, number: int, report: Callable[[float], None], *, alone: bool
) -> None:
    """One file. A film of one part is not worth keeping before it is whole."""
    path = task.folder / _name(number)
    kept = None if alone else await task.tools.parts.kept(task.key, number)
    if kept is not None:
        await in_thread(path.write_bytes, kept)
        return
    words = (
        Filter.of("setpts", expr=f"PTS+{span.start}"),
        Filter.of("ass", filename=WORDS, fontsdir="fonts"),
        Filter.of("setpts", expr=f"PTS-{span.start}"),
    )
    await task.tools.ffmpeg.run(
        "video",
        [shot.source],
        Target(path.name, ("-map", "0:v:0", *_pictures(len(span), task.tools.threads))),
        folder=task.folder,
        pictures=(*shot.pictures, *words),
        duration_ms=len(span) * 1000 // FRAMES_A_SECOND,
        report=report,
    )
    if not alone:
        await task.tools.parts.keep(task.key, number, await in_thread(path.read_bytes))


def _spans(task: Task, duration_ms: int) -> list[range]:
    return spans(frames(duration_ms), task.tools.part_seconds * FRAMES_A_SECOND)


def _name(number: int) -> str:
    return f"part-{number:04}.mp4"


def _pictures(count: int, threads: int) -> tuple[str, ...]:
    return (
        *("-frames:v", str(count), "-c:v", "libx264", "-preset", "veryfast", "-crf", "19", "-profile:v", "high"),
        *("-aq-mode", "3", "-g", str(2 * FRAMES_A_SECOND), "-pix_fmt", "yuv420p", "-threads", str(threads), *_BT709),
    )


def _lasting(duration_ms: int) -> tuple[str, ...]:
    return ("-t", f"{duration_ms / 1000:.3f}")

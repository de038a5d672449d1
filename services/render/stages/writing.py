"""Who writes: the writer that the job's frozen inputs name, and the template writer where that one cannot.

Words of the template writer stand under the key of a job that asked for it, so that a key never names the words of two
writers, and a later job asks the online writer again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from contracts.rendering import JobInputs, Usage, WriterEngine
from services.render.engines.online.failures import WriterFailed
from services.render.engines.online.writer import identity_of
from services.render.engines.writer import Writer
from services.render.stages.keys import output_key
from services.render.stages.tools import Done, Task, Tools

Words = TypeVar("Words")
Depends = Callable[[JobInputs, Done, Tools], dict[str, str | int]]


@dataclass(frozen=True, slots=True)
class Written(Generic[Words]):
    """The words, the key that they stand under, who wrote them, and what the calls took that came to nothing."""

    words: Words
    key: str
    writer: str
    fell_back: str | None = None
    wasted: tuple[Usage, ...] = ()


def writer_named(inputs: JobInputs, tools: Tools) -> str:
    """The identity of the writer that is asked first: a function of the inputs, whatever this worker has."""
    writing = inputs.writing
    if writing is None or writing.engine is WriterEngine.TEMPLATE:
        return tools.writer.identity
    return identity_of(writing.model)


async def written(task: Task, depends: Depends, ask: Callable[[Writer], Awaitable[Words]]) -> Written[Words]:
    """What `ask` gets of the writer that is named, or, if the job allows it, of the template writer."""
    writing, template = task.inputs.writing, task.tools.writer
    if writing is None or writing.engine is WriterEngine.TEMPLATE:
        return Written(await ask(template), task.key, template.identity)
    try:
        writer = _online(task.tools, writing.model)
        return Written(await ask(writer), task.key, writer.identity)
    except WriterFailed as failed:
        if not writing.fallback:
            raise
        structlog.get_logger().warning("the template writer steps in", model=writing.model, code=failed.code)
        plain = task.inputs.model_copy(update={"writing": None})
        key = output_key(task.stage, depends(plain, task.done, task.tools))
        return Written(await ask(template), key, template.identity, failed.code, failed.usage)


def _online(tools: Tools, model: str) -> Writer:
    if tools.online is None:
        message = (
            "online writers are not set up here: ask for the `template` writer, or set PLAYHEAD_WRITER_URL and "
            "PLAYHEAD_WRITER_MODELS for the workers"
        )
        raise WriterFailed("writer.not_installed", message, retryable=False)
    return tools.online.writer(model)

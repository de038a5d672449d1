"""refine: a prompt becomes a title and a prompt that says what film is wanted."""

from contracts.rendering import JobInputs, Stage, StageOutput
from services.render.stages.errors import StageFailed
from services.render.stages.tools import Done, Task, Tools
from services.render.stages.writing import writer_named, written


def depends(inputs: JobInputs, done: Done, tools: Tools) -> dict[str, str | int]:  # noqa: ARG001 -- every stage's form
    """What the output depends on."""
    return {
        "writer": writer_named(inputs, tools),
        "prompt": inputs.prompt,
        "script": inputs.script,
        "title": inputs.title,
        "language": inputs.language,
    }


async def perform(task: Task) -> StageOutput:
    """`script.empty` when there is neither prompt nor script nor title."""
    inputs = task.inputs
    if not (inputs.prompt + inputs.script + inputs.title).strip():
        message = "there is nothing to make a film of: give a prompt, or a script"
        raise StageFailed("script.empty", message, retryable=False)
    found = await written(task, depends, lambda writer: writer.refine(inputs))
    return StageOutput(
        stage=Stage.REFINE,
        output_key=found.key,
        title=found.words.title,
        refined_prompt=found.words.refined_prompt,
        usage=(*found.wasted, *found.words.usage),
        writer=found.writer,
        fell_back=found.fell_back,
    )

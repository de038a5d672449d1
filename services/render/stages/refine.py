"""refine: a prompt becomes a title and a prompt that says what film is wanted."""

from contracts.rendering import JobInputs, Stage, StageOutput
from services.render.stages.errors import StageFailed
from services.render.stages.tools import Done, Task, Tools


def depends(inputs: JobInputs, done: Done, tools: Tools) -> dict[str, str | int]:  # noqa: ARG001 -- every stage's form
    """What the output depends on."""
    return {
        "writer": tools.writer.identity,
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
    refined = await task.tools.writer.refine(inputs)
    return StageOutput(
        stage=Stage.REFINE,
        output_key=task.key,
        title=refined.title,
        refined_prompt=refined.refined_prompt,
        usage=refined.usage,
    )

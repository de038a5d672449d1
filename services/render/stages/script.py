"""script: the refined prompt becomes the words that will be spoken; a script that the user gave is kept as it is."""

from contracts.rendering import JobInputs, Stage, StageOutput
from services.render.engines.prose import is_speakable
from services.render.stages.errors import StageFailed
from services.render.stages.tools import Done, Task, Tools, title_of
from services.render.stages.writing import writer_named, written


def depends(inputs: JobInputs, done: Done, tools: Tools) -> dict[str, str | int]:
    """What the output depends on."""
    return {
        "writer": writer_named(inputs, tools),
        "prompt": inputs.prompt,
        "refined": _refined(inputs, done),
        "title": title_of(inputs, done),
        "script": inputs.script,
        "language": inputs.language,
    }


async def perform(task: Task) -> StageOutput:
    """`script.empty` when there is nothing to write about, or the writer wrote no word."""
    inputs, title = task.inputs, title_of(task.inputs, task.done)
    if inputs.script.strip():
        return StageOutput(stage=Stage.SCRIPT, output_key=task.key, title=title, script=inputs.script)
    if not (inputs.prompt + title).strip():
        message = "there is nothing to write about: give a prompt, a title or a script"
        raise StageFailed("script.empty", message, retryable=False)
    refined = _refined(inputs, task.done)
    found = await written(task, depends, lambda writer: writer.write(inputs, title, refined))
    draft = found.words
    if not is_speakable(draft.script):
        message = "the writer wrote no word that could be spoken: rephrase the prompt, or give a script"
        raise StageFailed("script.empty", message, retryable=False)
    return StageOutput(
        stage=Stage.SCRIPT,
        output_key=found.key,
        title=draft.title or title,
        script=draft.script,
        usage=(*found.wasted, *draft.usage),
        writer=found.writer,
        fell_back=found.fell_back,
    )


def _refined(inputs: JobInputs, done: Done) -> str:
    output = done.get(Stage.REFINE)
    return (output.refined_prompt if output is not None else None) or inputs.refined_prompt

"""speech: the script is spoken, set to an even loudness, and the moment of each word is written down."""

import wave
from pathlib import Path

from contracts.rendering import AssetKind, JobInputs, Stage, StageOutput
from services.render.engines.loudness import set_loudness
from services.render.engines.prose import is_speakable, language_by_letters, language_of, paragraphs
from services.render.engines.voice import Utterance
from services.render.stages import timings
from services.render.stages.errors import StageFailed
from services.render.stages.timings import Timings
from services.render.stages.tools import Done, Task, Tools, in_thread, script_of

MOST_CHARACTERS = 40_000
"""About 45 minutes of speech."""

FILE_NAME = "narration.wav"
_SENTENCE_PAUSE_MS, _PARAGRAPH_PAUSE_MS = 340, 640


def depends(inputs: JobInputs, done: Done, tools: Tools) -> dict[str, str | int]:
    """What the output depends on."""
    return {
        "voice": tools.voice.identity,
        "wish": inputs.voice,
        "language": inputs.language,
        "script": script_of(inputs, done),
    }


async def perform(task: Task) -> StageOutput:
    """A WAV file of −16 LUFS and the timings of its words. `script.too_long`, `speech.…`."""
    script = script_of(task.inputs, task.done)
    if len(script) > MOST_CHARACTERS:
        message = f"the script has {len(script)} characters, a film may have {MOST_CHARACTERS}: shorten or divide it"
        raise StageFailed("script.too_long", message, retryable=False)
    spoken_text = speakable(paragraphs(script))
    utterances = _utterances(spoken_text, language_of(script, task.inputs.language))
    recording = await task.tools.voice.speak(utterances, task.inputs.voice, task.folder)
    duration_ms = await in_thread(_duration_ms, recording.wav)
    task.report(0.4)
    await set_loudness(task.tools.ffmpeg, recording.wav.name, FILE_NAME, duration_ms, task.folder)
    task.report(0.9)
    moments = Timings.of(spoken_text, recording.spoken, duration_ms)
    audio = await task.keep(AssetKind.AUDIO, "audio/wav", FILE_NAME, task.folder / FILE_NAME, duration_ms)
    written = moments.model_dump_json(by_alias=True).encode()
    table = await task.keep(AssetKind.TIMINGS, "application/json", timings.FILE_NAME, written, duration_ms)
    return StageOutput(stage=Stage.SPEECH, output_key=task.key, artifacts=(audio, table), duration_ms=duration_ms)


def speakable(text: list[list[str]]) -> list[list[str]]:
    """Sentences without a letter or digit go with their neighbour: a voice has nothing to say for them alone."""
    found: list[list[str]] = []
    waiting = ""
    for paragraph in text:
        sentences: list[str] = []
        for sentence in paragraph:
            if is_speakable(sentence):
                sentences.append(f"{waiting} {sentence}".strip())
                waiting = ""
            elif sentences:
                sentences[-1] = f"{sentences[-1]} {sentence}"
            elif found:
                found[-1][-1] = f"{found[-1][-1]} {sentence}"
            else:
                waiting = f"{waiting} {sentence}".strip()
        if sentences:
            found.append(sentences)
    return found


def _utterances(text: list[list[str]], language: str) -> list[Utterance]:
    found: list[Utterance] = []
    for paragraph in text:
        for place, sentence in enumerate(paragraph):
            pause = _PARAGRAPH_PAUSE_MS if place + 1 == len(paragraph) else _SENTENCE_PAUSE_MS
            found.append(Utterance(sentence, language_by_letters(sentence, language), pause))
    return found


def _duration_ms(wav: Path) -> int:
    with wave.open(str(wav), "rb") as file:
        return file.getnframes() * 1000 // file.getframerate()

"""The port of voices: sentences in, one recording and the moments of its words out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sentence to speak. `language` is a tag such as `en` or `de`; `pause_ms` is the silence after it."""

    text: str
    language: str
    pause_ms: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """A moment that the voice is sure of: the character (counted from 0) that it begins to speak, and when."""

    character: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence as spoken: where it begins and ends in the recording, and its anchors in order of time."""

    start_ms: int
    end_ms: int
    anchors: tuple[Anchor, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """A mono WAV file of 16-bit samples, and one `Spoken` for each utterance."""

    wav: Path
    spoken: tuple[Spoken, ...]


class Voice(Protocol):
    """Something that speaks. `identity` names engine, version and settings: another identity, another sound."""

    @property
    def identity(self) -> str: ...

    async def speak(self, utterances: Sequence[Utterance], voice: str, folder: Path) -> Recording:
        """Speak everything into one WAV file in `folder`; `voice` is the user's wish, empty for the best guess.

        `StageFailed` with `speech.engine_missing` or `speech.failed`. The same arguments give the same samples.
        """
        ...

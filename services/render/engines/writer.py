"""The port of writers: a prompt in, a title, a sharper prompt and a narration script out."""

from dataclasses import dataclass
from typing import Protocol

from contracts.rendering import JobInputs, Usage


@dataclass(frozen=True, slots=True)
class Refined:
    """What the film is to be about: a title of at most 80 characters, and the prompt in full."""

    title: str
    refined_prompt: str
    usage: tuple[Usage, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A title and the words that will be spoken, paragraphs apart by blank lines."""

    title: str
    script: str
    usage: tuple[Usage, ...] = ()


class Writer(Protocol):
    """Something that writes. `identity` names engine, version and settings: another identity, other words."""

    @property
    def identity(self) -> str: ...

    async def refine(self, inputs: JobInputs) -> Refined:
        """Title and refined prompt for `inputs.prompt`. `StageFailed` when it cannot."""
        ...

    async def write(self, inputs: JobInputs, title: str, refined_prompt: str) -> Draft:
        """The script for the refined prompt. `StageFailed` when it cannot."""
        ...

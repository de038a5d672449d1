"""When each word is spoken: an artifact of its own, written by the speech stage and read by scenes and video."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from contracts.model import Tolerant
from services.render.engines.prose import Token, tokens
from services.render.engines.voice import Anchor, Spoken

FILE_NAME = "timings.json"


class Word(Tolerant):
    """A word as it stands in the script, with its punctuation. `glued`: no space before it."""

    text: str
    start_ms: int
    end_ms: int
    glued: bool = False


class Sentence(Tolerant):
    """A sentence, the paragraph (from 0) in which it stands, and its words."""

    text: str
    paragraph: int
    start_ms: int
    end_ms: int
    words: tuple[Word, ...]


class Timings(Tolerant):
    """All sentences in order, within a narration of `duration_ms`."""

    duration_ms: int
    sentences: tuple[Sentence, ...]

    @classmethod
    def of(cls, script: Sequence[Sequence[str]], spoken: Sequence[Spoken], duration_ms: int) -> Self:
        """Every word of the script's paragraphs, in order: the voice's anchors, and even steps between them."""
        sentences = [(number, text) for number, paragraph in enumerate(script) for text in paragraph]
        return cls(
            duration_ms=duration_ms,
            sentences=tuple(
                Sentence(
                    text=text,
                    paragraph=number,
                    start_ms=moment.start_ms,
                    end_ms=moment.end_ms,
                    words=_words(text, moment),
                )
                for (number, text), moment in zip(sentences, spoken, strict=True)
            ),
        )


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A place in the text whose moment is known."""

    character: int
    at_ms: float


def _words(text: str, spoken: Spoken) -> tuple[Word, ...]:
    found = tokens(text)
    fixed = _fixed(found, spoken)
    starts = [min(max(round(_moment(token.start, fixed)), spoken.start_ms), spoken.end_ms) for token in found]
    ends = [*starts[1:], spoken.end_ms]
    return tuple(
        Word(text=token.text, start_ms=start, end_ms=end, glued=token.glued)
        for token, start, end in zip(found, starts, ends, strict=True)
    )


def _fixed(found: Sequence[Token], spoken: Spoken) -> list[_Fixed]:
    """The first anchor inside each word, kept only where time and text both go on; between start and end."""
    if not found:
        return []
    fixed = [_Fixed(found[0].start, spoken.start_ms)]
    anchors = sorted(spoken.anchors, key=lambda anchor: anchor.character)
    for token in found[1:]:
        first = _first_inside(anchors, token)
        if first is not None and fixed[-1].at_ms <= first.at_ms <= spoken.end_ms:
            fixed.append(_Fixed(token.start, first.at_ms))
    return [*fixed, _Fixed(found[-1].end, max(spoken.end_ms, fixed[-1].at_ms))]


def _first_inside(anchors: Sequence[Anchor], token: Token) -> Anchor | None:
    return next((anchor for anchor in anchors if token.start <= anchor.character < token.end), None)


def _moment(character: int, fixed: Sequence[_Fixed]) -> float:
    after = next(place for place, one in enumerate(fixed) if one.character >= character)
    if fixed[after].character == character or after == 0:
        return fixed[after].at_ms
    before = fixed[after - 1]
    share = (character - before.character) / (fixed[after].character - before.character)
    return before.at_ms + share * (fixed[after].at_ms - before.at_ms)

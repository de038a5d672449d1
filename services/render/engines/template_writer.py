"""A writer that needs no network: it puts a prompt's subject into prose that was written beforehand.

A few subjects are on a small shelf of primers. Of the others it knows the field at most, and says nothing about them
that could be wrong: a short prompt becomes a guide to looking at the subject, a long one is told in its own sentences.
The same prompt always gives the same words.
"""

import hashlib
import re
from collections.abc import Sequence

from contracts.rendering import JobInputs, Usage
from services.render.engines import template_phrases as phrases
from services.render.engines.prose import is_speakable, language_of, one_line, word_count
from services.render.engines.subject import Form, Subject, subject_of
from services.render.engines.template_fields import POINTS, field_of
from services.render.engines.template_primers import primer_of
from services.render.engines.writer import Draft, Refined

_MOST_WORDS = 105
_TOPIC_WORDS = 7
_ASKED = re.compile(
    r"(?:what (?:is|are|was|were) ([^,;:]+)|how do(?:es)? ([^,;:]+?) (?:work|function|form|happen))\?$", re.IGNORECASE
)
_CLAUSE = re.compile(r"(?:how|why|what|when|where|who|which|whether)\b", re.IGNORECASE)
_SENTENCE_CHARACTERS = 280


class TemplateWriter:
    """A `Writer`: deterministic, offline, free."""

    identity = "template/2"

    async def refine(self, inputs: JobInputs) -> Refined:
        subject = subject_of(inputs.prompt or inputs.script or inputs.title)
        title = one_line(inputs.title)[:160] or subject.title
        return Refined(title, _refined(subject, title), (_usage("refine"),))

    async def write(self, inputs: JobInputs, title: str, refined_prompt: str) -> Draft:  # noqa: ARG002 -- the port's
        subject = subject_of(inputs.prompt or inputs.title or title)
        title = title or subject.title
        language = language_of(inputs.prompt or title, inputs.language).split("-")[0]
        return Draft(title, "\n\n".join(_script(subject, title, language)), (_usage("script"),))


def _usage(operation: str) -> Usage:
    return Usage(provider="playhead", model=TemplateWriter.identity, operation=operation)


def _refined(subject: Subject, title: str) -> str:
    about = title if title.endswith(("?", "!", "…")) else f"{title}."
    source = (
        "told in the words of the given text" if subject.form is Form.TEXT else "an opening, three points and a close"
    )
    return (
        f"A narrated explainer of about forty seconds. Subject: {about} "
        f"Audience: curious newcomers. Structure: {source}. "
        "Tone: warm, plain and concrete. Pictures: one idea a slide, with captions in time with the voice."
    )


def _script(subject: Subject, title: str, language: str) -> list[str]:
    if subject.form is Form.TEXT:
        return _excerpt(subject.sentences)
    named = _sentence(title)
    if language in phrases.OTHER_LANGUAGES:
        return [paragraph.replace("{title}", named) for paragraph in phrases.OTHER_LANGUAGES[language]]
    primer = primer_of(subject.topic)
    if primer is not None and subject.form is not Form.HOW_TO:
        return [primer.opening.replace("{title}", named), *primer.points, _choice(phrases.CLOSINGS, title)]
    match subject.form:
        case Form.NOUN:
            openings, points = phrases.NOUN_OPENINGS, phrases.NOUN_POINTS
        case Form.QUESTION:
            openings, points = phrases.QUESTION_OPENINGS, phrases.QUESTION_POINTS
        case Form.HOW_TO:
            openings, points = phrases.HOW_TO_OPENINGS, phrases.HOW_TO_POINTS
        case Form.TITLED:
            openings, points = phrases.TITLED_OPENINGS, phrases.TITLED_POINTS
    opening = _choice(openings, title) if is_speakable(title) else phrases.SIGN_OPENING
    topic = subject.topic[:1].upper() + subject.topic[1:]
    opening = opening.replace("{title}", named) if "{title}" in opening else opening.replace("{Topic}", topic)
    return [opening, *_of_the_field(subject, points), _choice(phrases.CLOSINGS, title)]


def _of_the_field(subject: Subject, points: Sequence[str]) -> Sequence[str]:
    """The points of the subject's field, where it has one and can be named inside a sentence; else those given."""
    asked = _ASKED.match(subject.topic) if subject.form is Form.QUESTION else None
    if subject.form is not Form.NOUN and asked is None:
        return points
    topic = (asked.group(1) or asked.group(2)) if asked else subject.topic
    field = field_of(topic)
    if field is None or word_count(topic) > _TOPIC_WORDS or _CLAUSE.match(topic):
        return points
    article, _, rest = topic.partition(" ")
    inside = f"{article.lower()} {rest}" if rest and article.lower() in {"the", "a", "an"} else topic
    return [point.replace("{topic}", inside) for point in POINTS[field]]


def _sentence(title: str) -> str:
    if title.endswith((".", "!", "?", "…", "。", "！", "？", "؟")):
        return title
    return f"{title}。" if title[-1:] >= "\u3040" and title[-1:] <= "\u9fff" else f"{title}."


def _choice(variants: Sequence[str], seed: str) -> str:
    digest = hashlib.sha256(seed.encode("utf-8", "replace")).digest()
    return variants[digest[0] % len(variants)]


def _excerpt(sentences: Sequence[str]) -> list[str]:
    """The first sentence, the last, and as many evenly spread between as make a short film, two to a paragraph."""
    short = [_shortened(sentence) for sentence in sentences]
    count = len(short)
    chosen = [0, count - 1]
    for step in range(count, 0, -1):
        spread = sorted({0, count - 1, *range(0, count, step)})
        if sum(word_count(short[place]) for place in spread) > _MOST_WORDS:
            break
        chosen = spread
    kept = [short[place] for place in chosen]
    return [" ".join(kept[start : start + 2]) for start in range(0, len(kept), 2)]


def _shortened(sentence: str) -> str:
    if len(sentence) <= _SENTENCE_CHARACTERS:
        return sentence
    cut = sentence[:_SENTENCE_CHARACTERS]
    end = max(cut.rfind(mark) for mark in (",", ";", ":", "，", "、"))
    if end < _SENTENCE_CHARACTERS // 3:
        end = cut.rfind(" ") if " " in cut else len(cut)
    return cut[:end].rstrip(" ,;:") + "."

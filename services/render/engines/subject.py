"""What a prompt is about: the wish around it taken away, and its form told apart."""

import re
from dataclasses import dataclass
from enum import StrEnum

from services.render.engines.prose import clean, is_speakable, paragraphs, tokens, word_count

TITLE_CHARACTERS = 80
_TITLE_WORDS = 12
_LONG_WORDS = 36
_WISH_CHARACTERS = 600
_MOST_CHARACTERS = 20_000

_POLITE = (
    r"(?:(?:hi|hello|hey)[,!.]?\s+)?(?:please[,]?\s+)?"
    r"(?:(?:can|could|would|will) you\s+(?:please\s+)?|i(?:'d| would) like (?:you to\s+)?"
    r"|i want (?:you to\s+)?|i need (?:you to\s+)?|let'?s\s+)?"
)
_MAKE = r"(?:make|create|generate|produce|render|build|write|give me|do|record|prepare)?\s*"
_FILM = (
    r"(?:an?\s+|the\s+|me an?\s+)?(?:[\w-]+\s+){0,4}?"
    r"(?:video|film|movie|clip|animation|explainer|tutorial|presentation|slideshow|lesson|short)s?\s+"
)
_THAT = (
    r"(?:that\s+)?(?:about|on|of|for|explain(?:s|ing)?|describ(?:es?|ing)|show(?:s|ing)?|cover(?:s|ing)?"
    r"|teach(?:es|ing)?|introduc(?:es?|ing))\s+"
)
_TELL = r"(?:explain|describe|introduce|summari[sz]e|cover|present|discuss|explore|illustrate|teach|show|tell)"
_WHOM = r"(?:\s+(?:to\s+)?(?:me|us|people|children|kids|students|beginners))?(?:\s+(?:about|on))?\s+"
_WISHES = (
    _POLITE + _MAKE + _FILM + _THAT,
    _POLITE + _TELL + _WHOM,
    _POLITE + r"(?:talk|speak)\s+(?:to me\s+)?(?:about|on)\s+",
    r"(?:about|topic|subject|prompt|title)\s*:\s*",
    r"(?:bitte\s+)?(?:erklär(?:e|t)?(?:\s+(?:mir|uns|bitte))*|beschreibe?"
    r"|erzähl(?:e)?\s+(?:mir|uns)\s+(?:von|über))[,:]?\s+",
    r"(?:por favor[,]?\s+)?(?:explica(?:me|nos)?|explícame|describe|háblame de|cuéntame)\s+",
    r"(?:s'il (?:te|vous) plaît[,]?\s+)?(?:expliquez?(?:[- ](?:moi|nous))?|décris|parlez?[- ]moi d[eu'])\s*",
)
_AUDIENCE = re.compile(
    r"(?:[\s,]+(?:to|for)\s+(?:an?\s+|my\s+|the\s+)?(?:[\w-]+\s+)?"
    r"(?:kids?|child(?:ren)?|beginners?|students?|dummies|everyone|year[- ]olds?|class|newcomers?)"
    r"|[\s,]+like\s+i(?:'m| am)\s+(?:\w+)|[\s,]+in\s+(?:simple|plain|easy)\s+\w+"
    r"|[\s,]+in\s+(?:\d+|one|two|a few)\s+(?:seconds?|minutes?|words?))+[.!]?$",
    re.IGNORECASE,
)
_WISH = re.compile(rf"^(?:{'|'.join(_WISHES)})", re.IGNORECASE)
_QUESTION = re.compile(
    r"^(?:what|why|how|when|where|who|whose|which|is|are|was|were|do|does|did|can|could|should|would|will|has|have)\b(?!\s+to\b)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"^(?:what|why|how|when|where|who|which|whether)\b(?!\s+to\b)", re.IGNORECASE)
_INVERTED = re.compile(
    r"^(?:what|why|how|when|where|who|which)(?:'s)?\s+(?:\w+\s+)?(?:is|are|was|were|do|does|did|can|could|should|would|will)\b|^(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have)\s",
    re.IGNORECASE,
)
_NO_NOUN = re.compile(
    r"\b(?:i|we|you|he|she|they|it|me|us|my|am|is|are|was|were|be|been|do|does|did|has|have|had|will|would|can|could|should|must|let|make|create|please|want|need|not|don't)\b",
    re.IGNORECASE,
)
_LIST = re.compile(r"^[\w-]+(?: [\w-]+)?(?:, [\w-]+(?: [\w-]+)?)*,? and [\w-]+(?: [\w-]+)?$")
_ORDER = re.compile(
    r"^(?:please|make|create|use|include|add|avoid|keep|ensure|write|generate|it should|the video|this video"
    r"|start|end|focus|explain|target)\b",
    re.IGNORECASE,
)


class Form(StrEnum):
    """How a prompt can be spoken of."""

    NOUN = "noun"
    QUESTION = "question"
    HOW_TO = "how_to"
    TITLED = "titled"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Subject:
    """`title` for a card, `topic` in full length for a sentence, the form, and a long text's own sentences."""

    form: Form
    title: str
    topic: str
    sentences: tuple[str, ...] = ()


def subject_of(prompt: str) -> Subject:
    """The subject of any text at all; a text without a letter or digit is titled as it stands."""
    text = clean(prompt[:_MOST_CHARACTERS])
    sentences = [sentence for block in paragraphs(text) for sentence in block]
    if word_count(text) > _LONG_WORDS and len(sentences) >= 3:
        material = [one for one in sentences if not _ORDER.match(one)] or sentences
        return Subject(Form.TEXT, _headline(_bare(material[0])), "", tuple(material))
    first = _bare(" ".join(text.split()))
    if first.endswith("?") or (_QUESTION.match(first) and _INVERTED.match(first)):
        question = _capital(first.rstrip("?.! ")) + "?"
        return Subject(Form.QUESTION if len(question) <= 120 else Form.TITLED, _headline(question), question)
    body = first.rstrip(".!?… ") or first
    if re.match(r"^how to\b", body, re.IGNORECASE) and len(body) <= 80:
        return Subject(Form.HOW_TO, _headline(_capital(body)), body)
    nominal = (
        word_count(body) <= 8
        and len(body) <= TITLE_CHARACTERS
        and "." not in body
        and ("," not in body or _LIST.match(body) is not None)
        and body.isascii()
        and '"' not in body
    )
    if nominal and (_CLAUSE.match(body) or not _NO_NOUN.search(body)) and re.search(r"[A-Za-z]", body):
        return Subject(Form.NOUN, _headline(_capital(body)), body)
    heading = _bare(sentences[0]) if len(sentences) > 1 and is_speakable(sentences[0]) else body
    return Subject(Form.TITLED, _headline(_capital(heading)), body)


def _bare(text: str) -> str:
    rest = text
    for wish in (_WISH, _AUDIENCE) if len(text) <= _WISH_CHARACTERS else ():
        shorter = wish.sub("", rest, count=1).strip(" :;,-–—\"'“”‘’")
        rest = shorter if any(character.isalnum() for character in shorter) else rest
    return rest


def _headline(text: str) -> str:
    words = tokens(text)
    short = text
    if len(words) > _TITLE_WORDS or len(text) > TITLE_CHARACTERS:
        cut = [word.end for word in words[:_TITLE_WORDS] if word.end <= TITLE_CHARACTERS - 1]
        end = cut[-1] if cut else TITLE_CHARACTERS - 1
        comma = max(text.rfind(mark, 0, end) for mark in (",", ";", ":", " –", " —", "，", "、"))
        short = text[: comma if comma > end // 2 else end].rstrip(" ,;:.–—") + ("" if comma > end // 2 else "…")
    return short.rstrip(".") if not short.endswith("..") else short


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

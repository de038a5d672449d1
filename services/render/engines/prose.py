"""Text as it is spoken: cleaned, cut into paragraphs, sentences and words, and asked for its language."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_JOINERS = {"\u200c", "\u200d"}
_ENDS = re.compile(r"""(?:[.!?…]+["'”’»)\]]*(?=\s)|[。！？]+[」』”’]*|[.!?]+["'”’»)\]]*(?=\s*$))""")
_SHORT = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|No|Fig|approx|ca|bzw|z\.B|d\.h|u\.a|Nr|Sra?)\.$"
)
_MARKS = re.compile(r"^\s*(?:#{1,6}\s+|[-*•]\s+|>\s+)|\*\*|__|`+")
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_OPENING, _CLOSING = "「『（《〈“‘([{«", "」』）》〉”’)]}»、。，．！？；：・…ー々"
_TOKEN = re.compile(
    rf"[{re.escape(_OPENING)}]*[{_UNSPACED}][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u3099\u309a\ufe00-\ufe0f]*"
    rf"[{re.escape(_CLOSING)}]*|[^\s{_UNSPACED}]+"
)
_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_LETTERS: tuple[tuple[str, str], ...] = (
    (r"[\u3040-\u30ff]", "ja"),
    (r"[\uac00-\ud7af\u1100-\u11ff]", "ko"),
    (_HAN, "cmn"),
    (r"[\u0600-\u06ff\u0750-\u077f]", "ar"),
    (r"[\u0590-\u05ff]", "he"),
    (r"[\u0900-\u097f]", "hi"),
    (r"[\u0980-\u09ff]", "bn"),
    (r"[\u0b80-\u0bff]", "ta"),
    (r"[\u0c00-\u0c7f]", "te"),
    (r"[\u0a80-\u0aff]", "gu"),
    (r"[\u0e00-\u0e7f]", "th"),
    (r"[\u10a0-\u10ff]", "ka"),
    (r"[\u0530-\u058f]", "hy"),
    (r"[\u1200-\u137f]", "am"),
    (r"[\u0370-\u03ff\u1f00-\u1fff]", "el"),
    (r"[іїєґІЇЄҐ]", "uk"),
    (r"[\u0400-\u04ff]", "ru"),
)


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


_FUNCTION_WORDS: dict[str, frozenset[str]] = {
    "en": _words("the of and a to in is are how what why does do for with about explain an it that on"),
    "de": _words("der die das und ist sind wie was warum ein eine mit über erkläre von für nicht zu den im"),
    "es": _words("el la los las y es son cómo qué por una un con sobre explica de para del se en"),
    "fr": _words("le la les et est sont comment pourquoi une un avec sur explique de du des pour que en"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its punctuation, and where it stands in its sentence. `glued`: no space before it."""

    text: str
    start: int
    end: int
    glued: bool


def clean(text: str) -> str:
    """Text without control characters, invisible marks and markup; spaces collapsed, at most one blank line."""
    whole = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n"))
    lines = ["".join(_kept(line)) for line in whole.split("\n")]
    lines = [" ".join(_MARKS.sub("", line).split()) for line in lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def one_line(text: str) -> str:
    """A clean text without line ends."""
    return " ".join(clean(text).split())


def _kept(line: str) -> Iterator[str]:
    for character in line:
        category = unicodedata.category(character)
        if category in ("Zs", "Zl", "Zp", "Cc"):
            yield " "
        elif category not in ("Cf", "Cs", "Co", "Cn") or character in _JOINERS:
            yield character


def paragraphs(text: str) -> list[list[str]]:
    """The sentences of each paragraph of a clean text. A blank line ends a paragraph, a line end a sentence."""
    found: list[list[str]] = []
    for block in re.split(r"\n\s*\n", text):
        sentences = [sentence for line in block.split("\n") for sentence in _sentences(line)]
        if sentences:
            found.append(sentences)
    return found


def _sentences(line: str) -> Iterator[str]:
    begin = 0
    for match in _ENDS.finditer(line):
        if _SHORT.search(line[max(begin, match.end() - 12) : match.end()]):
            continue
        sentence = line[begin : match.end()].strip()
        if sentence:
            yield sentence
        begin = match.end()
    if line[begin:].strip():
        yield line[begin:].strip()


def tokens(sentence: str) -> list[Token]:
    """The words of a sentence in order, without the space; scripts that use none give a word a character."""
    found: list[Token] = []
    for match in _TOKEN.finditer(sentence):
        start = match.start()
        if found and start > found[-1].end and not sentence[found[-1].end : start].isspace():
            raise AssertionError(f"characters were lost before {match.group()!r}")
        found.append(Token(match.group(), start, match.end(), glued=bool(found) and found[-1].end == start))
    return found


def word_count(text: str) -> int:
    """Spoken words; of scripts without spaces two characters count as one."""
    words = tokens(text)
    glued = sum(token.glued for token in words)
    return max(len(words) - glued + glued // 2, 1 if words else 0)


def is_speakable(text: str) -> bool:
    """Whether there is a letter or a digit in it."""
    return any(character.isalnum() for character in text)


def language_by_letters(text: str, preferred: str) -> str:
    """The preferred language, unless the text is in letters of another one."""
    letters = sum(character.isalpha() for character in text)
    for pattern, language in _LETTERS:
        count = len(re.findall(pattern, text))
        characters = count + (len(re.findall(_HAN, text)) if language == "ja" and count else 0)
        if count and characters * 3 >= letters:
            return preferred if _same_letters(preferred, language) else language
    return preferred


def language_of(text: str, preferred: str) -> str:
    """The language to read this text in: by its letters, then by its small words, else the preferred one."""
    by_letters = language_by_letters(text, preferred)
    if by_letters != preferred or preferred.partition("-")[0] != "en":
        return by_letters
    words = re.findall(r"[^\W\d_]+", text.lower())
    scores = {language: sum(word in small for word in words) for language, small in _FUNCTION_WORDS.items()}
    best = max(scores, key=lambda language: (scores[language], language == "en"))
    return best if scores[best] >= 2 and scores[best] > scores["en"] else preferred


def _same_letters(preferred: str, found: str) -> bool:
    families = (
        {"ru", "uk", "bg", "sr", "mk", "be", "kk", "ky"},
        {"ar", "fa", "ur", "sd", "ug"},
        {"hi", "mr", "ne"},
        {"cmn", "yue", "ja", "zh"},
    )
    return any(preferred.partition("-")[0] in family and found in family for family in families)

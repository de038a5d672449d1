"""What a subject's name tells the template writer: the field that it belongs to, and how that field is looked at.

`{topic}` stands inside a sentence, where any noun phrase fits, in the singular or the plural.
"""

import re
from enum import StrEnum


class Field(StrEnum):
    """Where a subject belongs; the order is the order in which fields are tried."""

    COMPARISON = "comparison"
    PERSON = "person"
    MATHEMATICS = "mathematics"
    LIFE = "life"
    HISTORY = "history"
    MACHINE = "machine"
    NATURE = "nature"


_WORDS: dict[Field, str] = {
    Field.COMPARISON: r"\bvs\b|\bversus\b|compared (?:to|with)|difference between",
    Field.PERSON: r"(?-i:\b(?:[Ll]ife|[Bb]iography|[Ss]tory|[Ww]ork) of [A-Z])",
    Field.MATHEMATICS: r"theorem|equation|algebra|geometr|calculus|probabilit|statistic|fraction|triangle|polynomial|"
    r"matri(?:x|ces)|logarithm|derivative|integral|prime number|number theory|parabola|trigonometr|pythagor|\bpi\b",
    Field.LIFE: r"photosynth|\bcells?\b|plants?\b|animals?\b|\bdna\b|genes?\b|genetic|evolution|bacteri|virus|vaccin|"
    r"immun|brain|\bheart\b|digest|ecosystem|\bbees?\b|\bcats?\b|\bdogs?\b|whale|birds?\b|insect|human body|sleep|"
    r"neuron|dinosaur|rainforest",
    Field.HISTORY: r"revolution|\bwars?\b|empire|dynast|battle|ancient|centur|treaty|crusade|renaissance|history|"
    r"middle ages|medieval|pharaoh|rome\b|\b1[0-9]{3}\b|moon landing|civil rights",
    Field.MACHINE: r"comput|internet|algorithm|software|database|blockchain|network|engine|batter(?:y|ies)|refrigerat|"
    r"machine|robot|artificial intelligence|\bai\b|program|recursion|phone|camera|heat pump|search tree|encrypt|"
    r"\bkafka\b|\bhttp|compiler|vehicle|solar panel|wind turbine|transistor|bicycle",
    Field.NATURE: r"water cycle|volcano|earthquake|tsunami|climate|weather|\btides?\b|ocean|planet|\bstars?\b|"
    r"black hole|gravity|\blight\b|atom|energy|electric|magnet|rainbow|\bsky\b|\bmoon\b|\bsun\b|solar|"
    r"galax|universe|thermodynam|relativity|chemical|molecul|lightning|\brain\b|river|glacier|sound",
}
_FIELDS = {field: re.compile(words, re.IGNORECASE) for field, words in _WORDS.items()}

POINTS: dict[Field, tuple[str, str, str]] = {
    Field.COMPARISON: (
        "Name what they share. Here are two answers to one question. Say that question first, before you take sides.",
        "Find the difference that decides. Most of the others follow from it: speed, cost, trust, or who is in charge. "
        "One is enough to begin with.",
        "Choose by the case. Take one real task and go through it twice. It is rarely about better or worse, "
        "and nearly always about better for what.",
    ),
    Field.PERSON: (
        "Begin with the time and the place. What could be taken for granted then, and what was out of reach?",
        "Find the turning point. In {topic}, as in any, there is a choice after which nothing was the same. "
        "Look for what it cost.",
        "Ask what was left behind. An idea, a work, a door that others walked through: look at {topic} from there.",
    ),
    Field.MATHEMATICS: (
        "Draw it first. Before any formula, put {topic} on paper as a shape, a line or a table. What you can draw, "
        "you can check.",
        "Try small numbers. Take the smallest case that is not trivial, and work it out by hand.",
        "Ask why it must be so. A few cases are a hint; a reason that holds for all of them is a proof. "
        "That is when {topic} can be trusted.",
    ),
    Field.LIFE: (
        "Choose the scale. A molecule, a cell, a body, a whole forest: look at {topic} on each, and see which one "
        "tells the story.",
        "Follow what goes in and what comes out. Food, light, water, signals: trace them, and the parts explain "
        "one another.",
        "Ask what it is good for. Living things tend to keep what helps them to last. Take {topic} away in your mind, "
        "and see what fails first.",
    ),
    Field.HISTORY: (
        "Start with the world before. To understand {topic}, ask what people took for granted, and who was no longer "
        "content with it.",
        "Put three dates on a line. When it began, when it turned, and when it was over: the names find their places "
        "by themselves.",
        "Look at what stayed. Laws, borders and habits outlive the people who made them. What of {topic} "
        "can still be seen today?",
    ),
    Field.MACHINE: (
        "Start at the outside. Say what goes into {topic} and what comes out, as if there were a closed box between.",
        "Open the box. Two or three parts do the work. Name what each hands to the next, and the magic is gone.",
        "Break it on purpose. Ask what becomes of {topic} when one part is slow, wrong or missing. "
        "That is where the clever ideas are hiding.",
    ),
    Field.NATURE: (
        "Watch it happen. Say what anybody could see of {topic}, and name no cause yet.",
        "Find what drives it. Somewhere energy is on the move: heat, light, gravity or motion. Trace it through "
        "{topic}, from where it comes in to where it leaves.",
        "Make a forecast. Double one thing in your mind, and say what should change. Then look whether it does.",
    ),
}


def field_of(topic: str) -> Field | None:
    """The first field whose words the topic has; None for a subject that could be anything."""
    return next((field for field in Field if _FIELDS[field].search(topic)), None)

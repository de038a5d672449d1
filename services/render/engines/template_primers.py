"""A small shelf: subjects that newcomers try first, told in a few facts that any textbook has.

Each is an opening and three points. `{title}` is a sentence of its own. What is on no shelf is told by its field.
"""

import re
from typing import NamedTuple

from services.render.engines.prose import word_count

_MOST_WORDS = 10


class Primer(NamedTuple):
    """The words that name the subject, and its four paragraphs."""

    names: str
    opening: str
    points: tuple[str, str, str]


PRIMERS: tuple[Primer, ...] = (
    Primer(
        r"pythag",
        "{title} Three sides, one right angle, and a rule that never fails.",
        (
            "Start with a right triangle. The two sides at the right angle are its legs. The longest side, across from "
            "it, is the hypotenuse.",
            "Draw a square on each side. The two squares on the legs together cover exactly as much as the square "
            "on the hypotenuse.",
            "Check it with three and four. Nine plus sixteen is twenty-five, and that is five times five. "
            "So the longest side is five.",
        ),
    ),
    Primer(
        r"photosynth",
        "{title} It is how a leaf turns light into food, and it feeds nearly everything that lives.",
        (
            "A leaf takes in three things. Water from the roots, carbon dioxide from the air, and light from the sun.",
            "Light does the work. A green pigment, chlorophyll, catches it and uses its energy to split water. "
            "The oxygen that is left over goes into the air.",
            "Sugar keeps the energy. The plant builds carbon dioxide into sugar, and lives on it. "
            "So does whatever eats the plant.",
        ),
    ),
    Primer(
        r"water cycle",
        "{title} The same water has gone around for billions of years, and it never stops.",
        (
            "The sun lifts it. Heat turns the water of seas, lakes and leaves into vapour, and the vapour rises.",
            "Clouds let it fall. High up the air is cold: vapour becomes droplets, droplets become clouds, "
            "and clouds become rain or snow.",
            "The ground sends it back. Through streams, rivers and soil it comes to the sea, and the round begins "
            "again.",
        ),
    ),
    Primer(
        r"black holes?\b",
        "{title} It is a place where gravity is so strong that nothing comes back, not even light.",
        (
            "Gravity wins. When a very heavy star has used up its fuel, its core can fall in on itself, "
            "with more mass in less room than anything else we know.",
            "There is an edge. It is called the event horizon. What has crossed it can never be seen again.",
            "Its neighbours give it away. Gas that falls in glows before it is gone, and stars circle something "
            "that is dark.",
        ),
    ),
    Primer(
        r"sky (?:is )?blue",
        "{title} The answer is in the light, and in the air that it has to cross.",
        (
            "Sunlight holds all colours. It is a mix, from red with its long waves to blue and violet with short ones.",
            "Air scatters the short waves. Its molecules throw blue light about far more than red, "
            "so blue comes to us from every side.",
            "A sunset is the same story. When the sun is low, its light crosses much more air. "
            "The blue is scattered away, and the red is left.",
        ),
    ),
    Primer(
        r"\btides?\b",
        "{title} Twice a day, on most coasts, the sea comes and goes, and the cause is not of this world.",
        (
            "The moon pulls. It pulls the near side of the Earth a little more than the far side, "
            "and the sea bulges on both.",
            "The Earth turns below. A coast passes through both bulges in a little more than a day: "
            "two high tides, two low ones.",
            "The sun joins in. In line with the moon it makes the tides large; at right angles it makes them small.",
        ),
    ),
    Primer(
        r"vaccin",
        "{title} It is a lesson for the body, without the illness.",
        (
            "The immune system remembers. Once it has met an intruder, it keeps cells that will know it again.",
            "A vaccine shows the shape. It brings a harmless piece of a germ, or the plan for one, "
            "and the body practises on it.",
            "Next time it is fast. When the real germ comes, the memory is there, and the answer takes days "
            "instead of weeks. Often nobody feels ill.",
        ),
    ),
    Primer(
        r"french revolution",
        "{title} In ten years a kingdom became a republic, and Europe was never the same.",
        (
            "The crown was bankrupt and bread was dear. In 1789 the king called the Estates General, "
            "for the first time since 1614.",
            "The old order fell in a summer. In July Paris stormed the Bastille. In August the Assembly declared "
            "the rights of man and of the citizen.",
            "Then it turned on itself. The king died in 1793, and the Terror followed. In 1799 a general took power: "
            "Napoleon Bonaparte.",
        ),
    ),
)


def primer_of(topic: str) -> Primer | None:
    """The primer of this subject, where the shelf has one; a longer wish asks for more than the shelf knows."""
    if word_count(topic) > _MOST_WORDS:
        return None
    return next((one for one in PRIMERS if re.search(one.names, topic, re.IGNORECASE)), None)

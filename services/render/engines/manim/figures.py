"""Which figure a text speaks of, found by its words: a formula in it, a named curve, a right triangle, a network.

The same text always gives the same figure, and most texts give none: a wrong picture is worse than no picture.
"""

import re
from collections.abc import Callable

from services.render.engines.manim.scenes import Equation, Figure, Function, Graph, NumberLine, Plot, RightTriangle

_PIECE = r"[\w²³⁴√π()^]+(?:[.,]\d+)?"
_SIDE = rf"{_PIECE}(?:\s*[+\-−–*·×/]\s*{_PIECE})*"
_FORMULA = re.compile(rf"(?<![\w²³⁴)]){_SIDE}\s*=\s*[-−]?{_SIDE}")
_PROSE = re.compile(r"[^\W\d_]{4,}")
_LONGEST = 32
_POWERS = str.maketrans({"2": "²", "3": "³", "4": "⁴"})
_NUMBERS = re.compile(r"(?<![\w.,])[-−]?\d{1,2}(?![\w.,]*\d)")
_FUNCTIONS: tuple[tuple[Function, str], ...] = (
    (Function.PARABOLA, r"parabol|quadratic (?:function|equation|curve)|抛物线|抛物線|القطع المكافئ"),
    (Function.CUBIC, r"cubic (?:function|equation|curve|polynomial)"),
    (Function.ROOT, r"square root function|root function|wurzelfunktion"),
    (Function.RECIPROCAL, r"hyperbola\b|reciprocal function|inverse proportion"),
    (Function.EXPONENTIAL, r"exponential(?:ly)? (?:growth|function|curve|grow)|exponentialfunktion|指数函数"),
    (Function.LOGARITHM, r"logarithm|对数"),
    (Function.COSINE, r"\bcosine\b|\bkosinus|余弦"),
    (Function.SINE, r"\bsine (?:wave|curve|function)|\bsine\b|sinus(?:kurve|funktion)|onda senoidal|正弦"),
    (Function.BELL, r"bell curve|normal distribution|gaussian|normalverteilung|正态分布"),
    (Function.LINE, r"linear (?:function|equation)|slope of a line|straight[- ]line graph|lineare funktion"),
)
_TRIANGLE = re.compile(
    r"pythag|p[iy]t[aá]gor|right(?:[- ]angled)? triangle|hypotenuse|rechtwinklig|勾股|毕达哥拉斯|直角三角|"
    r"فيثاغور|مثلث قائم|פיתגורס|пифагор",
    re.IGNORECASE,
)
_LINE = re.compile(r"number line|zahlenstrahl|zahlengerade|recta num[eé]rica|droite num[eé]rique|数轴", re.IGNORECASE)
_GRAPH = re.compile(
    r"graph theory|nodes and edges|vertices and edges|(?:computer|neural|social|peer-to-peer) networks?\b|"
    r"shortest path|graphentheorie|teor[ií]a de grafos|图论",
    re.IGNORECASE,
)
_RING = ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 2), (2, 4), (1, 4))


def figure_of(text: str) -> Figure | None:
    """The first kind of figure that the text names; formulas go before names."""
    found: tuple[Callable[[str], Figure | None], ...] = (_equation, _named)
    return next((figure for look in found if (figure := look(text)) is not None), None)


def _equation(text: str) -> Equation | None:
    for match in _FORMULA.finditer(text):
        term = match.group()
        if len(term) <= _LONGEST and not _PROSE.search(term):
            return Equation(formula(term))
    return None


def formula(term: str) -> str:
    """A formula as it is printed: powers raised, a real minus and times, one space around signs."""
    raised = re.sub(r"\^\s*([234])(?!\d)", lambda match: match.group(1).translate(_POWERS), term)
    signs = re.sub(r"\s+[-–−]\s+", " − ", raised).replace("*", " · ")
    return " ".join(re.sub(r"\s*([=+·×])\s*", r" \1 ", signs).split())


def _named(text: str) -> Figure | None:
    if _TRIANGLE.search(text):
        return RightTriangle()
    for function, names in _FUNCTIONS:
        if re.search(names, text, re.IGNORECASE):
            return Plot(function)
    if _LINE.search(text):
        return _numbers(text)
    return Graph(6, _RING) if _GRAPH.search(text) else None


def _numbers(text: str) -> NumberLine:
    """From −5 to 5, or as far as the numbers go that are named; those are the marks."""
    named = [int(found.replace("−", "-")) for found in _NUMBERS.findall(text)]
    marks = tuple(dict.fromkeys(one for one in named if abs(one) <= 10))[:4] or (-3, 2)
    return NumberLine(min(-5, *marks), max(5, *marks), marks)

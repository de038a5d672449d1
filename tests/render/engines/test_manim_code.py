"""The Python file of a manim film holds nothing but ours: whatever somebody wrote is a literal in it."""

import ast
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.rendering import Aspect, Scene
from services.render.engines.drawing.elements import Side
from services.render.engines.drawing.frame import FRAMES
from services.render.engines.drawing.palette import palette_of
from services.render.engines.manim.code import code_of
from services.render.engines.manim.figures import figure_of
from services.render.engines.manim.layout import laid_out
from services.render.engines.manim.scenes import (
    Equation,
    Figure,
    Function,
    Graph,
    ManimScene,
    NumberLine,
    Plot,
    RightTriangle,
)

SCENES = (
    Scene(number=1, heading="Triangles", narration="Triangles.", start_ms=0, end_ms=3000),
    Scene(
        number=2,
        heading="Squares on the sides of a right triangle",
        bullets=("The two small ones", "are the large one"),
        narration="Look at the squares on the sides of a right triangle. The two small ones are the large one.",
        start_ms=3000,
        end_ms=9000,
    ),
)

RING = ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 2), (2, 4), (1, 4))


def typed(aspect: Aspect = Aspect.WIDE, *scenes: Scene, title: str = "Triangles") -> tuple[ManimScene, ...]:
    plan = scenes or SCENES
    return laid_out(FRAMES[aspect], palette_of(title), title, plan, [[500] * len(one.bullets) for one in plan])


def file_of(scenes: tuple[ManimScene, ...], aspect: Aspect = Aspect.WIDE) -> str:
    return code_of(FRAMES[aspect], palette_of("Triangles"), scenes)


def shape(code: str) -> str:
    """The file's syntax with every literal string made the same."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = "…"
    return ast.dump(tree)


@settings(deadline=None, max_examples=50)  # the first look at a script opens its font
@given(st.text(min_size=1, max_size=60))
def test_no_words_of_anybody_change_what_the_file_does(words: str) -> None:
    scene = typed()[1]
    lines = tuple(replace(one, lines=(words,)) for one in scene.blocks[0].lines)
    other = replace(scene, blocks=(replace(scene.blocks[0], lines=lines), *scene.blocks[1:]))
    plain = replace(other, blocks=(replace(other.blocks[0], lines=tuple(replace(one, lines=("x",)) for one in lines)),
                                   *other.blocks[1:]))  # fmt: skip
    assert shape(file_of((other,))) == shape(file_of((plain,)))


def test_a_script_that_looks_like_code_is_a_string_in_the_file() -> None:
    attack = "'])\nimport os; os.system('id') #"
    hostile = SCENES[1].model_copy(update={"heading": attack, "narration": attack, "bullets": (attack, '"""')})
    tree = ast.parse(file_of(typed(Aspect.WIDE, SCENES[0], hostile)))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [node.module for node in imported if isinstance(node, ast.ImportFrom)] == ["manim"]
    assert len(imported) == 1
    assert any("os.system" in str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant))


def test_the_same_scenes_give_the_same_file() -> None:
    assert file_of(typed()) == file_of(typed())


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("Why does the Pythagorean theorem hold?", RightTriangle()),
        ("勾股定理", RightTriangle()),
        ("مبرهنة فيثاغورس", RightTriangle()),
        ("Its simplest form is y = x^2.", Equation("y = x²")),
        ("We know that a^2+b^2=c^2, always.", Equation("a² + b² = c²")),
        ("A parabola opens upwards.", Plot(Function.PARABOLA)),
        ("Draw the sine wave of a tone.", Plot(Function.SINE)),
        ("Put −2 and 3 on the number line.", NumberLine(-5, 5, (-2, 3))),
        ("A computer network has many paths.", Graph(6, RING)),
        ("How to bake bread", None),
        ("He said: the answer = forty", None),
    ],
)  # fmt: skip
def test_a_figure_is_drawn_only_for_what_the_words_name(text: str, figure: Figure | None) -> None:
    assert figure_of(text) == figure


@pytest.mark.parametrize("aspect", list(Aspect))
def test_words_and_figure_never_share_a_place(aspect: Aspect) -> None:
    frame, scene = FRAMES[aspect], typed(aspect)[1]
    assert isinstance(scene.figure, RightTriangle)
    box = scene.box
    assert box.x >= frame.margin
    assert box.x + box.width <= frame.width - frame.margin + 1
    assert box.y + box.height <= frame.bottom + 1
    for line in (line for block in scene.blocks for line in block.lines):
        bottom = line.y + len(line.lines) * line.size * line.leading
        beside = frame.width > frame.height and line.x < box.x
        assert beside or bottom <= box.y + line.size


def test_a_text_from_right_to_left_stands_at_the_right_and_its_figure_at_the_left() -> None:
    scene = SCENES[1].model_copy(update={"heading": "في المثلث القائم", "narration": "مثلث قائم", "bullets": ()})
    drawn = typed(Aspect.WIDE, SCENES[0], scene)[1]
    assert all(line.side is Side.RIGHT for block in drawn.blocks for line in block.lines)
    assert drawn.box.x == FRAMES[Aspect.WIDE].margin


def test_a_figure_that_two_scenes_share_stays_where_it_is() -> None:
    again = SCENES[1].model_copy(update={"number": 3, "start_ms": 9000, "end_ms": 14_000})
    code = file_of(typed(Aspect.WIDE, *SCENES, again))
    assert code.count("self.end(keep=True)") == 1
    assert code.count("self.stay()") == 1

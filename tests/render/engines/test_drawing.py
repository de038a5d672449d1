"""Text fits, every script has its font, palettes can be read, and no words become a command of libass."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from contracts.rendering import Aspect
from services.render.engines.drawing import subtitles as ass
from services.render.engines.drawing.cards import slide_card, title_card
from services.render.engines.drawing.elements import Side, Text
from services.render.engines.drawing.frame import FRAMES, Frame
from services.render.engines.drawing.palette import PALETTES, contrast, palette_of
from services.render.engines.drawing.paragraph import balanced, clipped, fit, wrap
from services.render.engines.drawing.plate import paint_plate
from services.render.engines.drawing.still import paint
from services.render.engines.drawing.typeface import FONTS, Face, Role, is_right_to_left, loaded, runs, width
from services.render.engines.ffmpeg import Ffmpeg, Filter, Source, Target

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Mn", "Me", "Mc"]), max_size=120)
WORLD = "Café ² Ελληνικά Русский 日本語 한국어 العربية עברית हिन्दी ไทย ქართული Հայերեն 🚀 ☕ → ∑ √"
BLACK = (0, 0, 0)


@given(WORDS, st.sampled_from([300.0, 608.0, 900.0]))
def test_wrapped_lines_are_never_wider_than_their_column_and_lose_nothing(text: str, column: float) -> None:
    lines = wrap(text, Role.TEXT, 32, column)
    assert "".join("".join(line.split()) for line in lines) == "".join(text.split())
    assert all(width(line, Role.TEXT, 32) <= column or len(line) == 1 for line in lines)


@given(WORDS)
def test_balancing_never_adds_a_line(text: str) -> None:
    assert len(balanced(text, Role.DISPLAY, 60, 700)) == len(wrap(text, Role.DISPLAY, 60, 700))


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=400))
def test_a_fitted_text_stays_in_its_box(text: str) -> None:
    setting = fit(text, Role.DISPLAY, (78, 60, 40), 600, 300, most_lines=4)
    assert len(setting.lines) <= 4
    assert setting.height <= 300
    assert all(width(line, Role.DISPLAY, setting.size) <= 600.5 for line in setting.lines)


def test_a_clipped_line_ends_in_an_ellipsis() -> None:
    assert clipped("one two three four five", Role.TEXT, 30, 150).endswith("…")
    assert clipped("one", Role.TEXT, 30, 150) == "one"


def has_ink(face: Face, character: str) -> bool:
    left, top, right, bottom = loaded(face, 40).getmask(character).getbbox() or (0, 0, 0, 0)
    return right > left and bottom > top


@pytest.mark.parametrize("role", list(Role))
def test_every_letter_of_the_world_has_a_font_that_draws_it(role: Role) -> None:
    for run in runs(WORLD, role):
        assert all(run.face.font.draws(one) for one in run.text if not one.isspace()), run
        assert all(has_ink(run.face, one) for one in run.text if not one.isspace()), run
    assert "".join(run.text for run in runs(WORLD, role)) == WORLD


def test_fonts_come_with_their_licences_and_stay_small() -> None:
    assert {path.name for path in (FONTS / "licences").iterdir()} == {"OFL-1.1.txt", "Apache-2.0.txt", "DejaVu.txt"}
    assert sum(path.stat().st_size for path in FONTS.rglob("*") if path.is_file()) < 12_000_000


def test_the_direction_is_that_of_the_first_letter() -> None:
    assert is_right_to_left("1. שלום")
    assert not is_right_to_left("Hello שלום")
    assert not is_right_to_left("123")


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_a_palette_can_be_read(palette: object) -> None:
    assert isinstance(palette, type(PALETTES[0]))
    for ground in (palette.deep, palette.middle, palette.glow, palette.glint):
        assert contrast(palette.ink, ground) >= 7
        assert contrast(palette.muted, ground) >= 4.4
        assert contrast(palette.accent, ground) >= 3.5
    for ink in (palette.caption_ink, palette.caption_dim, palette.caption_accent):
        assert contrast(ink, palette.caption_field) >= 4.5


def test_a_title_always_has_the_same_palette_whatever_its_case() -> None:
    assert palette_of("The Tides ") == palette_of("the tides")
    assert len({palette_of(str(n)).name for n in range(60)}) == len(PALETTES)


@given(st.text(max_size=200))
def test_no_text_can_become_a_command_of_libass(text: str) -> None:
    shown = ass.escaped(text)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)[{}]", shown)
    assert not re.search(r"\\[^{}\u2060]", shown)


@given(st.integers(0, 10_000_000))
def test_subtitle_times_are_right_to_the_hundredth(milliseconds: int) -> None:
    hours, minutes, seconds = ass.clock(milliseconds).split(":")
    assert abs((int(hours) * 60 + int(minutes)) * 60_000 + float(seconds) * 1000 - milliseconds) <= 5.001


@pytest.mark.parametrize("aspect", list(Aspect))
@pytest.mark.parametrize(
    "title", ["Tides", "A very long title " * 12, "W" * 300, "水の循環について" * 8, "שמיים כחולים"]
)
def test_cards_keep_the_margins_and_leave_the_captions_alone(aspect: Aspect, title: str) -> None:
    frame, palette = FRAMES[aspect], PALETTES[0]
    points = [(title, 500), ("A second point that is somewhat longer than the first one, so it wraps", 900)]
    for card in (
        title_card(frame, palette, title, 61_000, 0, 3000),
        slide_card(frame, palette, 3, title, points, (0, 9)),
    ):
        for element in card.elements:
            if isinstance(element, Text) and element.opacity > 0.5:
                assert_inside(frame, element)


def assert_inside(frame: Frame, text: Text) -> None:
    wide = width(text.text, text.role, text.size, text.tracking)
    left = text.x if text.side is Side.LEFT else text.x - wide
    assert left >= frame.margin - 1
    assert left + wide <= frame.width - frame.margin + 2
    assert text.baseline - text.size * 0.75 >= frame.header
    assert text.baseline + text.size * 0.25 <= frame.caption_middle - frame.caption_size * frame.caption_lines * 0.7


def test_a_plate_is_the_same_for_the_same_title_and_another_for_another() -> None:
    frame, palette = FRAMES[Aspect.WIDE], PALETTES[0]
    plates = [paint_plate(frame, palette, title).resize((64, 36)).tobytes() for title in ("a", "a", "b")]
    assert plates[0] == plates[1] != plates[2]


def test_a_still_shows_its_text_where_the_grid_says() -> None:
    frame = FRAMES[Aspect.WIDE]
    plate = Image.new("RGB", (2560, 1440), BLACK)
    picture = paint(plate, frame, (0.5, 0.5), [Text("Tides ²", 100, 300, Role.DISPLAY, 80, (255, 255, 255))])
    left, top, right, bottom = picture.getbbox() or (0, 0, 0, 0)
    assert 95 <= left <= 110
    assert 300 - 80 <= top < bottom <= 300 + 30
    assert right <= 100 + width("Tides ²", Role.DISPLAY, 80) + 2
    assert picture.getpixel((640, 600)) == BLACK


async def test_hostile_words_stay_words_in_the_film(tmp_path: Path) -> None:
    """Were the override block obeyed, the text would stand at the top and fill the picture."""
    frame = FRAMES[Aspect.WIDE]
    hostile = Text(r"{\an8\pos(640,10)\fs400}\N\N{\p1}m 0 0 l 900 0 900 900", 60, 650, Role.STRONG, 30, (255, 255, 255))
    (tmp_path / "film.ass").write_text(
        ass.script(frame, ass.entering(hostile, 1, 0, 9000, rise=0, leave_ms=0)), encoding="utf-8"
    )
    Image.new("RGB", (1280, 720), BLACK).save(tmp_path / "black.ppm")
    (tmp_path / "fonts").symlink_to(FONTS)
    filters = [Filter.of("setpts", expr="PTS+2/TB"), Filter.of("ass", filename="film.ass", fontsdir="fonts")]
    await Ffmpeg().run(
        *("video", [Source("black.ppm")], Target("shot.png", ("-frames:v", "1"))), folder=tmp_path, pictures=filters
    )
    box = Image.open(tmp_path / "shot.png").convert("L").point([0] * 64 + [255] * 192).getbbox()
    assert box is not None
    assert 600 < box[1] < box[3] < 680
    assert box[0] >= 55

"""Cards as pictures: painted with Pillow on a part of the plate."""

from collections.abc import Sequence
from math import ceil, floor

from PIL import Image, ImageDraw

from services.render.engines.drawing.elements import Element, Shape, Side, Text
from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.typeface import is_right_to_left, loaded, runs, width


def paint(plate: Image.Image, frame: Frame, place: tuple[float, float], elements: Sequence[Element]) -> Image.Image:
    """The elements on a window of the plate. `place`: where the window lies, 0 to 1 from left and from top."""
    wide, high = round(plate.width * 0.64), round(plate.height * 0.64)
    left, top = round((plate.width - wide) * place[0]), round((plate.height - high) * place[1])
    box = (left, top, left + wide, top + high)
    picture = plate.resize((frame.width, frame.height), Image.Resampling.BILINEAR, box=box)
    for element in elements:
        x, y, right, bottom = _reach(element)
        mask = Image.new("L", (max(right - x, 1), max(bottom - y, 1)), 0)
        _draw(ImageDraw.Draw(mask), element, x, y)
        if element.opacity < 1:
            mask = mask.point([round(value * element.opacity) for value in range(256)])
        picture.paste(element.colour, (x, y), mask)
    return picture


def _reach(element: Element) -> tuple[int, int, int, int]:
    """A box that holds the whole element, with room for letters that lean out of their line."""
    if isinstance(element, Shape):
        return floor(element.x), floor(element.y), ceil(element.x + element.size[0]), ceil(element.y + element.size[1])
    left, size = _left(element), element.size
    wide = width(element.text, element.role, size, element.tracking)
    return (
        floor(left - size),
        floor(element.baseline - 1.3 * size),
        ceil(left + wide + size),
        ceil(element.baseline + size),
    )


def _draw(canvas: ImageDraw.ImageDraw, element: Element, x: int, y: int) -> None:
    """Draw onto a canvas whose upper left corner lies at (x, y) of the picture."""
    match element:
        case Shape(corners=(), radius=radius):
            left, top = element.x - x, element.y - y
            canvas.rounded_rectangle(
                (left, top, left + element.size[0] - 1, top + element.size[1] - 1), radius, fill=255
            )
        case Shape(corners=corners):
            canvas.polygon([(element.x - x + right, element.y - y + down) for right, down in corners], fill=255)
        case Text():
            _write(canvas, element, _left(element) - x, element.baseline - y)


def _left(text: Text) -> float:
    whole = width(text.text, text.role, text.size, text.tracking)
    return text.x - {Side.LEFT: 0.0, Side.MIDDLE: whole / 2, Side.RIGHT: whole}[text.side]


def _write(canvas: ImageDraw.ImageDraw, text: Text, x: float, baseline: float) -> None:
    pieces = runs(text.text, text.role)
    for run in reversed(pieces) if is_right_to_left(text.text) else pieces:
        font = loaded(run.face, text.size)
        if text.tracking:
            for character in run.text:
                canvas.text((x, baseline), character, fill=255, font=font, anchor="ls")
                x += font.getlength(character) + text.tracking
        else:
            canvas.text((x, baseline), run.text, fill=255, font=font, anchor="ls")
            x += font.getlength(run.text)

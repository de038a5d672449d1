"""The background: soft light on a deep ground, larger than the picture, so that the camera can wander over it."""

import hashlib
import random
from math import ceil

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from services.render.engines.drawing.frame import Frame
from services.render.engines.drawing.palette import Palette, mixed

OVERSIZE = 2.0
"""The plate's width over the picture's: with a zoom below it every pixel of the film is shrunk, never blown up."""

_SKETCH = 12
_GRAIN, _GRAIN_TILE = 3, 512


def paint_plate(frame: Frame, palette: Palette, title: str) -> Image.Image:
    """The plate of a film; the same title always gives the same plate."""
    size = round(frame.width * OVERSIZE), round(frame.height * OVERSIZE)
    chance = random.Random(hashlib.sha256(title.encode("utf-8", "replace")).digest())
    small = size[0] // _SKETCH, size[1] // _SKETCH
    sketch = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270))).resize(small)
    plate = Image.composite(Image.new("RGB", small, palette.middle), Image.new("RGB", small, palette.deep), sketch)
    lights = (palette.glow, palette.glint, mixed(palette.glow, palette.glint, 0.5), palette.glow, palette.glint)
    for place, colour in enumerate(lights):
        plate = _with_light(plate, colour, place, chance)
    large = plate.filter(ImageFilter.GaussianBlur(small[0] / 40)).resize(size, Image.Resampling.BICUBIC)
    return _with_grain(large, chance)


def _with_light(plate: Image.Image, colour: tuple[int, int, int], place: int, chance: random.Random) -> Image.Image:
    """A soft disc; those that follow one another lie in other parts of the plate and are smaller."""
    mask = Image.new("L", plate.size, 0)
    reach = max(plate.size) * (0.3 - 0.04 * place) * chance.uniform(0.85, 1.15)
    x = (0.1 + (chance.random() * 0.3 + place * 0.382) % 0.8) * plate.width
    y = (0.1 + (chance.random() * 0.4 + place * 0.618) % 0.8) * plate.height
    ImageDraw.Draw(mask).ellipse(
        (x - reach, y - reach, x + reach, y + reach), fill=round(255 * chance.uniform(0.6, 0.95))
    )
    mask = mask.filter(ImageFilter.GaussianBlur(reach * 0.36))
    return Image.composite(Image.new("RGB", plate.size, colour), plate, mask)


def _with_grain(plate: Image.Image, chance: random.Random) -> Image.Image:
    """A little noise, so that slow gradients show no steps."""
    values = bytes(128 + value % (2 * _GRAIN + 1) - _GRAIN for value in chance.randbytes(_GRAIN_TILE * _GRAIN_TILE))
    tile = Image.frombytes("L", (_GRAIN_TILE, _GRAIN_TILE), values)
    noise = Image.new("L", plate.size)
    for column in range(ceil(plate.width / _GRAIN_TILE)):
        for row in range(ceil(plate.height / _GRAIN_TILE)):
            noise.paste(tile, (column * _GRAIN_TILE, row * _GRAIN_TILE))
    return ImageChops.add(plate, Image.merge("RGB", (noise, noise, noise)), scale=1, offset=-128)

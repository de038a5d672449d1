"""The grid: where things stand in a picture of each shape. All lengths in pixels."""

from dataclasses import dataclass

from contracts.rendering import Aspect


@dataclass(frozen=True, slots=True)
class Frame:
    """One shape of picture. Content lies between `top` and `bottom`; captions are centred on `caption_middle`."""

    width: int
    height: int
    margin: int
    header: int
    top: int
    bottom: int
    column: int
    title_sizes: tuple[int, ...]
    heading_sizes: tuple[int, ...]
    body_size: int
    small_size: int
    caption_size: int
    caption_lines: int
    caption_middle: int
    numeral_size: int

    @property
    def inner(self) -> int:
        """The width between the margins."""
        return self.width - 2 * self.margin


FRAMES: dict[Aspect, Frame] = {
    Aspect.WIDE: Frame(
        *(1280, 720, 88, 52, 138, 552, 900),
        title_sizes=(116, 104, 92, 82, 72, 62, 52, 44, 38),
        heading_sizes=(78, 70, 62, 55, 48, 42, 36, 32),
        body_size=35,
        small_size=20,
        caption_size=34,
        caption_lines=1,
        caption_middle=640,
        numeral_size=400,
    ),
    Aspect.TALL: Frame(
        *(720, 1280, 56, 84, 200, 960, 608),
        title_sizes=(104, 94, 84, 76, 66, 56, 48, 40, 34),
        heading_sizes=(76, 68, 60, 53, 47, 41, 36, 32),
        body_size=39,
        small_size=21,
        caption_size=38,
        caption_lines=2,
        caption_middle=1068,
        numeral_size=420,
    ),
    Aspect.SQUARE: Frame(
        *(1080, 1080, 84, 72, 180, 832, 912),
        title_sizes=(124, 112, 100, 88, 76, 66, 56, 48, 40),
        heading_sizes=(86, 78, 68, 60, 52, 46, 40, 34),
        body_size=42,
        small_size=24,
        caption_size=42,
        caption_lines=2,
        caption_middle=940,
        numeral_size=470,
    ),
}

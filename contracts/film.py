"""A film that is cut together of a project's timeline: what is seen and heard when, frozen when it was asked for.

Times are milliseconds from the film's beginning, places and sizes shares of the picture (0 to 1), files are named by
their digest: whatever becomes of the project, or of its timeline, afterwards changes nothing here.
"""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from contracts.model import Personal, Tolerant

LONGEST_FILM_MS = 30 * 60 * 1000
SHORTEST_FILM_MS = 100
MOST_FILM_LAYERS = 100
LONGEST_TEXTS = 20_000
"""Characters of all layers together."""


class LayerKind(StrEnum):
    """What a layer shows or plays."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    TEXT = "text"
    CAPTION = "caption"


class Fit(StrEnum):
    """How a picture of another shape is put into its box: whole, or filling it."""

    CONTAIN = "contain"
    COVER = "cover"


class FilmSource(Tolerant):
    """A file of the tenant's. `duration_ms` only where time passes in it; `sound`: there is something to hear."""

    asset_id: UUID
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media_type: str
    duration_ms: int | None = None
    sound: bool = False


class FilmLayer(Tolerant):
    """One layer, from `start_ms` up to `end_ms`; later layers are over earlier ones.

    A picture is put into the box whose upper left corner is (`x`, `y`); (`x`, `y`) is the middle of a text, whose
    letters are `size` high, and whose `colour` is `#rrggbb`. `trim_ms`: where in the file it begins. `volume` 1 is as
    recorded.
    """

    kind: LayerKind
    start_ms: int
    end_ms: int
    source: FilmSource | None = None
    trim_ms: int = 0
    volume: float = 1.0
    opacity: float = 1.0
    x: float = 0.0
    y: float = 0.0
    width: float = 1.0
    height: float = 1.0
    fit: Fit = Fit.CONTAIN
    ken_burns: bool = False
    text: Personal = ""
    size: float = 0.0
    colour: str = ""


class Film(Tolerant):
    """The timeline of a project as it was saved in `version`, resolved."""

    project_id: UUID
    version: int
    duration_ms: int
    layers: tuple[FilmLayer, ...]

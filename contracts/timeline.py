"""What a layer of a timeline has to say to be rendered. Times are seconds, places and sizes shares of the picture.

The editor keeps in its layers what it likes; who asks for a film of them is told in a sentence what of it cannot be
rendered. Nothing is left out silently: a field that would change the film and is not known here is refused.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeAlias
from uuid import UUID

from pydantic import Field, JsonValue, TypeAdapter, ValidationError, model_validator

from contracts.film import Fit
from contracts.model import Strict

LONGEST_TEXT = 2_000
LONGEST_SOURCE = 2_000
"""Characters."""

_ID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_SOURCE = re.compile(rf"(?:[^?#]*/(?:media|v1/assets)/)?({_ID})(?:\.[a-z0-9]{{1,8}}|/content)?(?:\?[^#]*)?")

Moment = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Length = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Place = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Size = Annotated[float, Field(gt=0, le=2, allow_inf_nan=False)]
Reference = Annotated[str, Field(min_length=1, max_length=LONGEST_SOURCE)]


class _Layer(Strict):
    """What every layer may say. The last five are notes of the editor's own, which change no film."""

    start: Moment = 0
    hidden: bool = False
    id: JsonValue = None
    name: JsonValue = None
    locked: JsonValue = None
    selected: JsonValue = None
    metadata: JsonValue = None


class _Trimmed(_Layer):
    """A part of a file in which time passes: from `trim_in` up to `trim_out`, the end where that is not said."""

    source: Reference
    duration: Length | None = None
    trim_in: Moment = 0
    trim_out: Length | None = None
    volume: Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)] = 1
    muted: bool = False

    @model_validator(mode="after")
    def _forwards(self) -> "_Trimmed":
        if self.trim_out is not None and self.trim_out <= self.trim_in:
            raise ValueError(f"trimOut ({self.trim_out:g}) must be after trimIn ({self.trim_in:g})")
        return self


class _Boxed(Strict):
    """Where a picture stands: the whole picture, where nothing is said."""

    x: Place = 0
    y: Place = 0
    width: Size = 1
    height: Size = 1
    fit: Fit = Fit.CONTAIN
    opacity: Share = 1


class VideoLayer(_Trimmed, _Boxed):
    """A clip, with its sound."""

    NOUN: ClassVar[str] = "video"
    type: Literal["video"]


class AudioLayer(_Trimmed):
    """A sound."""

    NOUN: ClassVar[str] = "audio"
    type: Literal["audio"]


class ImageLayer(_Layer, _Boxed):
    """A picture; with `ken_burns` the camera moves slowly into it."""

    NOUN: ClassVar[str] = "image"
    type: Literal["image"]
    source: Reference
    duration: Length
    ken_burns: bool = False


class TextLayer(_Layer):
    """Words. `x` and `y` are their middle, `size` is the height of their letters; a caption stands on a dark field."""

    type: Literal["text", "caption"]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    duration: Length
    x: Share = 0.5
    y: Share | None = None
    size: Annotated[float, Field(ge=0.01, le=0.5, allow_inf_nan=False)] | None = None
    color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#ffffff"
    opacity: Share = 1


RenderableLayer: TypeAlias = VideoLayer | AudioLayer | ImageLayer | TextLayer

_LAYER: TypeAdapter[RenderableLayer] = TypeAdapter(Annotated[RenderableLayer, Field(discriminator="type")])


class NotRenderable(ValueError):
    """A timeline cannot be made into a film; the message is a sentence that says what of it, and what to do."""


def renderable(layers: Sequence[dict[str, Any]]) -> list[tuple[int, RenderableLayer]]:
    """The layers that are not hidden, each with its number, counted from 1. Raises `NotRenderable`."""
    found: list[tuple[int, RenderableLayer]] = []
    for number, layer in enumerate(layers, 1):
        if layer.get("hidden") is True:
            continue
        try:
            found.append((number, _LAYER.validate_python(layer)))
        except ValidationError as error:
            raise NotRenderable(f"Layer {number} cannot be rendered: {_sentence(layer, error)}.") from error
    return found


def asset_in(source: str) -> UUID | None:
    """The asset that a source names: by its id, by its path (`/media/<id>.mp4`), or by a link to one of them."""
    found = _SOURCE.fullmatch(source)
    return UUID(found[1]) if found else None


def _sentence(layer: dict[str, Any], error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    match first["type"]:
        case "union_tag_not_found" | "union_tag_invalid":
            shown = str(layer.get("type", "nothing"))[:40]
            return f"its type is {shown!r}, and video, audio, image, text and caption can be rendered"
        case "extra_forbidden":
            return f"the renderer does not know {field[:80]!r}; leave it out, or keep it under 'metadata'"
        case "missing":
            return f"{field!r} is needed and missing"
        case "value_error":
            return str(first["ctx"]["error"]) if "ctx" in first else first["msg"]
        case _:
            message = first["msg"]
            return f"{field!r}: {message[:1].lower()}{message[1:]}"

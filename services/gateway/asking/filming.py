"""A saved timeline as a film to be: every source resolved to its bytes, everything checked that can be checked now."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contracts.film import (
    LONGEST_FILM_MS,
    LONGEST_TEXTS,
    MOST_FILM_LAYERS,
    SHORTEST_FILM_MS,
    Film,
    FilmLayer,
    FilmSource,
    LayerKind,
)
from contracts.timeline import (
    AudioLayer,
    ImageLayer,
    NotRenderable,
    RenderableLayer,
    TextLayer,
    VideoLayer,
    asset_in,
    renderable,
)
from services.gateway.auth.principal import Principal
from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import Gateway
from services.gateway.stored import Stored

_ROUNDING_MS = 100
"""A layer may go beyond its file's end by so much: an editor shows tenths."""
_TEXT_SIZE, _CAPTION_SIZE = 0.08, 0.047
_TEXT_MIDDLE, _CAPTION_MIDDLE = 0.5, 0.88


async def film_of(gateway: Gateway, caller: Principal, project_id: UUID, version: int, timeline: Stored) -> Film:
    """The film. Raises the problem for a timeline that cannot be one, and `Unavailable`."""
    try:
        layers = renderable(timeline["layers"])
        _check_many(layers)
        sources: dict[UUID, FilmSource] = {}
        for number, layer in layers:
            if not isinstance(layer, TextLayer):
                id_ = _asset(number, layer.source)
                sources[id_] = sources.get(id_) or await _source(gateway, caller, number, id_)
        made = [_layer(number, layer, sources) for number, layer in layers]
        lasts = round(timeline["duration"] * 1000) or max((one.end_ms for one in made), default=0)
        _check_length(lasts)
    except NotRenderable as error:
        raise Problem("timeline.not_renderable", str(error)) from error
    seen = [one.model_copy(update={"end_ms": min(one.end_ms, lasts)}) for one in made if one.start_ms < lasts]
    return Film(project_id=project_id, version=version, duration_ms=lasts, layers=tuple(seen))


def _check_many(layers: list[tuple[int, RenderableLayer]]) -> None:
    if not layers:
        raise NotRenderable("The timeline has no layer that is shown or heard: add one, save it, then render.")
    if len(layers) > MOST_FILM_LAYERS:
        raise NotRenderable(
            f"The timeline has {len(layers)} layers to render: at most {MOST_FILM_LAYERS} go into a film."
        )
    letters = sum(len(layer.text) for _, layer in layers if isinstance(layer, TextLayer))
    if letters > LONGEST_TEXTS:
        raise NotRenderable(
            f"The texts have {letters:,} characters together: at most {LONGEST_TEXTS:,} go into a film."
        )


def _check_length(lasts: int) -> None:
    if not SHORTEST_FILM_MS <= lasts <= LONGEST_FILM_MS:
        raise NotRenderable(
            f"The film would last {lasts / 1000:g} s: between {SHORTEST_FILM_MS / 1000:g} s and "
            f"{LONGEST_FILM_MS // 1000:,} s can be rendered. Change the timeline's duration, then render it."
        )


def _asset(number: int, source: str) -> UUID:
    found = asset_in(source)
    if found is None:
        raise NotRenderable(
            f"Layer {number} cannot be rendered: its source {source[:80]!r} is no file of yours. "
            "Upload the file with POST /v1/uploads, and put its assetId, or its path /media/<assetId>.<ext>, there."
        )
    return found


async def _source(gateway: Gateway, caller: Principal, number: int, asset_id: UUID) -> FilmSource:
    for found in await gateway.documents.assets(str(asset_id)):
        if caller.reach.covers(found.tenant, found.account):
            return _frozen(found.asset)
    raise NotRenderable(
        f"Layer {number} cannot be rendered: there is no file {asset_id}. It may have expired, or was not sent yet."
    )


def _frozen(asset: Mapping[str, Any]) -> FilmSource:
    """A film or a sound that a session made has sound; of an upload it is known."""
    timed = asset["mediaType"].startswith(("video/", "audio/"))
    return FilmSource(
        asset_id=UUID(asset["assetId"]),
        sha256=asset["sha256"],
        media_type=asset["mediaType"],
        duration_ms=asset["durationMs"] if timed else None,
        sound=asset.get("sound", timed),
    )


def _layer(number: int, layer: RenderableLayer, sources: Mapping[UUID, FilmSource]) -> FilmLayer:
    start = round(layer.start * 1000)
    match layer:
        case TextLayer():
            caption = layer.type == "caption"
            return FilmLayer(
                kind=LayerKind(layer.type),
                start_ms=start,
                end_ms=start + max(round(layer.duration * 1000), 1),
                text=layer.text,
                x=layer.x,
                y=(_CAPTION_MIDDLE if caption else _TEXT_MIDDLE) if layer.y is None else layer.y,
                size=layer.size or (_CAPTION_SIZE if caption else _TEXT_SIZE),
                colour=layer.color.lower(),
                opacity=layer.opacity,
            )
        case ImageLayer():
            source = _of_kind(number, layer, sources)
            end = start + max(round(layer.duration * 1000), 1)
            return FilmLayer(
                kind=LayerKind.IMAGE,
                start_ms=start,
                end_ms=end,
                source=source,
                ken_burns=layer.ken_burns,
                **_box(layer),
            )
        case VideoLayer() | AudioLayer():
            source = _of_kind(number, layer, sources)
            return FilmLayer(
                kind=LayerKind(layer.type),
                start_ms=start,
                end_ms=start + _lasts(number, layer, source),
                source=source,
                trim_ms=round(layer.trim_in * 1000),
                volume=0.0 if layer.muted else layer.volume,
                **(_box(layer) if isinstance(layer, VideoLayer) else {}),
            )


def _of_kind(
    number: int, layer: VideoLayer | AudioLayer | ImageLayer, sources: Mapping[UUID, FilmSource]
) -> FilmSource:
    source = sources[_asset(number, layer.source)]
    fits = source.sound if isinstance(layer, AudioLayer) else source.media_type.startswith(f"{layer.NOUN}/")
    if not fits:
        raise NotRenderable(
            f"Layer {number} cannot be rendered: it is of the type {layer.NOUN}, and its file is {source.media_type}"
            f"{' without sound' if isinstance(layer, AudioLayer) else ''}."
        )
    return source


def _lasts(number: int, layer: VideoLayer | AudioLayer, source: FilmSource) -> int:
    """How long it plays, in ms: as long as it says, or as its file goes on."""
    begin = round(layer.trim_in * 1000)
    rest = (source.duration_ms or LONGEST_FILM_MS) - begin
    part = rest if layer.trim_out is None else round(layer.trim_out * 1000) - begin
    wanted = part if layer.duration is None else min(round(layer.duration * 1000), part)
    if rest <= 0 or wanted > rest + _ROUNDING_MS or (layer.duration or 0) * 1000 > part + _ROUNDING_MS:
        raise NotRenderable(
            f"Layer {number} cannot be rendered: from {layer.trim_in:g} s on its file has {max(rest, 0) / 1000:g} s, "
            f"and it asks for {max(wanted, (layer.duration or 0) * 1000) / 1000:g} s. Make it shorter, or trim it less."
        )
    return max(min(wanted, rest), 1)


def _box(layer: VideoLayer | ImageLayer) -> dict[str, Any]:
    return layer.model_dump(include={"x", "y", "width", "height", "fit", "opacity"})

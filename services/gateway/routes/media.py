"""Files: what they are, and their bytes, for the owner of a key or of a signed link."""

from pathlib import PurePosixPath
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.access.callers import Caller, MaybeCaller
from services.gateway.auth.principal import Principal
from services.gateway.files import media
from services.gateway.http.problems import Problem
from services.gateway.ports.gateway import FoundAsset, Gateway, gateway_of
from services.gateway.routes.answers import Responses, answered, said
from services.gateway.views.preparing import asset_view
from services.gateway.views.sessions import AssetView

router = APIRouter(tags=["assets"])

_BYTES: Final[Responses] = {
    200: {"description": "The whole file", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "The part that `Range` asks for"},
    304: {"description": "The client has it already"},
}
_ANSWERS: Final = _BYTES | said(
    "auth.missing", "link.invalid", "asset.unknown", "range.not_satisfiable", "blobs.unavailable"
)


@router.get(
    "/v1/assets/{asset_id}",
    operation_id="getAsset",
    summary="Read about a file",
    responses=said("asset.unknown", ok=AssetView),
)
async def get(request: Request, caller: Caller, asset_id: UUID) -> Response:
    """What the file is, and a link that plays."""
    gateway = gateway_of(request)
    found = await _owned(gateway, caller, asset_id)
    return answered(asset_view(gateway, found.tenant, found.asset))


@router.get("/v1/assets/{asset_id}/content", operation_id="getAssetContent", summary="The file", responses=_ANSWERS)
@router.head(
    "/v1/assets/{asset_id}/content", operation_id="headAssetContent", summary="The file's size", responses=_ANSWERS
)
async def content(request: Request, caller: MaybeCaller, asset_id: UUID) -> Response:
    """The bytes, or those that `Range` asks for."""
    gateway = gateway_of(request)
    found = await _opened(request, gateway, caller, asset_id)
    return await media.respond(request, gateway.blobs, found.asset)


@router.get("/media/{name}", operation_id="getMedia", summary="The file, by its path", responses=_ANSWERS)
@router.head("/media/{name}", operation_id="headMedia", summary="The file's size, by its path", responses=_ANSWERS)
async def play(request: Request, caller: MaybeCaller, name: str) -> Response:
    """The bytes of `/media/<assetId>.<ext>`, as sessions name them."""
    gateway = gateway_of(request)
    path = PurePosixPath(name)
    try:
        asset_id = UUID(path.stem)
    except ValueError:
        raise _unknown(name) from None
    found = await _opened(request, gateway, caller, asset_id)
    if path.suffix != PurePosixPath(found.asset["fileName"]).suffix:
        raise _unknown(name)
    return await media.respond(request, gateway.blobs, found.asset)


async def _owned(gateway: Gateway, caller: Principal, asset_id: UUID) -> FoundAsset:
    for found in await gateway.documents.assets(str(asset_id)):
        if caller.reach.covers(found.tenant, found.account):
            return found
    raise _unknown(str(asset_id))


async def _opened(request: Request, gateway: Gateway, caller: Principal | None, asset_id: UUID) -> FoundAsset:
    """The asset that the key, or the link's signature, opens. Whose it is decides; nobody learns that it exists."""
    query: str = request.scope["query_string"].decode("latin-1")
    if caller is not None and "sig=" not in query:
        return await _owned(gateway, caller, asset_id)
    if not query:
        raise Problem("auth.missing", "This file needs a key in 'Authorization', or a link with its signature.")
    path: str = request.scope["raw_path"].decode("latin-1")
    for found in await gateway.documents.assets(str(asset_id)):
        if gateway.signer.opens(path, query, found.tenant, gateway.seconds()):
            return found
    raise Problem("link.invalid", "This link is not valid, or has expired. Read the session again: it has a new one.")


def _unknown(name: str) -> Problem:
    return Problem("asset.unknown", f"There is no file {name[:80]!r}.")

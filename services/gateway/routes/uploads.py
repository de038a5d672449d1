"""Files of a user's own: announced, then sent to the address that was answered, then assets like all others."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.messages.account import AccountKind
from contracts.messages.upload import ReceiveUpload, Unfit
from services.gateway.access.callers import Caller, MaybeCaller
from services.gateway.asking.idempotency import once
from services.gateway.asking.planning import plan_now
from services.gateway.asking.projects import known
from services.gateway.asking.uploads import NewUpload, announcement, arrival, check_room, naming, own, owner_of
from services.gateway.asking.wishes import DEGRADED, Wish, accepted, ask, outcome_of, register, send
from services.gateway.auth.principal import Principal
from services.gateway.files.receiving import Received, received, said_length
from services.gateway.http import problems
from services.gateway.http.bodies import Given, JsonBody
from services.gateway.http.problems import Problem
from services.gateway.http.view import Moment, View
from services.gateway.identity import upload_of
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Blind, Outcome, wanted_seconds
from services.gateway.routes.answers import answered, command_answers, said
from services.gateway.stored import Stored
from services.gateway.views.preparing import asset_view
from services.gateway.views.sessions import AssetView

router = APIRouter(prefix="/v1/uploads", tags=["assets"])

WAIT_SECONDS: Final = 10.0
"""For the file to be shown as an asset, where the client does not say how long it waits."""
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The file's bytes, as they are. What they are is found out by looking into them.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_REFUSED: Final = (
    *("auth.missing", "link.invalid", "upload.unknown", "upload.cut_off", "upload.too_slow", "upload.in_progress"),
    *("upload.finished", "upload.too_large", "upload.wrong_size", "upload.wrong_digest", "upload.wrong_type"),
    *("upload.over_quota", "upload.too_many", "upload.busy"),
    *("upload.unfit", "kafka.unavailable", "blobs.unavailable", "part.unavailable"),
)


class UploadView(View):
    """A file that is to come. `PUT` its bytes to `uploadUrl`, without a key; then it is the asset `assetId`."""

    asset_id: str
    upload_url: str
    method: str = "PUT"
    largest_bytes: int
    expires_at: Moment = Field(description="When it is given up, if it has not come.")
    created_at: Moment


@router.post(
    "",
    operation_id="createUpload",
    summary="Announce a file",
    status_code=202,
    responses=command_answers(
        "project.unknown", "upload.too_large", "upload.over_quota", ok=UploadView, created=UploadView
    ),
)
async def create(
    request: Request, caller: Caller, given: Annotated[Given[NewUpload], Depends(JsonBody(NewUpload))]
) -> Response:
    """`links.upload` is where its bytes go, by `PUT`; with `Prefer: wait=N` it is `uploadUrl`: for 15 minutes.

    Video, audio and pictures are taken, for timelines of projects.
    """
    gateway, new = gateway_of(request), given.body
    largest = gateway.uploads.largest
    if new.size_bytes is not None and new.size_bytes > largest:
        raise Problem("upload.too_large", f"sizeBytes: a file may have {largest:,} bytes at most. Send a smaller one.")
    if new.project_id is not None:
        await known(gateway, caller, new.project_id)

    async def act(chosen: UUID | None) -> Response:
        upload = gateway.new_id() if chosen is None else upload_of(chosen)
        await check_room(gateway, caller, new)
        wish = announcement(gateway, caller, new, upload, chosen)
        await register(request, gateway, caller)

        async def show(_outcome: Outcome) -> Response | None:
            document = await own(gateway, caller.reach, upload)
            if document is None:
                return None
            view = UploadView(
                asset_id=str(upload),
                upload_url=wish.links["upload"],
                largest_bytes=document["sizeBytes"] or largest,
                expires_at=document["expiresAt"],
                created_at=document["createdAt"],
            )
            return answered(view, 201, {"Location": wish.links["asset"]})

        return await ask(request, gateway, caller, wish, show)

    return await once(request, gateway, caller, given, act)


@router.put(
    "/{upload_id}/content",
    operation_id="putUploadContent",
    summary="Send a file",
    responses=said(*_REFUSED, ok=AssetView) | command_answers(),
    openapi_extra=_BODY,
)
async def put(request: Request, caller: MaybeCaller, upload_id: UUID) -> Response:
    """The bytes, as the body, with a key or with the signed address. Answers the asset; the same bytes may come again.

    `Prefer: wait=N` says how long to wait for it; 202 means that the bytes are kept and the asset is not shown yet.
    """
    gateway = gateway_of(request)
    tenant, document = await _opened(request, gateway, caller, upload_id)
    sender = Principal(tenant, AccountKind.ANONYMOUS, "link", everybody=True)
    if caller is not None and caller.reach.covers(tenant, document["accountId"]):
        sender = caller
    uploads = gateway.uploads
    owner = owner_of(caller, document)
    with uploads.coming.admitted((tenant, str(owner.account)), upload_id, await plan_now(gateway, owner)) as share:
        if document["status"] != "ready":
            expected = document["sizeBytes"] or said_length(request) or 1
            share.take(await gateway.documents.stock(tenant, str(owner.account)), expected)
        async with received(request, uploads, document, gateway.new_id()) as file:
            if document["status"] == "ready":
                return _again(gateway, document, file)
            async with uploads.looking:
                found = await uploads.inspect(file.path)
            if isinstance(found, Unfit):
                raise Problem(found.code, found.message)
            share.take(await gateway.documents.stock(tenant, str(owner.account)), file.size)
            await send(request, gateway, sender, naming(gateway, tenant, upload_id, file))
            await uploads.blobs.put(file.path, expected=file.sha256)
        body = ReceiveUpload(
            sha256=file.sha256, size_bytes=file.size, media=found, expires_at=gateway.now() + uploads.unused
        )
        return await _told(request, gateway, sender, arrival(gateway, tenant, upload_id, body))


async def _told(request: Request, gateway: Gateway, sender: Principal, wish: Wish) -> Response:
    """The asset, or the problem of bytes that another body was before of; 202 while it is not shown."""
    assert isinstance(wish.body, ReceiveUpload)
    seconds = wanted_seconds(request.headers.get("prefer"))
    try:
        outcome = await outcome_of(request, gateway, sender, wish, WAIT_SECONDS if seconds is None else seconds)
    except Blind:
        return accepted(wish, {DEGRADED: "mongodb"})
    if outcome is None:
        return accepted(wish)
    if outcome.problem is not None:
        raise problems.of_refusal(*outcome.problem)
    document = await own(gateway, sender.reach, UUID(wish.links["asset"].rpartition("/")[2]))
    if document is None:
        raise Problem("upload.unknown", "The file came after its time: it was given up. Announce it again.")
    if document["status"] != "ready":
        return accepted(wish)
    if document["sha256"] != wish.body.sha256:
        raise _finished()
    return answered(asset_view(gateway, sender.tenant, _as_asset(document)))


def _again(gateway: Gateway, document: Stored, file: Received) -> Response:
    """The same bytes once more are no news; others come too late."""
    if document["sha256"] != file.sha256:
        raise _finished()
    return answered(asset_view(gateway, document["tenant"], _as_asset(document)))


def _finished() -> Problem:
    return Problem("upload.finished", "This file has come already, and these are other bytes. Announce another file.")


def _as_asset(document: Stored) -> Stored:
    return {**document, "kind": "upload"}


async def _opened(request: Request, gateway: Gateway, caller: Principal | None, upload_id: UUID) -> tuple[str, Stored]:
    """The announced file that the key, or the address's signature, opens; nobody else learns that it was announced."""
    query: str = request.scope["query_string"].decode("latin-1")
    documents = await gateway.documents.uploads(str(upload_id))
    if caller is not None and "sig=" not in query:
        mine = [one for one in documents if caller.reach.covers(one["tenant"], one["accountId"])]
    elif not query:
        raise Problem("auth.missing", "This call needs a key in 'Authorization', or the address that was answered.")
    else:
        path: str = request.scope["raw_path"].decode("latin-1")
        signed = gateway.signer.opens
        mine = [one for one in documents if signed(path, query, one["tenant"], gateway.seconds(), "upload")]
        if not mine:
            raise Problem("link.invalid", "This address is not valid, or has expired. Announce the file again.")
    if not mine or (mine[0]["status"] == "waiting" and mine[0]["expiresAt"] <= gateway.now()):
        raise Problem("upload.unknown", f"No file {upload_id} was announced, or it was given up. Announce it again.")
    return mine[0]["tenant"], mine[0]

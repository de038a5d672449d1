"""The one-shot application's users: who they are, their points, and their videos."""

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.rendering import AssetKind
from eventlog.errors import Unavailable
from services.gateway.access.callers import LegacyCaller
from services.gateway.asking.idempotency import once
from services.gateway.asking.wishes import DEGRADED, outcome_of, registration
from services.gateway.auth.principal import Principal
from services.gateway.http.problems import Problem
from services.gateway.http.view import Page
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Blind
from services.gateway.routes.answers import answered, said
from services.gateway.routes.seeds.wallet_views import ASKING, WalletPoints, WalletUser, WalletVideo
from services.gateway.routes.seeds.wallets import WalletAddress, payer_of, wallet
from services.gateway.stored import Stored
from services.gateway.views.preparing import link, path_of

router = APIRouter(prefix="/api/users", tags=["one-shot"])


@router.get(
    "/{wallet_address}",
    operation_id="legacyUser",
    summary="Who is this wallet?",
    responses=said("user.unknown", ok=WalletUser),
)
async def user(request: Request, caller: LegacyCaller, wallet_address: WalletAddress) -> Response:
    """The user with his points."""
    owner = wallet(caller.tenant, wallet_address)
    return answered(_user(owner, await _known(gateway_of(request), caller, owner)))


@router.put(
    "/{wallet_address}",
    operation_id="legacyEnsureUser",
    summary="Make this wallet a user",
    responses=said("auth.forbidden", *ASKING, ok=WalletUser, accepted=WalletUser),
)
async def ensure(request: Request, caller: LegacyCaller, wallet_address: WalletAddress) -> Response:
    """Opens the account with its starter grant where there is none; a repeat changes nothing."""
    gateway = gateway_of(request)
    owner = payer_of(caller, wallet_address)

    async def act(_chosen: UUID | None) -> Response:
        wish = registration(gateway, owner)
        try:
            outcome = await outcome_of(request, gateway, owner, wish, gateway.legacy_wait_seconds)
            found = None if outcome is None else await gateway.documents.account(owner.reach, str(owner.account))
        except (Blind, Unavailable):
            return answered(_user(owner, None), 202, {DEGRADED: "mongodb"})
        return answered(_user(owner, found), 202 if found is None else 200)

    return await once(request, gateway, caller, None, act)


@router.get(
    "/{wallet_address}/points",
    operation_id="legacyUserPoints",
    summary="What has this wallet left?",
    responses=said("user.unknown", ok=WalletPoints),
)
async def points(request: Request, caller: LegacyCaller, wallet_address: WalletAddress) -> Response:
    """The balance of the account; it may be below 0 where points are not enforced."""
    owner = wallet(caller.tenant, wallet_address)
    document = await _known(gateway_of(request), caller, owner)
    return answered(WalletPoints(wallet_address=owner.subject, prompt_points=document["balance"]))


@router.get(
    "/{wallet_address}/videos",
    operation_id="legacyUserVideos",
    summary="This wallet's videos",
    responses=said("user.unknown", "cursor.invalid", ok=Page[WalletVideo]),
)
async def videos(
    request: Request,
    caller: LegacyCaller,
    wallet_address: WalletAddress,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Newest first; none that was deleted."""
    gateway = gateway_of(request)
    owner = wallet(caller.tenant, wallet_address)
    await _known(gateway, caller, owner)
    question = f"videos\n{owner.account}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.documents.sessions_with_video(caller.reach, str(owner.account), asked.after, asked.wanted)
    return answered(asked.page(Page[WalletVideo], found, lambda document: _video(gateway, owner, document)))


def _user(owner: Principal, document: Stored | None) -> WalletUser:
    return WalletUser(
        wallet_address=owner.subject,
        prompt_points=None if document is None else document["balance"],
        created_at=None if document is None else document["createdAt"],
    )


async def _known(gateway: Gateway, caller: Principal, owner: Principal) -> Stored:
    document = await gateway.documents.account(caller.reach, str(owner.account))
    if document is None:
        raise Problem(
            "user.unknown", f"There is no user with the wallet {owner.subject[:80]!r}: it has asked for nothing yet."
        )
    return document


def _video(gateway: Gateway, owner: Principal, session: Stored) -> WalletVideo:
    film = next(asset for asset in session["assets"] if asset["kind"] == AssetKind.VIDEO)
    return WalletVideo(
        video_id=film["jobId"],
        job_id=film["jobId"],
        wallet_address=owner.subject,
        title=session["title"],
        duration_sec=round((film["durationMs"] or 0) / 1000),
        format=film["fileName"].rpartition(".")[2],
        size_bytes=film["sizeBytes"],
        url=link(gateway, owner.tenant, path_of(film)),
        created_at=film["createdAt"],
    )

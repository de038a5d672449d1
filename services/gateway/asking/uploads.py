"""What is asked for on behalf of users' files: the commands of uploads, and whose room they take."""

from uuid import UUID

from pydantic import Field

from contracts.envelope import stream_id
from contracts.messages.account import AccountKind
from contracts.messages.upload import AnnounceUpload, Bytes, Digest, ExpireUpload, FileName, NameBytes, ReceiveUpload
from contracts.topics import RENDER_COMMANDS
from eventlog.errors import Unavailable
from services.gateway.asking.planning import plan_now
from services.gateway.asking.wishes import Wish, command_id
from services.gateway.auth.principal import Principal
from services.gateway.auth.reach import Reach
from services.gateway.files.receiving import Received
from services.gateway.files.shares import check_announcement
from services.gateway.http.bodies import Body
from services.gateway.identity import repeatable_command
from services.gateway.ports.gateway import Gateway
from services.gateway.stored import Stored
from services.gateway.views.preparing import upload_link


class NewUpload(Body):
    """A file to come. With `sizeBytes` or `sha256` nothing else is taken; its video becomes that of `projectId`."""

    file_name: FileName = Field(examples=["holiday.mp4"])
    size_bytes: Bytes | None = None
    sha256: Digest | None = None
    project_id: UUID | None = None


async def check_room(gateway: Gateway, caller: Principal, new: NewUpload) -> None:
    """With the read store away nothing is known: the file is measured when it comes."""
    try:
        stock = await gateway.documents.stock(caller.tenant, str(caller.account))
    except Unavailable:
        return
    check_announcement(await plan_now(gateway, caller), stock, new.size_bytes)


async def own(gateway: Gateway, reach: Reach, upload: UUID) -> Stored | None:
    """What was announced under this id; None where nothing was, or where it is gone. Raises `Unavailable`."""
    found = await gateway.documents.uploads(str(upload))
    return next((one for one in found if reach.covers(one["tenant"], one["accountId"])), None)


def owner_of(caller: Principal | None, document: Stored) -> Principal:
    """Whose file it is: whoever announced it, whoever sends it."""
    account = UUID(document["accountId"])
    if caller is not None and (caller.tenant, caller.account) == (document["tenant"], account):
        return caller
    return Principal(document["tenant"], AccountKind.ANONYMOUS, "link", known=account)


def announcement(gateway: Gateway, caller: Principal, new: NewUpload, upload: UUID, chosen: UUID | None) -> Wish:
    """The file is to come."""
    return Wish(
        topic=RENDER_COMMANDS.name,
        stream=stream_id("upload", caller.tenant, str(upload)),
        body=AnnounceUpload(
            upload_id=upload,
            account_id=caller.account,
            file_name=new.file_name,
            size_bytes=new.size_bytes,
            sha256=new.sha256,
            project_id=new.project_id,
            expires_at=gateway.now() + gateway.uploads.waits,
        ),
        id=command_id(gateway, caller.tenant, chosen),
        at=gateway.now(),
        links={"upload": upload_link(gateway, caller.tenant, upload), "asset": f"/v1/assets/{upload}"},
        repeatable=chosen is not None,
    )


def removal(gateway: Gateway, caller: Principal, upload: UUID, chosen: UUID | None) -> Wish:
    """The file goes."""
    return Wish(
        topic=RENDER_COMMANDS.name,
        stream=stream_id("upload", caller.tenant, str(upload)),
        body=ExpireUpload(reason="its owner took it away"),
        id=command_id(gateway, caller.tenant, chosen),
        at=gateway.now(),
        links={},
        repeatable=chosen is not None,
    )


def naming(gateway: Gateway, tenant: str, upload: UUID, file: Received) -> Wish:
    """Said before the bytes are put away: should nothing more be heard, whoever collects bytes finds them by it."""
    return Wish(
        topic=RENDER_COMMANDS.name,
        stream=stream_id("upload", tenant, str(upload)),
        body=NameBytes(sha256=file.sha256, size_bytes=file.size),
        id=repeatable_command(tenant, f"name\n{upload}\n{file.sha256}"),
        at=gateway.now(),
        links={},
        repeatable=True,
    )


def arrival(gateway: Gateway, tenant: str, upload: UUID, body: ReceiveUpload) -> Wish:
    """One command for the same bytes, however often they come."""
    return Wish(
        topic=RENDER_COMMANDS.name,
        stream=stream_id("upload", tenant, str(upload)),
        body=body,
        id=repeatable_command(tenant, f"receive\n{upload}\n{body.sha256}"),
        at=gateway.now(),
        links={"asset": f"/v1/assets/{upload}"},
        repeatable=True,
    )

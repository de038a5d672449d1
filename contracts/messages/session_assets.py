"""The words of a session whose files went: what its jobs say of them, and what it keeps."""

from typing import ClassVar
from uuid import UUID

from contracts.model import CommandBody, EventBody


class ForgetAssets(CommandBody):
    """These files of that job are no more."""

    TYPE: ClassVar[str] = "ForgetAssets"

    job_id: UUID
    asset_ids: tuple[UUID, ...]


class AssetsForgotten(EventBody):
    """The session has these files no more. What was made of a stage that lost one has to be made anew."""

    TYPE: ClassVar[str] = "session.assets_forgotten"

    session_id: UUID
    job_id: UUID
    asset_ids: tuple[UUID, ...]

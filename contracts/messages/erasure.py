"""The words of the end of a subject: its streams, and then its account, are erased.

An event here is the last of its stream that says anything about somebody: whatever was kept of the stream goes with it
(`contracts.model.EventBody.ERASES`), its rows in journals too. Its text in the log went with the subject's key.
"""

from typing import ClassVar
from uuid import UUID

from contracts.model import CommandBody, EventBody


class EraseSession(CommandBody):
    """Whose session it is was erased: forget it, whether or not it was deleted before. Once."""

    TYPE: ClassVar[str] = "EraseSession"


class EraseProject(CommandBody):
    """Whose project it is was erased: forget it. Once."""

    TYPE: ClassVar[str] = "EraseProject"


class ErasePreset(CommandBody):
    """Whose preset it is was erased: forget it. Once; a default preset is its tenant's and stays."""

    TYPE: ClassVar[str] = "ErasePreset"


class EraseJob(CommandBody):
    """Whose job it is was erased: stop it and forget it. Once."""

    TYPE: ClassVar[str] = "EraseJob"


class EraseUpload(CommandBody):
    """Whose file it is was erased: forget it. Once."""

    TYPE: ClassVar[str] = "EraseUpload"


class EraseAccount(CommandBody):
    """All that the account had is gone: forget who it was. It is closed already; its points stay in the books."""

    TYPE: ClassVar[str] = "EraseAccount"


class Erased(EventBody):
    """Nothing of the stream says anything about anybody any more."""

    ERASES: ClassVar[bool] = True


class SessionErased(Erased):
    """The session of somebody who was erased is forgotten."""

    TYPE: ClassVar[str] = "session.erased"


class ProjectErased(Erased):
    """The project of somebody who was erased is forgotten, with every timeline."""

    TYPE: ClassVar[str] = "project.erased"


class PresetErased(Erased):
    """The preset of somebody who was erased is forgotten."""

    TYPE: ClassVar[str] = "preset.erased"


class JobErased(Erased):
    """The job of somebody who was erased is forgotten; nothing names its files any more."""

    TYPE: ClassVar[str] = "job.erased"


class UploadErased(Erased):
    """The file of somebody who was erased is forgotten; nothing names its bytes any more."""

    TYPE: ClassVar[str] = "upload.erased"


class AccountErased(Erased):
    """Nobody can tell any more whose account it was."""

    TYPE: ClassVar[str] = "account.erased"

    account_id: UUID

"""What the workflow application asks of a session: to be there before there is work, and to note its user's files."""

from collections.abc import Sequence

from contracts.messages.files import MOST_FILES, FileRecorded, FileRemoved, OpenSession, RecordFile, RemoveFile
from contracts.messages.session import RequestStages, SessionStarted, StagesRequested, StartSession
from contracts.rendering import FREE_STAGES
from eventlog.errors import Refused
from services.session.deciders.session_state import Open, inputs_of
from services.session.deciders.session_work import request


def opened(command: OpenSession) -> SessionStarted:
    """A session begins, and nothing is asked for. Refuses one without a word in it."""
    if not command.prompt.strip():
        raise Refused("session.empty", "a session needs a prompt or a script")
    return SessionStarted(
        session_id=command.session_id,
        account_id=command.account_id,
        kind=command.kind,
        aspect=command.aspect,
        prompt=command.prompt,
        script="",
        title=command.title,
        language="en",
        voice="",
        stages=(),
        metadata=command.metadata,
    )


def open_again(session: Open, command: OpenSession) -> Sequence[SessionStarted]:
    """Nothing, where the session was begun with the same. Refuses anything else."""
    started = opened(command)
    same = (session.account_id, session.begun_with, session.begun_metadata, session.derived_from)
    if same != (started.account_id, inputs_of(started), started.metadata, None):
        raise Refused("session.exists", "a session of this id was begun with other content")
    return []


def first_work(session: Open, command: StartSession) -> Sequence[StagesRequested]:
    """A session that was only opened is started now, with what it has come to be since."""
    stages = tuple(stage for stage in command.stages if not session.inputs.script or stage not in FREE_STAGES)
    return [request(session, RequestStages(job_id=command.job_id, stages=stages))] if stages else []


def keep(session: Open, command: RecordFile | RemoveFile) -> Sequence[FileRecorded | FileRemoved]:
    """A note more, or one less. Refuses another file under a known id, and the removal of what was never noted."""
    known = command.file_id in session.files
    noted = session.files.get(command.file_id)
    match command:
        case RemoveFile() if not known:
            if any(command.file_id == made.asset_id for one in session.outputs.values() for made in one.artifacts):
                raise Refused("file.made_here", "a stage made this file: it goes with its stage, or with the session")
            raise Refused("file.unknown", "the session has no file of this id")
        case RemoveFile():
            return [FileRemoved(session_id=session.session_id, file_id=command.file_id)] if noted else []
        case RecordFile():
            recorded = FileRecorded(
                session_id=session.session_id,
                file_id=command.file_id,
                file_type=command.file_type,
                file_path=command.file_path,
                file_name=command.file_name,
                size_bytes=command.file_size,
                metadata=command.metadata,
            )
            if noted == recorded:
                return []
            if known:
                what = "another file of this id" if noted else "removed the file of this id"
                raise Refused("file.exists", f"the session has {what}; choose another id")
            if len(session.files) >= MOST_FILES:
                raise Refused("file.too_many", f"a session takes notes of {MOST_FILES:,} files; begin another session")
            return [recorded]

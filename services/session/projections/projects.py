"""`projects`: one document a project, its current timeline in it (`contracts.documents.ProjectDocument`).

`timeline_states`: one document a saved timeline, which nothing changes afterwards (`TimelineStateDocument`).
"""

from collections.abc import Sequence
from typing import Any

from contracts.envelope import Commit
from contracts.messages.project import (
    ProjectCreated,
    ProjectDeleted,
    ProjectEdited,
    ProjectRestored,
    TimelineSaved,
    timeline_fields,
)
from eventlog.read.projection import Fact, Journal, Projection, Row, View


def fold(view: View, fact: Fact) -> View:
    """The document after the event."""
    body = fact.body
    if isinstance(body, ProjectCreated):
        return (_created(body, fact),)
    if not view:
        return view
    match body:
        case ProjectEdited():
            changes = _edited(body)
        case TimelineSaved():
            changes = _saved(body, fact)
        case ProjectDeleted():
            changes = {"isDeleted": True}
        case ProjectRestored():
            changes = {"isDeleted": False}
        case _:
            changes = {}
    return ({**view[0], "updatedAt": fact.at, "version": fact.version, **changes},)


def timelines(_commit: Commit, facts: Sequence[Fact]) -> Sequence[Row]:
    """One row for each timeline that the commit saved; a project begins with one."""
    return tuple(_state(fact, fact.body) for fact in facts if isinstance(fact.body, ProjectCreated | TimelineSaved))


def _created(body: ProjectCreated, fact: Fact) -> Row:
    return {
        "_id": fact.stream,
        "tenant": fact.tenant,
        "projectId": str(body.project_id),
        "name": body.name,
        "description": body.description,
        "videoPath": body.video_path,
        "duration": _seconds(body.duration_ms),
        "timelineState": timeline_fields(body.timeline),
        "createdAt": fact.at,
        "updatedAt": fact.at,
        "createdBy": str(body.account_id),
        "isDeleted": False,
        "version": fact.version,
        "timelineVersion": fact.version,
        "timelineSavedAt": fact.at,
    }


def _edited(body: ProjectEdited) -> dict[str, Any]:
    said = {
        "name": body.name,
        "description": body.description,
        "videoPath": body.video_path,
        "duration": None if body.duration_ms is None else _seconds(body.duration_ms),
    }
    return {name: value for name, value in said.items() if value is not None}


def _seconds(milliseconds: int) -> float:
    """As the editor counts."""
    return milliseconds / 1000


def _saved(body: TimelineSaved, fact: Fact) -> dict[str, Any]:
    return {
        "timelineState": timeline_fields(body.timeline),
        "timelineVersion": fact.version,
        "timelineSavedAt": fact.at,
    }


def _state(fact: Fact, body: ProjectCreated | TimelineSaved) -> Row:
    return {
        "_id": str(fact.id),
        "tenant": fact.tenant,
        "stream": fact.stream,
        "projectId": str(body.project_id),
        **timeline_fields(body.timeline),
        "createdAt": fact.at,
        "updatedAt": fact.at,
        "createdBy": str(body.account_id),
        "version": fact.version,
        "restores": body.restores if isinstance(body, TimelineSaved) else None,
    }


PROJECTION = Projection("projects", 2, "project", fold)
TIMELINES = Journal("timeline_states", 1, timelines, of="stream")

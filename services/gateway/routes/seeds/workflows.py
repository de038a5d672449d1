"""The workflow application's workflows: begun, listed, read, with their scenes. A workflow is a session."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict, Field, field_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.envelope import stream_id
from contracts.messages.files import OpenSession
from contracts.messages.session import StartSession
from contracts.messages.session_life import LONGEST_PROMPT, LONGEST_TITLE
from contracts.rendering import STAGES
from contracts.topics import SESSION_COMMANDS
from eventlog.errors import Unavailable
from services.gateway.access.callers import LegacyCaller
from services.gateway.asking.following import row_when
from services.gateway.asking.idempotency import once
from services.gateway.asking.starting import chosen_session
from services.gateway.asking.wishes import DEGRADED, Wish, command_id, outcome_of, register
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.problems import Problem, of_refusal
from services.gateway.http.view import Page
from services.gateway.identity import first_job
from services.gateway.lists.paging import listing
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.tables import Row, row_place
from services.gateway.ports.waiting import Blind
from services.gateway.routes.answers import answered, said, words_of
from services.gateway.routes.seeds.workflow_views import SceneRow, WorkflowRow, scene_row, workflow_row

router = APIRouter(prefix="/api/workflows", tags=["workflows"])


class RowBody(Body):
    """What a call takes, by the names of columns."""

    model_config = ConfigDict(alias_generator=None)


class NewWorkflow(RowBody):
    """What a story is to be about. With `start: false` it is noted, and nothing is made of it yet."""

    id: UUID | None = Field(default=None, description="Chosen by the client, it makes the call repeatable.")
    prompt: str = Field(min_length=1, max_length=LONGEST_PROMPT)
    title: str = Field(default="", max_length=LONGEST_TITLE)
    start: bool = True

    @field_validator("prompt")
    @classmethod
    def _has_words(cls, prompt: str) -> str:
        if not prompt.strip():
            raise ValueError("is empty: say in a sentence what the story should be about")
        return prompt


@router.post(
    "",
    operation_id="createWorkflow",
    summary="Begin a workflow",
    status_code=201,
    responses=said(
        "session.exists",
        "header.invalid",
        "kafka.unavailable",
        ok=WorkflowRow,
        created=WorkflowRow,
        accepted=WorkflowRow,
    ),
)
async def create(
    request: Request, caller: LegacyCaller, given: Annotated[Given[NewWorkflow], Depends(JsonBody(NewWorkflow))]
) -> Response:
    """Notes the workflow and, unless `start` is false, begins its generation, which goes on after the answer."""
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        wish, workflow = _begin(gateway, caller, given, chosen)
        await register(request, gateway, caller)
        try:
            outcome = await outcome_of(request, gateway, caller, wish, gateway.legacy_wait_seconds)
        except Blind:
            return _noted(caller, given.body, workflow, wish, "mongodb")
        if outcome is None:
            return _noted(caller, given.body, workflow, wish)
        if outcome.problem is not None:
            raise of_refusal(*outcome.problem)
        try:
            row = await row_when(lambda: gateway.tables.workflow(caller.reach, workflow))
        except Unavailable:
            return _noted(caller, given.body, workflow, wish, "postgresql")
        if row is None:
            return _noted(caller, given.body, workflow, wish)
        return answered(workflow_row(row), 201 if row["created_at"] == wish.at else 200)

    return await once(request, gateway, caller, given, act)


@router.get(
    "", operation_id="listWorkflows", summary="Workflows", responses=said("cursor.invalid", ok=Page[WorkflowRow])
)
async def list_(
    request: Request,
    caller: LegacyCaller,
    q: Annotated[str | None, Query(max_length=200, description="Whole words of prompt, story or title.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
) -> Response:
    """Newest first; stable while new ones come."""
    gateway = gateway_of(request)
    words = words_of(q)
    question = f"workflows\n{words!r}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.tables.workflows(caller.reach, words, asked.after, asked.wanted)
    return answered(asked.page(Page[WorkflowRow], found, workflow_row, row_place))


@router.get(
    "/{workflow_id}",
    operation_id="getWorkflow",
    summary="One workflow",
    responses=said("workflow.unknown", ok=WorkflowRow),
)
async def get(request: Request, caller: LegacyCaller, workflow_id: str) -> Response:
    """The workflow as it is now, with how far each of its phases is."""
    return answered(workflow_row(await known(gateway_of(request), caller, workflow_id)))


@router.get(
    "/{workflow_id}/scenes",
    operation_id="getWorkflowScenes",
    summary="Its scenes",
    responses=said("workflow.unknown", ok=Page[SceneRow]),
)
async def scenes(request: Request, caller: LegacyCaller, workflow_id: str) -> Response:
    """All of them, in their order."""
    gateway = gateway_of(request)
    row = await known(gateway, caller, workflow_id)
    found = await gateway.tables.scenes(caller.reach, row["id"])
    shown = [scene_row(gateway, scene) for scene in found]
    return answered(Page[SceneRow](items=shown, next_cursor=None, has_more=False))


async def known(gateway: Gateway, caller: Principal, workflow_id: str) -> Row:
    """The workflow's row. Raises the problem for one that there is not."""
    row = await gateway.tables.workflow(caller.reach, id_of(workflow_id))
    if row is None:
        raise unknown(workflow_id)
    return row


def id_of(workflow_id: str) -> UUID:
    """The id. Raises the problem of an unknown one for what is none."""
    try:
        return UUID(workflow_id)
    except ValueError:
        raise unknown(workflow_id) from None


def unknown(workflow_id: str) -> Problem:
    """The problem for an id that nothing of the caller's has."""
    return Problem("workflow.unknown", f"There is no workflow {workflow_id[:80]!r}.")


def _begin(gateway: Gateway, caller: Principal, given: Given[NewWorkflow], chosen: UUID | None) -> tuple[Wish, UUID]:
    new = given.body
    workflow, chosen = chosen_session(gateway, caller, new.id, chosen, "workflow", given.digest)
    common: dict[str, Any] = {
        "session_id": workflow,
        "account_id": caller.account,
        "prompt": new.prompt,
        "title": new.title,
    }
    job = first_job(caller.tenant, workflow)
    wish = Wish(
        topic=SESSION_COMMANDS.name,
        stream=stream_id("session", caller.tenant, str(workflow)),
        body=StartSession(**common, job_id=job, stages=STAGES) if new.start else OpenSession(**common),
        id=command_id(gateway, caller.tenant, chosen),
        at=gateway.now(),
        links={},
        repeatable=chosen is not None,
    )
    return wish, workflow


def _noted(caller: Principal, new: NewWorkflow, workflow: UUID, wish: Wish, away: str = "") -> Response:
    """202: the workflow as far as it is known."""
    row = {
        "id": workflow,
        "user_id": caller.account,
        "original_prompt": new.prompt,
        "enhanced_story": "",
        "story_title": new.title,
        "status": "created",
        "phases": [{"name": stage.value, "status": "none"} for stage in STAGES],
        "error_message": "",
        "created_at": wish.at,
        "updated_at": wish.at,
        "version": 0,
    }
    return answered(workflow_row(row), 202, {DEGRADED: away} if away else None)

"""Presets: templates to start videos from; one's own, and the tenant's default ones."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from contracts.envelope import stream_id
from contracts.messages.preset import (
    Configuration,
    DeletePreset,
    Description,
    Instructions,
    Language,
    Name,
    SavePreset,
    Voice,
)
from contracts.model import CommandBody
from contracts.rendering import Aspect, Kind
from contracts.topics import SESSION_COMMANDS
from services.gateway.access.callers import Caller
from services.gateway.asking.idempotency import once
from services.gateway.asking.presets import preset_of
from services.gateway.asking.wishes import Show, Wish, ask, command_id
from services.gateway.auth.principal import Principal
from services.gateway.http.bodies import Body, Given, JsonBody
from services.gateway.http.view import Page
from services.gateway.identity import preset_of_command
from services.gateway.lists.paging import Cursor, Limit, listing
from services.gateway.ports.gateway import Gateway, gateway_of
from services.gateway.ports.waiting import Outcome
from services.gateway.routes.answers import answered, command_answers, said, versioned
from services.gateway.views.presets import PresetView

router = APIRouter(prefix="/v1/presets", tags=["presets"])


class PresetBody(Body):
    """What a preset says beside its name."""

    description: Description | None = None
    kind: Kind | None = None
    aspect: Aspect | None = None
    language: Language | None = None
    voice: Voice | None = None
    instructions: Instructions | None = None
    configuration: Configuration | None = None


class PresetChanges(PresetBody):
    """What is to be changed; what is not named stays as it is."""

    name: Name | None = None


class NewPreset(PresetBody):
    """A template. `isDefault` makes it everybody's in the tenant; that takes an administrator."""

    name: Name
    is_default: bool = False


@router.get(
    "", operation_id="listPresets", summary="List presets", responses=said("cursor.invalid", ok=Page[PresetView])
)
async def list_(
    request: Request,
    caller: Caller,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """One's own and the default ones, newest first; to whoever administers: all that there are."""
    gateway = gateway_of(request)
    question = f"presets\n{caller.account}"
    asked = listing(gateway, caller, question, limit, cursor)
    found = await gateway.documents.presets(caller.reach, asked.after, asked.wanted)
    return answered(asked.page(Page[PresetView], found, PresetView.model_validate))


@router.get(
    "/{preset_id}", operation_id="getPreset", summary="Read a preset", responses=said("preset.unknown", ok=PresetView)
)
async def get(request: Request, caller: Caller, preset_id: UUID) -> Response:
    """One's own preset, or a default one."""
    document = await preset_of(gateway_of(request), caller, preset_id)
    view = PresetView.model_validate(document)
    return versioned(request, view, view.version)


@router.post(
    "",
    operation_id="createPreset",
    summary="Save a preset",
    status_code=202,
    responses=command_answers("preset.default", created=PresetView),
)
async def create(
    request: Request, caller: Caller, given: Annotated[Given[NewPreset], Depends(JsonBody(NewPreset))]
) -> Response:
    """Keeps a template. `POST /v1/sessions` takes its `presetId`."""
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        preset = gateway.new_id() if chosen is None else preset_of_command(chosen)
        body = SavePreset(
            preset_id=preset,
            account_id=caller.account,
            new=True,
            administrator=caller.administers,
            **_fields(given.body),
        )
        show = _shown(request, gateway, caller, preset, HTTPStatus.CREATED)
        return await ask(request, gateway, caller, _wish(gateway, caller, preset, body, chosen), show)

    return await once(request, gateway, caller, given, act)


@router.patch(
    "/{preset_id}",
    operation_id="changePreset",
    summary="Change a preset",
    status_code=202,
    responses=command_answers("preset.unknown", "preset.default", ok=PresetView),
)
async def change(
    request: Request,
    caller: Caller,
    preset_id: UUID,
    given: Annotated[Given[PresetChanges], Depends(JsonBody(PresetChanges))],
) -> Response:
    """Changes what is named. Videos that were started from it stay as they are."""
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        body = SavePreset(
            preset_id=preset_id,
            account_id=caller.account,
            administrator=caller.administers,
            **_fields(given.body),
        )
        show = _shown(request, gateway, caller, preset_id, HTTPStatus.OK)
        return await ask(request, gateway, caller, _wish(gateway, caller, preset_id, body, chosen), show)

    return await once(request, gateway, caller, given, act)


@router.delete(
    "/{preset_id}",
    operation_id="deletePreset",
    summary="Delete a preset",
    status_code=202,
    responses=command_answers("preset.unknown", "preset.default", gone=None),
)
async def delete(request: Request, caller: Caller, preset_id: UUID) -> Response:
    """Takes the preset away. Videos that were started from it stay."""
    gateway = gateway_of(request)

    async def act(chosen: UUID | None) -> Response:
        body = DeletePreset(account_id=caller.account, administrator=caller.administers)

        async def show(_outcome: Outcome) -> Response | None:
            return Response(status_code=204)

        return await ask(request, gateway, caller, _wish(gateway, caller, preset_id, body, chosen), show)

    return await once(request, gateway, caller, None, act)


def _fields(body: PresetBody) -> dict[str, Any]:
    return body.model_dump(exclude_unset=True)


def _wish(gateway: Gateway, caller: Principal, preset: UUID, body: CommandBody, chosen: UUID | None) -> Wish:
    return Wish(
        topic=SESSION_COMMANDS.name,
        stream=stream_id("preset", caller.tenant, str(preset)),
        body=body,
        id=command_id(gateway, caller.tenant, chosen),
        at=gateway.now(),
        links={"preset": f"/v1/presets/{preset}"},
        repeatable=chosen is not None,
    )


def _shown(request: Request, gateway: Gateway, caller: Principal, preset: UUID, status: HTTPStatus) -> Show:
    async def show(outcome: Outcome) -> Response | None:
        document = await gateway.documents.preset(caller.reach, str(preset))
        if document is None or document["version"] < outcome.version:
            return None
        view = PresetView.model_validate(document)
        response = versioned(request, view, view.version, status)
        if status == HTTPStatus.CREATED:
            response.headers["Location"] = f"/v1/presets/{preset}"
        return response

    return show

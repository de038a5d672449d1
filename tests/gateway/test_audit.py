"""The audit trail: whatever anybody asked for is there, with what became of it, and no word of anybody's."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.gateway import samples, test_admin
from tests.gateway.company import Company
from tests.gateway.studio import uploaded
from tests.gateway.test_admin import ACCOUNT, AS_US, BOSS, pages
from tests.gateway.world import US
from tests.render.stages import reels

AUDIT = "/v1/admin/audit"
admin, company = test_admin.admin, test_admin.company


async def trail(client: httpx.AsyncClient, **params: Any) -> list[tuple[str, str, str]]:
    """Actor, command and outcome of each row."""
    return [(row["actor"], row["command"], row["outcome"]) for row in await pages(client, AUDIT, **params)]


@pytest.mark.req(69)
async def test_what_an_operator_did_is_told_with_him_as_its_actor(admin: httpx.AsyncClient) -> None:
    await admin.post(f"{ACCOUNT}/plan", json={"plan": "premium"})
    await admin.post(f"{ACCOUNT}/credits", json={"amount": 7, "reason": "Ada Lovelace asked nicely"})
    rows = await pages(admin, AUDIT, actor=BOSS.actor)
    assert [(row["command"], row["details"]) for row in rows] == [
        ("GrantCredits", {"points": 7}),
        ("ChangePlan", {"plan": "premium"}),
    ]
    assert {(row["kind"], row["id"], row["outcome"]) for row in rows} == {("account", str(US.account), "applied")}
    assert rows[1]["events"] == ["account.plan_changed"]


@pytest.mark.req(69)
async def test_what_was_refused_is_told_too(admin: httpx.AsyncClient) -> None:
    missing = "/v1/admin/accounts/01970c5a-3f2e-7c44-9d1b-0000000000ff"
    assert (await admin.post(f"{missing}/plan", json={"plan": "premium"})).status_code == 404
    (row,) = await pages(admin, AUDIT, outcome="refused", command="ChangePlan")
    assert (row["actor"], row["code"], row["id"], row["events"]) == (BOSS.actor, "account.unknown", None, [])


@pytest.mark.req(69)
async def test_the_life_of_a_session_can_be_read_from_the_wish_to_the_restore(
    admin: httpx.AsyncClient, company: Company
) -> None:
    session = (await admin.get("/v1/sessions", headers=AS_US)).json()["items"][0]
    here = f"/v1/sessions/{session['sessionId']}"
    company.gateway.moment += timedelta(minutes=1)
    assert (await admin.delete(here, headers=AS_US)).status_code == 204
    assert (await admin.get(here, headers=AS_US)).status_code == 404
    assert (await admin.get("/v1/sessions", headers=AS_US)).json()["items"] == []
    shown = await admin.get(here, params={"includeDeleted": True}, headers=AS_US)
    assert (shown.json()["status"], shown.json()["title"]) == ("deleted", session["title"])
    (project,) = company.gateway.tables.rows["platform.projects"]
    assert project["deleted_at"] == company.gateway.moment
    company.gateway.moment += timedelta(minutes=1)
    assert (await admin.post(f"{here}/restore", headers=AS_US)).status_code == 200
    back = (await admin.get(here, headers=AS_US)).json()
    kept = ("status", "title", "script", "stages", "jobs", "durationMs", "createdAt")
    assert [back[name] for name in kept] == [session[name] for name in kept]
    of_it = await trail(admin, kind="session", id=session["sessionId"])
    assert of_it[:2] == [(US.actor, "RestoreSession", "applied"), (US.actor, "DeleteSession", "applied")]
    assert of_it[-1] == (US.actor, "StartSession", "applied")
    since = (samples.NOON + timedelta(seconds=30)).isoformat()
    assert [one[1] for one in await trail(admin, since=since)] == ["RestoreSession", "DeleteSession"]
    assert "RestoreSession" not in [one[1] for one in await trail(admin, until=since)]


@pytest.mark.req(69, 77)
async def test_every_command_of_every_stream_is_there_once_and_newest_first(
    admin: httpx.AsyncClient, company: Company
) -> None:
    rows = await pages(admin, AUDIT)
    asked = [command for command in company.services.sent if command.tenant == US.tenant]
    assert sorted(row["commandId"] for row in rows) == sorted(str(command.id) for command in asked)
    assert {row["kind"] for row in rows} == {"account", "session", "job"}
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert await trail(admin, kind="job", actor="worker:worker-1")


@pytest.mark.req(69)
async def test_no_word_of_anybody_s_stands_in_it(admin: httpx.AsyncClient) -> None:
    wish = {"prompt": "SECRET prompt", "title": "SECRET title", "metadata": {"SECRET": 1}}
    await admin.post("/v1/sessions", json=wish, headers=AS_US)
    await admin.post("/v1/me/keys", json={"name": "SECRET name"}, headers=AS_US)
    await admin.post("/v1/presets", json={"name": "SECRET preset"}, headers=AS_US)
    rows = await pages(admin, AUDIT)
    assert {"IssueKey", "SavePreset"} <= {row["command"] for row in rows}
    assert "SECRET" not in json.dumps(rows)


async def test_a_file_that_somebody_sent_is_in_it_as_well(admin: httpx.AsyncClient) -> None:
    asset = await uploaded(admin, reels.picture(reels.RED))
    assert (await admin.get(AUDIT)).status_code == 200
    rows = await trail(admin, kind="upload", id=asset["assetId"])
    assert sorted((command, outcome) for _, command, outcome in rows) == [
        ("AnnounceUpload", "applied"),
        ("NameBytes", "applied"),
        ("ReceiveUpload", "applied"),
    ]


async def test_a_filter_that_cannot_be_meant_is_named(admin: httpx.AsyncClient) -> None:
    for wrong, about in (
        ({"id": str(US.account)}, "kind"),
        ({"kind": "film"}, "kind"),
        ({"actor": "a\0b"}, "NUL"),
        ({"since": "yesterday"}, "since"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ({"until": "9999-12-31T23:59:59-14:00"}, "until"),
        ({"cursor": "e30"}, "cursor"),
    ):
        answer = await admin.get(AUDIT, params=wrong)
        assert answer.status_code in (400, 422)
        assert about in answer.json()["detail"]


async def test_without_the_database_the_trail_says_so(admin: httpx.AsyncClient, company: Company) -> None:
    company.gateway.tables.away = True
    assert (await admin.get(AUDIT)).json()["code"] == "postgres.unavailable"

"""The platform's tables show what happened to whom, over real histories of several streams."""

from datetime import timedelta

import pytest

from contracts.messages.access import (
    ChangePlan,
    ChangeRole,
    LinkIdentity,
    RequestErasure,
    SignIn,
    SignOut,
    UnlinkIdentity,
)
from contracts.messages.job import ExpireAsset, FailJob
from contracts.messages.preset import DeletePreset, SavePreset
from contracts.messages.roles import Role
from contracts.messages.session import DeleteSession, PurgeSession, RestoreSession
from contracts.rendering import STAGES, AssetKind
from tests.bdd import NOON
from tests.flows.world import World
from tests.session.words import ACCOUNT, JOB, PRESET, SESSION, an_id, register, start


@pytest.mark.req(66, 70)
async def test_a_film_is_a_project_with_a_job_scenes_and_files_of_its_user() -> None:
    world = World()
    assert world.send(start()) == ["done"]
    assert set(world.work(*STAGES)) == {"done"}
    user, identity = await world.view("platform.users"), await world.view("platform.accounts")
    project, job = await world.view("platform.projects"), await world.view("platform.jobs")
    scene, assets = await world.view("platform.scenes"), await world.rows("platform.assets")
    assert (user["user_id"], user["role"], identity["provider"]) == (ACCOUNT, "user", "demo")
    assert (project["project_id"], project["status"], project["deleted_at"]) == (SESSION, "completed", None)
    assert project["configuration"]["stages"] == list(STAGES)
    assert (job["job_id"], job["project_id"], job["status"], job["attempts"]) == (JOB, SESSION, "completed", 1)
    assert job["configuration"]["aspect"] == "16:9"
    assert (scene["number"], scene["heading"]) == (1, "The sea")
    assert sorted(one["kind"] for one in assets) == ["audio", "poster", "video"]
    assert {one["user_id"] for one in (project, job, scene, *assets)} == {ACCOUNT}


@pytest.mark.req(69)
async def test_what_was_deleted_stays_with_its_time() -> None:
    world = World()
    preset = SavePreset(preset_id=PRESET, account_id=ACCOUNT, new=True, name="Calm")
    assert world.send(start(), preset, DeleteSession(), DeletePreset(account_id=ACCOUNT)) == ["done"] * 4
    project, kept = await world.view("platform.projects"), await world.view("platform.presets")
    assert project["deleted_at"] == project["updated_at"] > project["created_at"]
    assert kept["deleted_at"] == kept["updated_at"] > kept["created_at"]


@pytest.mark.req(69, 71)
async def test_a_file_that_expired_stays_with_its_time_and_the_others_have_none() -> None:
    world = World()
    world.send(start())
    world.work(*STAGES)
    assert world.send(ExpireAsset(asset_id=an_id(AssetKind.VIDEO), reason="retention")) == ["done"]
    assets = {one["kind"]: one for one in await world.rows("platform.assets")}
    assert assets["video"]["expires_at"] > assets["video"]["created_at"]
    assert (assets["audio"]["expires_at"], assets["poster"]["expires_at"]) == (None, None)


@pytest.mark.req(66, 68)
async def test_a_user_has_a_role_a_plan_linked_identities_and_logins() -> None:
    world = World()
    login = SignIn(login_id=an_id("login"), digest="ab" * 32, method="oidc", expires_at=NOON + timedelta(hours=1))
    link = LinkIdentity(provider="https://id.example", digest="cd" * 32)
    assert world.send(login, link, ChangeRole(role=Role.PREMIUM), ChangePlan(plan="pro")) == ["done"] * 4
    user, session = await world.view("platform.users"), await world.view("platform.auth_sessions")
    assert (user["role"], user["plan"], user["name"], user["deleted_at"]) == ("premium", "pro", "Ada", None)
    assert (session["login_id"], session["method"], session["user_id"]) == (an_id("login"), "oidc", ACCOUNT)
    providers = {one["provider"] for one in await world.rows("platform.accounts")}
    assert providers == {"demo", "https://id.example"}
    assert world.send(SignOut(login_id=an_id("login")), UnlinkIdentity(digest="cd" * 32)) == ["done"] * 2
    assert await world.rows("platform.auth_sessions") == []
    assert (await world.view("platform.accounts"))["provider"] == "demo"


@pytest.mark.req(69)
async def test_who_asks_to_be_forgotten_leaves_a_row_without_a_name() -> None:
    world = World()
    assert world.send(RequestErasure()) == ["done"]
    user = await world.view("platform.users")
    assert (user["name"], user["deleted_at"]) == ("", user["updated_at"])
    assert await world.rows("platform.accounts") == []


@pytest.mark.req(69)
async def test_what_was_restored_is_as_it_was_and_what_was_purged_is_gone() -> None:
    world = World()
    world.send(start())
    world.work(*STAGES)
    before = await world.view("platform.projects")
    assert world.send(DeleteSession(), RestoreSession()) == ["done"] * 2
    back = await world.view("platform.projects")
    assert {**back, "updated_at": None, "version": None} == {**before, "updated_at": None, "version": None}
    assert world.send(DeleteSession(), PurgeSession()) == ["done"] * 2
    for table in ("projects", "jobs", "scenes", "assets"):
        assert await world.rows(f"platform.{table}") == []


async def test_a_job_that_failed_says_why() -> None:
    world = World()
    world.send(start(), FailJob(code="render.broken", message="It broke."), register())
    job, project = await world.view("platform.jobs"), await world.view("platform.projects")
    assert (job["status"], job["error_code"], job["error_message"]) == ("failed", "render.broken", "It broke.")
    assert (job["finished_at"] is not None, project["status"]) == (True, "failed")

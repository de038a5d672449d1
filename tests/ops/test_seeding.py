"""A new installation has a demo user and presets; seeding it again changes nothing."""

from datetime import timedelta

import pytest

from contracts.messages.account import AccountKind, Role
from ops.commands import seeding
from services.gateway.auth.principal import Principal
from tests.bdd import NOON
from tests.flows.world import World

OWNER = Principal("demo", AccountKind.DEMO, "demo", Role.ADMIN)


@pytest.mark.req(72)
async def test_the_demo_user_and_default_presets_are_there_after_the_first_seeding_and_no_other_after_the_next() -> (
    None
):
    world = World()
    for hour in range(2):
        world.deliver(seeding.commands(OWNER, 100, NOON + timedelta(hours=hour)))
    presets = await world.rows("presets")
    assert sorted(one["name"] for one in presets) == ["Explainer", "Reading", "Short"]
    assert all(one["isDefault"] and one["tenant"] == "demo" and one["version"] == 1 for one in presets)
    demo = next(one for one in await world.rows("accounts") if one["accountId"] == str(OWNER.account))
    assert (demo["role"], demo["balance"], demo["version"]) == ("admin", 100, 2)

"""What every adapter of `Projects` promises; the one in memory passes it, and the one on MongoDB."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.gateway.auth.reach import Reach
from services.gateway.http.cursors import Place
from services.gateway.ports.projects import ProjectFilter, Projects
from tests.gateway import samples
from tests.gateway.documents_promises import Put
from tests.gateway.samples import NOON, PROJECT

ID = str(PROJECT)
ALL = ProjectFilter()


def listed(n: int, **fields: Any) -> dict[str, Any]:
    """The n-th project."""
    return samples.project("ours", UUID(int=n), createdAt=NOON + timedelta(seconds=n // 2), **fields)


class ProjectsPromises:
    """To be inherited, with fixtures `projects` and `put`."""

    async def test_a_project_is_read_by_its_tenant_alone(self, projects: Projects, put: Put) -> None:
        await put("projects", samples.project("ours", version=3))
        found = await projects.project(Reach("ours"), ID)
        assert found is not None
        assert found["timelineState"] == {"layers": [], "playheadTime": 0, "duration": 0, "markers": []}
        assert await projects.project(Reach("theirs"), ID) is None
        assert [await projects.project(Reach("ours"), ID, at_least=n) is not None for n in (3, 4)] == [True, False]

    async def test_an_account_finds_its_own_projects_and_timelines_alone(self, projects: Projects, put: Put) -> None:
        await put("projects", samples.project("ours", videoPath=f"/media/{samples.VIDEO}.mp4"))
        await put("timeline_states", samples.saved_timeline("ours"))
        owner = samples.owner("ours")

        async def found(reach: Reach) -> list[bool]:
            answers = [
                await projects.project(reach, ID),
                await projects.projects(reach, ALL, None, 10),
                await projects.timeline(reach, ID, 1),
                await projects.timelines(reach, ID, before=9, limit=10),
                await projects.using(reach, str(samples.VIDEO)),
            ]
            return [bool(one) for one in answers]

        for reach, is_his in ((Reach("ours"), True), (Reach("ours", owner), True), (Reach("ours", PROJECT), False)):
            assert await found(reach) == [is_his] * 5, reach

    async def test_a_deleted_project_is_read_where_that_is_asked_for(self, projects: Projects, put: Put) -> None:
        await put("projects", samples.project("ours", isDeleted=True))
        assert await projects.project(Reach("ours"), ID) is None
        assert await projects.project(Reach("ours"), ID, deleted=True) is not None
        assert await projects.projects(Reach("ours"), ALL, None, 10) == []
        assert len(await projects.projects(Reach("ours"), ProjectFilter(deleted=True), None, 10)) == 1

    async def test_projects_are_listed_newest_first_from_any_place(self, projects: Projects, put: Put) -> None:
        for n in range(6):
            await put("projects", listed(n))
        await put("projects", samples.project("theirs"))
        every = await projects.projects(Reach("ours"), ALL, None, 10)
        assert [(one["createdAt"], one["_id"]) for one in every] == sorted(
            ((one["createdAt"], one["_id"]) for one in every), reverse=True
        )
        place = Place(every[2]["createdAt"], every[2]["_id"])
        assert [one["_id"] for one in await projects.projects(Reach("ours"), ALL, place, 2)] == [
            one["_id"] for one in every[3:5]
        ]
        assert len(every) == 6
        assert "timelineState" not in every[0]
        whole = await projects.projects(Reach("ours"), ProjectFilter(timelines=True), None, 1)
        assert "timelineState" in whole[0]

    @pytest.mark.parametrize(("words", "number"), [((".*",), 1), (("SEA",), 2), (("sea", "salt"), 1), (("x",), 0)])
    async def test_words_are_found_literally_in_name_and_description(
        self, projects: Projects, put: Put, words: tuple[str, ...], number: int
    ) -> None:
        await put("projects", listed(1, name="Sea (.*)"))
        await put("projects", listed(2, description="the salt of the sea", name="Rain"))
        assert len(await projects.projects(Reach("ours"), ProjectFilter(words), None, 10)) == number

    async def test_saved_timelines_are_found_by_version_and_listed_without_what_is_large(
        self, projects: Projects, put: Put
    ) -> None:
        for version in (1, 3, 4):
            await put("timeline_states", samples.saved_timeline("ours", version=version, playheadTime=version))
        await put("timeline_states", samples.saved_timeline("theirs", version=2))
        found = await projects.timeline(Reach("ours"), ID, 3)
        assert found is not None
        assert found["playheadTime"] == 3
        assert await projects.timeline(Reach("ours"), ID, 2) is None
        older = await projects.timelines(Reach("ours"), ID, before=4, limit=5)
        assert [one["version"] for one in older] == [3, 1]
        assert not {"layers", "markers"} & set(older[0])
        assert len(await projects.timelines(Reach("ours"), ID, before=9, limit=2)) == 2

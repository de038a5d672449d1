"""What every adapter of `Documents` and `Answers` promises: asked of memory and of a real MongoDB."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from contracts.envelope import Command, stream_id
from eventlog.clock import new_id
from services.gateway.auth.reach import Reach
from services.gateway.files.shares import Stock
from services.gateway.http.cursors import Place
from services.gateway.identity import actor_of
from services.gateway.ports.gateway import Answers, Documents, KeptAnswer, SessionFilter
from tests.gateway import samples
from tests.gateway.samples import JOB, NOON, RAW, SESSION, VIDEO

Put = Callable[[str, Mapping[str, Any]], Awaitable[None]]
ALL = SessionFilter()


def listed(n: int, **fields: Any) -> dict[str, Any]:
    return samples.session("ours", UUID(int=n), createdAt=NOON + timedelta(seconds=n // 2), **fields)


class DocumentsPromises:
    """Needs the fixtures `documents` and `put`."""

    async def test_a_document_is_read_by_its_tenant_and_nobody_else(self, documents: Documents, put: Put) -> None:
        account = samples.account("ours", JOB)
        for name, document in (
            ("sessions", samples.session("ours")),
            ("jobs", samples.job("ours")),
            ("accounts", account),
        ):
            await put(name, document)
        for tenant, found in (("ours", True), ("theirs", False)):
            assert (await documents.session(Reach(tenant), str(SESSION)) is not None) == found
            assert (await documents.job(Reach(tenant), str(JOB)) is not None) == found
            assert (await documents.account(Reach(tenant), str(JOB)) is not None) == found

    async def test_an_account_finds_of_everything_its_own_alone(self, documents: Documents, put: Put) -> None:
        owner, stream = samples.owner("ours"), stream_id("session", "ours", str(SESSION))
        asked = Command(id=new_id(), stream=stream, type="X", at=NOON, tenant="ours", actor=actor_of(owner), data=RAW)
        for name, document in (
            ("sessions", samples.session("ours", assets=[samples.asset("a" * 64, 1)])),
            ("session_history", samples.row("ours", 1, "session.started")),
            ("session_commands", samples.outcome(asked, 1)),
            ("jobs", samples.job("ours", status="failed", finishedAt=NOON)),
            ("accounts", samples.account("ours", owner)),
            ("presets", samples.preset("ours")),
            ("uploads", samples.upload("ours", "a.png")),
        ):
            await put(name, document)

        async def found(reach: Reach) -> list[bool]:
            later = NOON + timedelta(days=1)
            answers = [
                await documents.session(reach, str(SESSION)),
                await documents.sessions(reach, ALL, None, 10),
                await documents.count_sessions(reach, ALL),
                await documents.history(reach, stream, after=0, limit=10),
                await documents.history_before(reach, stream, before=9, limit=10),
                await documents.job(reach, str(JOB)),
                await documents.account(reach, str(owner)),
                await documents.preset(reach, str(samples.PRESET)),
                await documents.presets(reach, None, 10),
                await documents.outcome(reach, asked.id),
                await documents.sessions_with_video(reach, str(owner), None, 10),
                await documents.ended_jobs(reach, ("failed",), later, 10),
                await documents.files(reach, None, 10),
            ]
            return [bool(one) for one in answers]

        assert set(await found(Reach("ours"))) == {True}
        assert set(await found(Reach("ours", owner))) == {True}
        assert set(await found(Reach("ours", JOB))) == {False}
        assert set(await found(Reach("theirs", owner))) == {False}
        assert [one.account for one in await documents.assets(str(VIDEO))] == [str(owner)]

    async def test_an_account_reads_its_own_presets_and_its_tenant_s_default_ones(
        self, documents: Documents, put: Put
    ) -> None:
        owner, stranger = str(samples.owner("ours")), str(JOB)
        for n, fields in enumerate([{}, {"isDefault": True}, {"deletedAt": NOON}], 1):
            moment = NOON + timedelta(seconds=n)
            await put("presets", samples.preset("ours", UUID(int=n), createdAt=moment, **fields))
        for tenant, account, found in (("ours", owner, [2, 1]), ("ours", stranger, [2]), ("theirs", owner, [])):
            rows = await documents.presets(Reach(tenant, UUID(account)), None, 10)
            assert [UUID(row["presetId"]).int for row in rows] == found
            for n in (1, 2, 3):
                read = await documents.preset(Reach(tenant, UUID(account)), str(UUID(int=n)))
                assert (read is not None) == (n in found)
            rest = await documents.presets(
                Reach(tenant, UUID(account)), Place(NOON + timedelta(seconds=2), rows[0]["_id"] if rows else ""), 10
            )
            assert [row["presetId"] for row in rest] == [row["presetId"] for row in rows[1:]]

    async def test_the_stock_of_an_account_is_what_came_and_what_was_said_to_come(
        self, documents: Documents, put: Put
    ) -> None:
        came = {"status": "ready", "fileName": "upload.png", "mediaType": "image/png", "sha256": "a" * 64}
        for n, tenant, fields in (
            (1, "ours", {"sizeBytes": 5}),
            (2, "ours", {}),
            (3, "ours", {**came, "sizeBytes": 7}),
            (4, "ours", {**came, "sizeBytes": 9, "accountId": str(JOB)}),
            (5, "theirs", {**came, "sizeBytes": 11}),
        ):
            await put("uploads", samples.upload(tenant, "a.png", UUID(int=n)) | fields)
        assert await documents.stock("ours", str(samples.owner("ours"))) == Stock(files=3, announced=12, kept=7)
        assert await documents.stock("ours", str(VIDEO)) == Stock()

    async def test_a_deleted_session_is_not_read(self, documents: Documents, put: Put) -> None:
        await put("sessions", samples.session("ours", status="deleted", assets=[samples.asset("a" * 64, 1)]))
        assert await documents.session(Reach("ours"), str(SESSION)) is None
        assert await documents.sessions(Reach("ours"), ALL, None, 10) == []
        assert await documents.assets(str(VIDEO)) == []

    async def test_a_deleted_session_is_read_where_that_is_asked_for(self, documents: Documents, put: Put) -> None:
        await put("sessions", samples.session("ours", status="deleted"))
        everything = SessionFilter(deleted=True)
        assert await documents.session(Reach("ours"), str(SESSION), deleted=True) is not None
        assert await documents.session(Reach("theirs"), str(SESSION), deleted=True) is None
        assert len(await documents.sessions(Reach("ours"), everything, None, 10)) == 1
        assert [await documents.count_sessions(Reach("ours"), which) for which in (everything, ALL)] == [1, 0]

    async def test_sessions_are_counted_as_they_are_listed(self, documents: Documents, put: Put) -> None:
        for n, status in enumerate(("failed", "canceled", "completed")):
            await put("sessions", listed(n, status=status, prompt=f"Part {n}"))
        await put("sessions", samples.session("theirs"))
        stopped = SessionFilter(("failed", "canceled"))
        young = SessionFilter(created_after=NOON)
        for which, number in ((ALL, 3), (stopped, 2), (SessionFilter(words=("part", "2")), 1), (young, 1)):
            assert await documents.count_sessions(Reach("ours"), which) == number
            assert len(await documents.sessions(Reach("ours"), which, None, 10)) == number

    async def test_a_waiting_job_knows_its_place_among_its_tenants(self, documents: Documents, put: Put) -> None:
        def waiting(n: int, **fields: Any) -> dict[str, Any]:
            return samples.job("ours", UUID(int=n), createdAt=NOON + timedelta(seconds=n), **fields)

        jobs = [waiting(1), waiting(2, held=True), waiting(3, priority=1), waiting(4), waiting(5, status="running")]
        for job in (*jobs, samples.job("theirs", createdAt=NOON - timedelta(days=1))):
            await put("jobs", job)
        assert [await documents.standing("ours", jobs[n]) for n in (2, 0, 3)] == [(0, 1), (1, 1), (2, 1)]

    async def test_sessions_are_listed_newest_first_from_any_place(self, documents: Documents, put: Put) -> None:
        for n in range(6):
            await put("sessions", listed(n))
        await put("sessions", samples.session("theirs"))
        whole = await documents.sessions(Reach("ours"), ALL, None, 10)
        keys = [(one["createdAt"], one["_id"]) for one in whole]
        assert keys == sorted(keys, reverse=True)
        assert len(keys) == 6
        for at, key in enumerate(keys):
            rest = await documents.sessions(Reach("ours"), ALL, Place(*key), 10)
            assert [(one["createdAt"], one["_id"]) for one in rest] == keys[at + 1 :]
        assert await documents.sessions(Reach("ours"), ALL, None, 2) == whole[:2]

    async def test_a_search_takes_words_literally_in_any_case(self, documents: Documents, put: Put) -> None:
        await put("sessions", listed(1, prompt="Why (really) is the Ärmel blue?"))
        await put("sessions", listed(2, prompt="", script="sleeve\nand blue", status="failed"))

        async def found(*words: str, status: str | None = None) -> int:
            return len(
                await documents.sessions(Reach("ours"), SessionFilter((status,) if status else (), words), None, 10)
            )

        assert await found("BLUE") == 2
        assert await found("(really)", "blue") == 1
        assert await found("ärmel") == 1
        assert await found(".*") == 0
        assert await found("blue", status="failed") == 1

    async def test_history_is_read_forwards_and_backwards(self, documents: Documents, put: Put) -> None:
        for version in range(1, 6):
            await put("session_history", samples.row("ours", version, "session.started"))
        stream = stream_id("session", "ours", str(SESSION))
        forwards = await documents.history(Reach("ours"), stream, after=1, limit=3)
        backwards = await documents.history_before(Reach("ours"), stream, before=4, limit=2)
        assert [row["version"] for row in forwards] == [2, 3, 4]
        assert [row["version"] for row in backwards] == [3, 2]
        assert await documents.history(Reach("theirs"), stream, after=0, limit=3) == []

    async def test_an_outcome_is_found_whoever_decided_it(self, documents: Documents, put: Put) -> None:
        for name in ("session_commands", "render_commands"):
            command = Command(id=new_id(), stream="x", type="X", at=NOON, tenant="ours", actor="a", data=samples.RAW)
            await put(name, samples.outcome(command, 3))
            found = await documents.outcome(Reach("ours"), command.id)
            assert found is not None
            assert found["version"] == 3
            assert await documents.outcome(Reach("theirs"), command.id) is None

    async def test_an_asset_is_found_with_its_tenant(self, documents: Documents, put: Put) -> None:
        for tenant in ("ours", "theirs"):
            await put("sessions", samples.session(tenant, assets=[samples.asset("a" * 64, 1)]))
        assert {one.tenant for one in await documents.assets(str(VIDEO))} == {"ours", "theirs"}
        assert await documents.assets(str(JOB)) == []

    async def test_an_account_s_videos_are_listed_newest_first_from_any_place(
        self, documents: Documents, put: Put
    ) -> None:
        film = [samples.asset("a" * 64, 1)]
        for n in range(4):
            await put("sessions", listed(n, assets=film))
        for n, other in enumerate(({"status": "deleted"}, {"assets": []}, {"accountId": str(JOB)}), 10):
            await put("sessions", listed(n, **({"assets": film} | other)))
        await put("sessions", samples.session("theirs", assets=film))
        account = str(samples.owner("ours"))
        whole = await documents.sessions_with_video(Reach("ours"), account, None, 10)
        keys = [(one["createdAt"], one["_id"]) for one in whole]
        assert (len(keys), keys) == (4, sorted(keys, reverse=True))
        rest = await documents.sessions_with_video(Reach("ours"), account, Place(*keys[1]), 1)
        assert [(one["createdAt"], one["_id"]) for one in rest] == keys[2:3]

    async def test_jobs_that_ended_long_ago_are_found_by_how_they_ended(self, documents: Documents, put: Put) -> None:
        for n, (status, ended) in enumerate((("failed", 3), ("canceled", 1), ("completed", 1), ("failed", 9))):
            at = NOON + timedelta(days=ended)
            await put("jobs", samples.job("ours", UUID(int=n), status=status, finishedAt=at))
        await put("jobs", samples.job("ours", UUID(int=20), status="queued"))
        await put("jobs", samples.job("theirs", UUID(int=21), status="failed", finishedAt=NOON))
        found = await documents.ended_jobs(Reach("ours"), ("failed", "canceled"), NOON + timedelta(days=5), 10)
        assert [one["jobId"] for one in found] == [str(UUID(int=n)) for n in (1, 0)]
        assert await documents.ended_jobs(Reach("ours"), ("failed",), NOON, 10) == []


class AnswersPromises:
    """Needs the fixture `answers`."""

    async def test_a_key_is_claimed_once_and_its_answer_kept(self, answers: Answers) -> None:
        id_, answer = new_id(), KeptAnswer(202, {"location": "/x"}, "{}")
        assert (await answers.claim("ours", id_, "d1", NOON)).mine
        second = await answers.claim("ours", id_, "d2", NOON)
        assert (second.mine, second.digest, second.answer) == (False, "d1", None)
        await answers.keep("ours", id_, answer)
        assert (await answers.claim("ours", id_, "d1", NOON)).answer == answer

    async def test_a_key_that_is_released_is_claimed_again(self, answers: Answers) -> None:
        id_ = new_id()
        await answers.claim("ours", id_, "d1", NOON)
        await answers.release("ours", id_)
        assert (await answers.claim("ours", id_, "d2", NOON)).mine

    async def test_a_key_whose_call_died_is_taken_over_by_one_alone(self, answers: Answers) -> None:
        id_, later = new_id(), NOON + timedelta(seconds=61)
        await answers.claim("ours", id_, "d1", NOON)
        assert not (await answers.claim("ours", id_, "d2", later)).mine
        assert (await answers.claim("ours", id_, "d1", later)).mine
        assert not (await answers.claim("ours", id_, "d1", later)).mine

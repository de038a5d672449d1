"""What has to be true of the whole log and of both stores after every fault, however it ended."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from blobs.objects import open_blobs
from blobs.store import BlobRef
from ops.stack.endpoints import Endpoints
from tests.chaos.again import decided_otherwise
from tests.chaos.client import Client
from tests.chaos.history import History, read_histories, said
from tests.chaos.stores import stores_equal_the_log
from tests.chaos.system import System
from tests.waiting import eventually

SETTLE_SECONDS = 60.0
READ_SECONDS = 0.5
"""Between two readings of the whole log."""


async def hold(system: System, client: Client) -> Mapping[str, History]:
    """Wait until everything is decided and projected, then check all there is. Gives the log as it was read."""
    histories = await _decided(system.endpoints)
    for service, history in histories.items():
        one_outcome_each(history)
        versions_follow(history)
        decided_the_same(system, service, history)
    acknowledged_is_decided(client.acknowledged, histories["session"])
    sessions_start_once(client.asked, histories["session"])
    amounts_sum_to_the_balance(histories["session"])
    completed_once(histories["render"])
    no_stage_of_an_old_turn(histories["render"])
    await artifacts_are_there(system, histories["render"])
    await stores_equal_the_log(system)
    return histories


async def _decided(endpoints: Endpoints) -> Mapping[str, History]:
    """The histories once nothing waits for a decision; reading them verifies every chain from its beginning."""

    async def all_decided() -> Mapping[str, History] | None:
        histories = await read_histories(endpoints)
        return None if any(history.undecided() for history in histories.values()) else histories

    return await eventually(all_decided, SETTLE_SECONDS, READ_SECONDS)


def one_outcome_each(history: History) -> None:
    """Every command that is in the log of commands, policies' and workers' too, has one commit that counts."""
    outcomes = Counter(one.commit.command_id for one in history.counted)
    twice = [str(id_) for id_, count in outcomes.items() if count > 1]
    assert not twice, f"more than one outcome each: {twice}"
    other = [str(id_) for id_ in outcomes.keys() ^ history.asked.keys()]
    assert not other, f"no outcome, or an outcome that nobody asked for: {other}"


def versions_follow(history: History) -> None:
    """In each stream they go up by the number of events, from 0 on."""
    versions: dict[str, int] = {}
    for one in history.counted:
        commit = one.commit
        assert commit.version == versions.get(commit.stream, 0) + len(commit.events), commit.stream
        versions[commit.stream] = commit.version


def decided_the_same(system: System, service: str, history: History) -> None:
    """An independent fold of the deciders gives the bytes of every commit."""
    with system.keys() as keys:
        otherwise = decided_otherwise(service, history, keys)
    assert not otherwise, f"decided otherwise: {otherwise[:3]}"


def acknowledged_is_decided(acknowledged: Sequence[UUID], history: History) -> None:
    """What the gateway took was decided."""
    decided = {one.commit.command_id for one in history.counted}
    assert set(acknowledged) - decided == set()


def sessions_start_once(asked: Sequence[UUID], history: History) -> None:
    """Asked again and again under one id, after time-outs and 503s: it took effect once."""
    started = Counter(UUID(data["sessionId"]) for kind, data, _ in said(history) if kind == "session.started")
    assert {session: started[session] for session in asked} == dict.fromkeys(asked, 1)


def amounts_sum_to_the_balance(history: History) -> None:
    """After every event of an account, not only at the end."""
    sums: Counter[str] = Counter()
    for kind, data, one in said(history):
        if kind.startswith("account.credits_"):
            sums[one.commit.stream] += data["amount"]
            assert data["balanceAfter"] == sums[one.commit.stream], f"offset {one.offset}"


def completed_once(history: History) -> None:
    """Each run of a job."""
    runs = Counter((one.commit.stream, data["run"]) for kind, data, one in said(history) if kind == "job.completed")
    again = [run for run, count in runs.items() if count > 1]
    assert not again, f"completed more than once: {again}"


def no_stage_of_an_old_turn(history: History) -> None:
    """Turns grow, and what a worker says counts under the newest turn alone."""
    newest: dict[str, int] = {}
    for kind, data, one in said(history):
        if kind == "job.claimed":
            assert data["epoch"] > newest.get(one.commit.stream, 0)
            newest[one.commit.stream] = data["epoch"]
        elif kind in ("job.stage_completed", "job.stage_failed", "job.released"):
            assert data["epoch"] == newest[one.commit.stream], f"offset {one.offset}: {kind} of an old turn"


async def artifacts_are_there(system: System, history: History) -> None:
    """All that stages have left is in the blob store, byte for byte."""
    blobs = open_blobs(system.blobs)
    named = {
        (artifact["sha256"], artifact["sizeBytes"])
        for kind, data, _ in said(history)
        if kind == "job.stage_completed"
        for artifact in data["output"]["artifacts"]
    }
    for sha256, size in named:
        assert await blobs.verify(sha256) == BlobRef(sha256, size)

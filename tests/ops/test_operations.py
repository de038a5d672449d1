"""What operators do is told before and after, whatever comes of it; what cannot be told, they are told."""

import asyncio
from datetime import timedelta

import pytest

from contracts.envelope import Command
from contracts.messages import SESSION_CATALOG
from eventlog.errors import Conflict, PlayheadError, Unavailable
from ops.commands.operations import Done
from ops.operations import Trail, operator, told
from ops.stack.part import StackError
from tests.bdd import NOON
from tests.flows.world import World

OPTIONS = ("approve", "throttle=5")


class Log:
    """Keeps what is sent, but for those that it is away for."""

    def __init__(self, *away: PlayheadError | StackError | None) -> None:
        self.away = list(away)
        self.sent: list[Command] = []

    @property
    def trail(self) -> Trail:
        return Trail("operators", "operator:ada", self.send, lambda: NOON + timedelta(seconds=len(self.sent)))

    async def send(self, command: Command) -> None:
        if self.away and (error := self.away.pop(0)) is not None:
            raise error
        self.sent.append(command)

    def told(self) -> list[tuple[str, str, str]]:
        """Type, outcome and error of each."""
        bodies = [SESSION_CATALOG.decode_command(one.type, one.type_version, bytes(one.data)) for one in self.sent]
        return [(body.TYPE, getattr(body, "outcome", ""), getattr(body, "error", "")) for body in bodies]


async def rebuild(log: Log, code: int = 0, error: BaseException | None = None, *, before: bool = True) -> None:
    async with told(log.trail, "rebuild", "analytics.jobs-projector", OPTIONS, before=before) as operation:
        if error is not None:
            raise error
        assert operation.ended(code) == code


BEGUN = ("BeginOperation", "", "")


async def test_an_act_is_told_before_and_after_with_what_came_of_it() -> None:
    for code, outcome in ((0, "done"), (1, "wrong"), (2, "failed")):
        log = Log()
        await rebuild(log, code)
        assert log.told() == [BEGUN, ("EndOperation", outcome, "")]


@pytest.mark.parametrize(
    ("error", "outcome", "kind"),
    [
        (Conflict("SECRET text"), "failed", "Conflict"),
        (ZeroDivisionError("SECRET text"), "failed", "ZeroDivisionError"),
        (asyncio.CancelledError(), "interrupted", ""),
        (KeyboardInterrupt(), "interrupted", ""),
    ],
)
async def test_an_act_that_does_not_end_well_is_told_by_the_kind_of_its_error_alone_and_the_error_goes_on(
    error: BaseException, outcome: str, kind: str
) -> None:
    log = Log()
    with pytest.raises(type(error)):
        await rebuild(log, error=error)
    assert log.told() == [BEGUN, ("EndOperation", outcome, kind)]
    assert b"SECRET" not in b"".join(bytes(one.data) for one in log.sent)


async def test_what_brings_a_log_is_told_when_there_is_one() -> None:
    log = Log()
    await rebuild(log, before=False)
    assert log.told() == [("EndOperation", "done", "")]


AWAY = Unavailable("kafka", "no broker answers")


async def test_an_act_goes_on_where_the_log_is_away_and_says_that_it_is_not_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await rebuild(Log(AWAY, StackError("nothing runs here")), code=1)
    out, err = capsys.readouterr()
    assert out == ""
    begins, ended = err.splitlines()
    assert "`rebuild analytics.jobs-projector` begins" in begins
    assert "no broker answers" in begins
    assert "ended (wrong): nothing runs here. Note yourself who did it" in ended


async def test_an_end_is_told_though_the_beginning_was_not(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(AWAY)
    await rebuild(log)
    assert log.told() == [("EndOperation", "done", "")]
    assert capsys.readouterr().err.count("does not tell") == 1


@pytest.mark.req(69)
async def test_the_trail_tells_who_did_what_to_what_and_the_log_has_it_as_events() -> None:
    world, log = World(), Log()
    await rebuild(log, 1)
    world.deliver(log.sent)
    begun, ended = [row for row in await world.rows("platform.session_audit") if row["category"] == "operation"]
    assert {row["actor"] for row in (begun, ended)} == {"operator:ada"}
    assert {(row["tenant_id"], row["outcome"]) for row in (begun, ended)} == {("operators", "applied")}
    assert [row["events"] for row in (begun, ended)] == [["operation.begun"], ["operation.ended"]]
    said = {"action": "rebuild", "target": "analytics.jobs-projector", "options": list(OPTIONS)}
    assert begun["details"] == said
    assert ended["details"] == {**said, "outcome": "wrong", "error": ""}
    assert begun["subject_id"] == ended["subject_id"]
    assert begun["stream"] == ended["stream"]


async def test_what_is_too_long_is_told_as_far_as_it_fits() -> None:
    log = Log()
    async with told(log.trail, "backup", "/" + "a" * 5_000, ["b" * 5_000], before=True):
        pass
    assert log.told() == [BEGUN, ("EndOperation", "done", "")]


def test_an_operator_is_who_the_operating_system_says_he_is_whatever_his_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = operator()
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, "mallory")
    assert operator() == known != "mallory"


def a_line(began: int | None, ended: int | None, **changed: object) -> str:
    """How an operation is shown that began and ended so many seconds past noon."""
    moments = [None if one is None else NOON + timedelta(seconds=one) for one in (began, ended)]
    done = Done("ada", "rebuild", "analytics.jobs-projector", ("approve",), "done", "", *moments)
    return str(done._replace(**changed))


def test_a_line_tells_who_did_what_when_and_what_came_of_it() -> None:
    words = "2026-11-20 12:00:00  ada  rebuild analytics.jobs-projector --approve"
    assert a_line(0, 90) == f"{words}  done after 90.0 s"
    assert a_line(None, 0) == f"{words}  done"
    assert a_line(0, 5, outcome="failed", error="Conflict") == f"{words}  failed after 5.0 s (Conflict)"
    assert a_line(0, None, outcome="") == f"{words}  has not ended: it goes on, or it was killed"

"""Facts about jobs: a time for each milestone, a row for each attempt, what providers took, the seed's words."""

from datetime import timedelta

from contracts.rendering import Stage, Usage
from services.analytics.projections import api_usage, jobs, stage_attempts, wallet
from tests.analytics.stories import (
    FILM,
    NOON,
    SHA256,
    approved,
    claimed,
    completed,
    done,
    failed,
    queued,
    released,
    retried,
    rows,
    stage_failed,
)

SPEECH, SCENES, VIDEO = Stage.SPEECH, Stage.SCENES, Stage.VIDEO
USAGE = Usage(provider="p", model="m", operation="script", prompt_tokens=10, completion_tokens=20, cost_micro_usd=300)
FILMED = [
    queued(SPEECH, SCENES, VIDEO, held=True),
    approved(),
    claimed(1),
    done(SPEECH),
    done(SCENES),
    done(VIDEO),
    completed(),
]


def attempts(*events: object) -> list[tuple[str, int, str, int | None]]:
    """(stage, number, outcome, epoch) of each row."""
    found = rows(stage_attempts.PROJECTION, events)  # pyright: ignore[reportArgumentType]
    return [(row["stage"], row["number"], row["outcome"], row["epoch"]) for row in found]


def test_a_job_has_a_time_for_each_milestone_and_its_lags() -> None:
    [row] = rows(jobs.PROJECTION, FILMED)
    assert row["status"] == "completed"
    assert [
        row[name] for name in ("queued_at", "approved_at", "claimed_at", "voiced_at", "planned_at", "rendered_at")
    ] == [NOON + timedelta(seconds=n) for n in range(6)]
    assert (row["queue_wait_ms"], row["total_ms"], row["points"], row["duration_ms"]) == (2_000, 6_000, 1, 9_600)


def test_what_providers_took_is_added_up() -> None:
    [row] = rows(jobs.PROJECTION, [queued(SPEECH, VIDEO), claimed(1), done(SPEECH, 1, USAGE, USAGE)])
    assert row["cost_micro_usd"] == 600


def test_a_retried_job_is_no_longer_failed() -> None:
    story = [queued(VIDEO), claimed(1), stage_failed(VIDEO, again=False), failed(VIDEO)]
    [row] = rows(jobs.PROJECTION, story)
    assert (row["status"], row["error_code"], row["error_stage"]) == ("failed", "video.killed", "video")
    [row] = rows(jobs.PROJECTION, [*story, retried()])
    assert (row["status"], row["error_code"], row["ended_at"], row["runs"]) == ("queued", None, None, 2)


def test_each_stage_begins_where_the_one_before_ended() -> None:
    found = {row["stage"]: row for row in rows(stage_attempts.PROJECTION, FILMED)}
    assert [found[stage]["latency_ms"] for stage in ("speech", "scenes", "video")] == [1_000, 1_000, 1_000]
    assert found["scenes"]["started_at"] == found["speech"]["finished_at"]


def test_a_failed_attempt_is_followed_by_another_of_the_same_stage() -> None:
    assert attempts(queued(VIDEO), claimed(1), stage_failed(VIDEO, again=True), claimed(2), done(VIDEO, 2)) == [
        ("video", 1, "failed", 1),
        ("video", 2, "completed", 2),
    ]


def test_an_attempt_of_a_worker_that_vanished_is_lost() -> None:
    assert attempts(queued(VIDEO), claimed(1), claimed(2, takeover=True), done(VIDEO, 2)) == [
        ("video", 1, "lost", 1),
        ("video", 2, "completed", 2),
    ]


def test_a_job_that_was_given_back_is_begun_again() -> None:
    assert attempts(queued(VIDEO), claimed(1), released(1), claimed(2)) == [
        ("video", 1, "released", 1),
        ("video", 2, "running", 2),
    ]


def test_after_a_retry_the_stage_that_failed_is_the_one_at_work() -> None:
    story = (
        queued(SPEECH, VIDEO),
        claimed(1),
        stage_failed(SPEECH, again=False),
        failed(SPEECH),
        retried(),
        claimed(2),
    )
    assert attempts(*story) == [
        ("speech", 1, "failed", 1),
        ("speech", 2, "running", 2),
        ("video", 1, "waiting", None),
    ]


def test_a_stopped_attempt_is_tried_again_after_a_retry() -> None:
    story = (queued(SPEECH, VIDEO), claimed(1), failed(SPEECH))
    assert attempts(*story) == [("speech", 1, "stopped", 1), ("video", 1, "waiting", None)]
    assert attempts(*story, retried(), claimed(2))[:2] == [("speech", 1, "stopped", 1), ("speech", 2, "running", 2)]


def test_a_stage_that_nobody_may_begin_for_want_of_points_is_held_and_begun_by_the_next_claim() -> None:
    script = Stage.SCRIPT
    story = (queued(script, SPEECH, SCENES, held=True), claimed(1), done(script))
    assert attempts(*story) == [
        ("scenes", 1, "held", None),
        ("script", 1, "completed", 1),
        ("speech", 1, "held", None),
    ]
    assert attempts(*story, approved(), claimed(2)) == [
        ("scenes", 1, "waiting", None),
        ("script", 1, "completed", 1),
        ("speech", 1, "running", 2),
    ]


def test_each_use_of_a_provider_is_a_row() -> None:
    found = rows(
        api_usage.PROJECTION, [queued(SPEECH, VIDEO), claimed(1), done(SPEECH, 1, USAGE, USAGE), done(VIDEO, 1, USAGE)]
    )
    assert [(row["stage"], row["number"]) for row in found] == [("speech", 1), ("speech", 2), ("video", 3)]
    assert sum(row["cost_micro_usd"] for row in found) == 900


def test_the_script_of_a_wallets_job_goes_when_its_film_is_there() -> None:
    [before] = rows(wallet.JOBS, FILMED[:-1])
    [after] = rows(wallet.JOBS, FILMED)
    assert (before["status"], before["script_body"]) == ("generating", "Tides rise.")
    assert (after["status"], after["script_body"]) == ("completed", "")


def test_a_film_is_a_row_that_names_its_bytes() -> None:
    [row] = rows(wallet.VIDEOS, FILMED)
    assert (row["video_id"], row["sha256"], row["duration_sec"], row["format"]) == (FILM, SHA256, 10, "mp4")

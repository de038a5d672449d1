"""One trace holds a film: the request, the commands that follow, the projections and the worker's stages."""

from pathlib import Path

import pytest

from ops.stack.endpoints import Endpoints
from tests.live.company import RENDER_SECONDS, company
from tests.live.otlp import Collector, collector
from tests.live.test_films import staffed
from tests.waiting import eventually

pytestmark = pytest.mark.live

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
CANARY = "Zanzibar"
STEPS = {
    ("playhead-gateway", "POST /v1/sessions"),
    ("playhead-session", "decide StartSession"),
    ("playhead-session", "project StartSession"),
    ("playhead-session", "ask QueueJob"),
    ("playhead-render", "decide QueueJob"),
    ("playhead-render", "project QueueJob"),
    ("playhead-analytics", "project StartSession"),
    ("playhead-worker", "stage script"),
    ("playhead-render", "decide CompleteStage"),
    ("playhead-session", "decide RecordStage"),
    ("playhead-session", "project RecordStage"),
}


async def test_a_films_trace_holds_every_service_and_tells_no_words(stack: Endpoints, tmp_path: Path) -> None:
    with collector() as heard:
        told = {"OTEL_EXPORTER_OTLP_ENDPOINT": heard.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        async with company(stack, tmp_path, seals=False, **told) as services, staffed(services) as client:
            answer = await client.post(
                "/v1/sessions",
                json={"prompt": f"Why is {CANARY} warm?", "stages": ["refine", "script"]},
                headers={"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"},
            )
            assert answer.status_code == 202, answer.text
            await eventually(lambda: _whole(heard), RENDER_SECONDS, 0.2)
            untraced = await client.get("/v1/me", headers={"traceparent": f"00-{'1' * 32}-{'2' * 16}-00"})
            assert untraced.is_success
        assert not heard.spans("1" * 32), "whoever sampled it away decided for all of it"
        assert not any(CANARY.encode() in body for body in heard.bodies)


async def _whole(heard: Collector) -> bool:
    found = {(service, span.name) for service, span in heard.spans(TRACE_ID)}
    assert len(found) < 200
    return found >= STEPS

"""`playhead demo`: from a prompt to a finished video on this machine, with the proof on the way."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg
import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from contracts.rendering import STAGES
from eventlog.read.mongo import MongoDatabase
from ops.commands.reach import documents, endpoints, gateway_url
from ops.commands.stack import down, up
from ops.processes import DEMO_KEY_FILE
from ops.settings import OpsSettings
from ops.stack.part import StackError
from ops.state import is_supervisor, read_state

PROMPT = "Explain the Pythagorean theorem to a curious teenager"
RENDER_SECONDS = 600.0
OVER = frozenset({"completed", "failed", "canceled", "expired", "deleted"})
ROWS = (
    ("analytics.fact_job", "SELECT * FROM analytics.fact_job WHERE job_id = $1"),
    (
        "analytics.fact_stage_attempt",
        "SELECT * FROM analytics.fact_stage_attempt WHERE job_id = $1 ORDER BY started_at",
    ),
)
SHOWN_CHARACTERS = 110
DEMO_TENANT = "demo"


async def demo(*, once: bool = False, prompt: str = PROMPT, kind: str = "slides", aspect: str = "16:9") -> int:
    """Start everything, make one video, show what was recorded on the way.

    Parameters
    ----------
    once
        Stop everything afterwards; otherwise the page stays open until Ctrl-C.
    prompt
        What the video is about.
    kind
        slides, scrolling_script or, where the extra of that name is installed, manim.
    aspect
        16:9, 9:16 or 1:1.
    """
    settings = OpsSettings()
    console = Console()
    console.rule("[bold]Playhead")
    began = monotonic()
    ours = not _is_up(settings)
    await up()
    try:
        async with _client(settings) as client:
            session_id = await _ask(client, console, began, {"prompt": prompt, "kind": kind, "aspect": aspect})
            document = await _watch(client, console, session_id)
            if document["status"] != "completed":
                raise StackError(f"the session ended as {document['status']}: {document['errorMessage']}")
            video = await _download(client, document, settings.data_dir / "demo")
            await _show_history(client, console, session_id)
        await _show_stores(console, settings, document)
        if not once:
            console.print(f"\nThe page is open at {gateway_url(settings)} — Ctrl-C stops everything.")
            console.print(str(video), soft_wrap=True)
            await _interrupted()
    finally:
        if ours:
            await down()
    if once:
        console.print(str(video), soft_wrap=True, highlight=False)
    return 0


def _is_up(settings: OpsSettings) -> bool:
    state = read_state(settings.data_dir)
    return state is not None and is_supervisor(state["pid"])


@asynccontextmanager
async def _client(settings: OpsSettings) -> AsyncGenerator[httpx.AsyncClient]:
    key = (settings.data_dir / DEMO_KEY_FILE).read_text().strip()
    async with httpx.AsyncClient(
        base_url=gateway_url(settings), headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False
    ) as client:
        yield client


async def _ask(client: httpx.AsyncClient, console: Console, began: float, wish: Mapping[str, str]) -> str:
    console.print(f"\n[bold]Prompt[/] {wish['prompt']}")
    answer = await client.post("/v1/sessions", json=dict(wish))
    if answer.status_code != httpx.codes.ACCEPTED.value:
        raise StackError(f"the gateway answered {answer.status_code}: {answer.text}")
    accepted = answer.json()
    console.print(f"202 Accepted after {monotonic() - began:.1f} s: command {accepted['commandId']}")
    return accepted["links"]["session"].rpartition("/")[2]


async def _watch(client: httpx.AsyncClient, console: Console, session_id: str) -> dict[str, Any]:
    """Follow the session with a bar a stage until it is over."""
    columns = (TextColumn("{task.description:>8}"), BarColumn(40), TaskProgressColumn(), TimeElapsedColumn())
    document: dict[str, Any] = {"status": "created"}
    with Progress(*columns, console=console) as progress:
        bars = {stage.value: progress.add_task(stage.value, total=100, start=False) for stage in STAGES}
        async with asyncio.timeout(RENDER_SECONDS):
            while document["status"] not in OVER:
                answer = await client.get(f"/v1/sessions/{session_id}")
                if answer.status_code == httpx.codes.OK.value:
                    document = answer.json()
                    _draw(progress, bars, document)
                await asyncio.sleep(0.2)
    return document


def _draw(progress: Progress, bars: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    news = document.get("progress") or {}
    for stage in document["stages"]:
        bar = bars[stage["name"]]
        if stage["status"] in ("running", "done"):
            progress.start_task(bar)
        if stage["status"] == "done":
            progress.update(bar, completed=100)
        elif news.get("stage") == stage["name"] and stage["status"] == "running":
            progress.update(bar, completed=news.get("stagePercent", news["percent"]))


async def _download(client: httpx.AsyncClient, document: Mapping[str, Any], folder: Path) -> Path:
    answer = await client.get(document["videoFilePath"])
    answer.raise_for_status()
    name = re.sub(r"[^a-z0-9]+", "-", document["title"].lower()).strip("-")[:60] or "video"
    path = (folder / f"{name}-{document['sessionId'][-6:]}.mp4").resolve()
    await asyncio.to_thread(_write, path, answer.content)
    return path


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


async def _show_history(client: httpx.AsyncClient, console: Console, session_id: str) -> None:
    answer = await client.get(f"/v1/sessions/{session_id}/history", params={"limit": 100})
    answer.raise_for_status()
    table = Table("v", "event", "at", "what", title="The events that made it", title_justify="left")
    for row in sorted(answer.json()["items"], key=lambda row: row["version"]):
        table.add_row(str(row["version"]), row["type"], row["at"][11:23], _short(row["data"]))
    console.print(table)


async def _show_stores(console: Console, settings: OpsSettings, document: Mapping[str, Any]) -> None:
    where = endpoints(settings)
    database = MongoDatabase.connect(where.mongodb, documents(settings), application="playhead-demo")
    try:
        stored = await database.of_tenant("sessions", DEMO_TENANT).find_one({"sessionId": document["sessionId"]})
    finally:
        database.close()
    console.print("\n[bold]The MongoDB document")
    for name, value in (stored or {}).items():
        console.print(f"  {name}: {_short(value)}", highlight=False, soft_wrap=True, markup=False)
    connection = await asyncpg.connect(where.postgres, timeout=10)
    try:
        for title, query in ROWS:
            for job_id in document["jobs"]:
                await _show_rows(console, title, await connection.fetch(query, job_id))
    finally:
        await connection.close(timeout=10)


async def _show_rows(console: Console, title: str, rows: Sequence[asyncpg.Record]) -> None:
    console.print(f"\n[bold]{title}")
    for row in rows:
        told = {name: value for name, value in row.items() if value is not None}
        console.print("  " + "  ".join(f"{name}={_short(value)}" for name, value in told.items()), markup=False)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


async def _interrupted() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    await stop.wait()

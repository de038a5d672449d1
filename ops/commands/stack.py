"""`playhead up | down | status`: the stack and the services on this machine."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from eventlog import clock
from ops.settings import PROJECT, OpsSettings
from ops.stack.part import StackError
from ops.state import is_supervisor, read_state

UP_SECONDS = 240.0
DOWN_SECONDS = 40.0
POLL_SECONDS = 0.1

FINE, WRONG, AWAY = 0, 1, 3


async def up(*, parts_only: bool = False) -> int:
    """Start what is not running, in the background, and wait until all of it works."""
    settings = OpsSettings()
    console = Console(stderr=True)
    if (state := _live(settings.data_dir)) is not None and state["state"] == "ready":
        console.print("Everything is up already.")
        _print_addresses(state)
        return FINE
    if state is None:
        _start_supervisor(settings, parts_only=parts_only)
    ready = await wait_ready(settings, console)
    for remark in ready["remarks"]:
        console.print(f"note: {remark}")
    _print_addresses(ready)
    return FINE


async def down() -> int:
    """Stop the services, then the parts; return when nothing is left."""
    settings = OpsSettings()
    state = _live(settings.data_dir)
    if state is None:
        print("Nothing runs.")
        return FINE
    os.kill(state["pid"], signal.SIGTERM)
    with Console(stderr=True).status("stopping"):
        async with asyncio.timeout(DOWN_SECONDS):
            while is_supervisor(state["pid"]):  # noqa: ASYNC110 - another process is looked at, it does not call
                await asyncio.sleep(POLL_SECONDS)
    print("Everything is down; the data is kept.")
    return FINE


def status(*, as_json: bool = False) -> int:
    """What runs, where, for how long, in how much memory. Exit 0: all fine, 1: something is wrong, 3: nothing runs."""
    settings = OpsSettings()
    state = _live(settings.data_dir)
    if state is None:
        print(json.dumps({"state": "down"}) if as_json else "Nothing runs. `playhead up` starts it.")
        return AWAY
    for process in state["processes"]:
        process["rss_mb"] = _rss_mb(process["pid"])
    if as_json:
        print(json.dumps(state, indent=1))
    else:
        Console().print(_table(state))
        for line in (state["problem"], *state["remarks"]):
            if line:
                print(line)
    healthy = state["state"] == "ready" and all(process["state"] == "ready" for process in state["processes"])
    return FINE if healthy else WRONG


async def wait_ready(settings: OpsSettings, console: Console) -> dict[str, Any]:
    """Show what is being started until it works; `StackError` with the reason when it does not."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bars: dict[str, Any] = {}
        async with asyncio.timeout(UP_SECONDS):
            while True:
                state = read_state(settings.data_dir)
                if state is not None and state["state"] == "failed":
                    raise StackError(state["problem"])
                if state is not None and is_supervisor(state["pid"]):
                    if state["state"] == "ready":
                        return state
                    _draw(progress, bars, state)
                await asyncio.sleep(POLL_SECONDS)


def _draw(progress: Progress, bars: dict[str, Any], state: dict[str, Any]) -> None:
    done, of = state["fetched"]
    rows = [(process["name"], float(process["state"] == "ready"), 1.0) for process in state["processes"]]
    if of and done < of:
        rows.insert(0, ("fetching Kafka", float(done), float(of)))
    for name, completed, total in rows:
        if name not in bars:
            bars[name] = progress.add_task(name, total=total)
        progress.update(bars[name], completed=completed)


def _start_supervisor(settings: OpsSettings, *, parts_only: bool) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    (settings.data_dir / "stack.json").unlink(missing_ok=True)
    log = settings.data_dir / "logs" / "supervisor.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        subprocess.Popen(
            (sys.executable, "-m", "ops.supervisor", *(["--parts-only"] if parts_only else [])),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _live(data_dir: Path) -> dict[str, Any] | None:
    """The state, if its supervisor is alive."""
    state = read_state(data_dir)
    return state if state is not None and is_supervisor(state["pid"]) else None


def _print_addresses(state: dict[str, Any]) -> None:
    for process in state["processes"]:
        if process["name"] == "gateway":
            print(f"Playhead is at {process['url']}")
    for name in sorted(state["endpoints"]):
        if name != "DATABASE_URL":
            print(f"{name}={state['endpoints'][name]}")


def _table(state: dict[str, Any]) -> Table:
    table = Table("process", "pid", "port", "state", "up for", "restarts", "memory")
    for process in state["processes"]:
        up_for = clock.now() - datetime.fromisoformat(process["since"])
        table.add_row(
            process["name"],
            str(process["pid"]),
            str(process["port"]),
            process["state"],
            str(up_for).partition(".")[0],
            str(process["restarts"]),
            f"{process['rss_mb']} MB",
        )
    return table


def _rss_mb(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000

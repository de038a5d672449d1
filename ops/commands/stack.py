"""`playhead up | down | status`: the stack and the services on this machine."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ops.commands.answering import ask_all
from ops.commands.table import memory_mb, table
from ops.settings import PROJECT, OpsSettings
from ops.stack.child import rotate
from ops.stack.part import StackError
from ops.state import is_supervisor, live_state, read_state

UP_SECONDS = 300.0
DOWN_SECONDS = 60.0
POLL_SECONDS = 0.1
LOG_LINES = 20

FINE, WRONG, AWAY = 0, 1, 3

AsJson = Annotated[bool, Parameter(name="--json", negative="")]


async def up(*, parts_only: bool = False, as_json: AsJson = False) -> int:
    """Start what is not running, in the background, and wait until all of it works.

    Parameters
    ----------
    parts_only
        Kafka, MongoDB, PostgreSQL and Valkey without Playhead's services.
    as_json
        Print what runs as one JSON object.
    """
    settings = OpsSettings()
    console = Console(stderr=True)
    state = live_state(settings.data_dir)
    started: subprocess.Popen[bytes] | None = None
    if state is None:
        started = _start_supervisor(settings, parts_only=parts_only)
    elif not parts_only and "gateway" not in state["expected"]:
        os.kill(state["pid"], signal.SIGUSR1)
    elif state["state"] == "ready":
        console.print("Everything is up already.")
    ready = await _wait_ready(settings, console, started, services=not parts_only)
    for remark in ready["remarks"]:
        console.print(f"note: {remark}", highlight=False, markup=False)
    _print_addresses(ready, as_json=as_json)
    return FINE


async def down(*, as_json: AsJson = False) -> int:
    """Stop the services, then the parts; return when nothing is left. The data is kept."""
    settings = OpsSettings()
    state = live_state(settings.data_dir)
    if state is not None:
        os.kill(state["pid"], signal.SIGTERM)
        with Console(stderr=True).status("stopping"):
            try:
                async with asyncio.timeout(DOWN_SECONDS):
                    while is_supervisor(state["pid"]):  # noqa: ASYNC110 - another process is looked at, it does not call
                        await asyncio.sleep(POLL_SECONDS)
            except TimeoutError:
                raise StackError(
                    f"process {state['pid']} has not stopped within {DOWN_SECONDS:.0f} s; the end of its log:\n"
                    f"{_log_tail(settings)}\n`kill -9 {state['pid']}` ends it and all that it started."
                ) from None
    said = "Nothing runs." if state is None else "Everything is down; the data is kept."
    print(json.dumps({"state": "down", "stopped": state is not None}) if as_json else said)
    return FINE


def status(*, as_json: AsJson = False) -> int:
    """What runs, where, for how long, in how much memory. Exit 0: all fine, 1: something is wrong, 3: nothing runs."""
    settings = OpsSettings()
    state = live_state(settings.data_dir)
    if state is None:
        problem = (read_state(settings.data_dir) or {}).get("problem", "")
        if as_json:
            print(json.dumps({"state": "down", "problem": problem}))
        else:
            print("Nothing runs. `playhead up` starts it.")
            print(f"The last start failed: {problem}" if problem else "", end="\n" if problem else "")
        return AWAY
    state["troubles"] = ask_all(state["processes"])
    for process in state["processes"]:
        process["memory_mb"] = memory_mb(process["pid"])
    if as_json:
        print(json.dumps(state, indent=1))
    else:
        Console().print(table(state))
        for line in filter(None, (state["doing"], state["problem"], *state["remarks"], *state["troubles"])):
            print(line)
    working = {process["name"] for process in state["processes"] if process["state"] == "ready"}
    return FINE if state["state"] == "ready" and len(working) == len(state["processes"]) else WRONG


async def _wait_ready(
    settings: OpsSettings, console: Console, started: "subprocess.Popen[bytes] | None", *, services: bool
) -> dict[str, Any]:
    """Show what is being started until it works; `StackError` with the reason when it does not."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    try:
        async with asyncio.timeout(UP_SECONDS):
            with Progress(*columns, console=console, transient=True) as progress:
                bars: dict[str, TaskID] = {}
                while True:
                    state = read_state(settings.data_dir)
                    if started is not None and (code := started.poll()) is not None:
                        raise StackError(_why_not_started(settings, started.pid, code))
                    if state is not None and is_supervisor(state["pid"]):
                        if state["state"] == "ready" and (not services or "gateway" in state["expected"]):
                            return state
                        _draw(progress, bars, state)
                    elif started is None:
                        raise StackError((state or {}).get("problem") or "it was stopped while it started")
                    await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise StackError(
            f"not everything works after {UP_SECONDS:.0f} s; `playhead status` shows what, `playhead down` stops it. "
            f"The end of its log:\n{_log_tail(settings)}"
        ) from None


def _why_not_started(settings: OpsSettings, pid: int, code: int) -> str:
    state = read_state(settings.data_dir)
    if state is not None and state["pid"] == pid and state["problem"]:
        return state["problem"]
    said = _log_tail(settings)
    return said if code == 1 and "Traceback" not in said else f"the supervisor ended with exit code {code}:\n{said}"


def _draw(progress: Progress, bars: dict[str, TaskID], state: dict[str, Any]) -> None:
    working = {process["name"] for process in state["processes"] if process["state"] == "ready"}
    done, of = state["fetched"]
    rows = [(name, float(name in working), 1.0) for name in state["expected"]]
    if (of and done < of) or "Kafka's jars" in bars:
        rows.append(("Kafka's jars", float(done), float(of)))
    for name, completed, total in rows:
        if name not in bars:
            bars[name] = progress.add_task(name, total=total)
        progress.update(bars[name], completed=completed)


def _start_supervisor(settings: OpsSettings, *, parts_only: bool) -> "subprocess.Popen[bytes]":
    log = settings.data_dir / "logs" / "supervisor.log"
    try:
        rotate(log)
        out = log.open("wb")
    except OSError as error:
        raise StackError(
            f"the data folder {settings.data_dir} cannot be written: {error.strerror}. Make it writable, or name "
            "another with PLAYHEAD_DATA."
        ) from error
    with out:
        return subprocess.Popen(
            (
                *(sys.executable, "-m", "ops.supervisor", "--data", str(settings.data_dir)),
                *(["--parts-only"] if parts_only else []),
            ),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _log_tail(settings: OpsSettings) -> str:
    log = settings.data_dir / "logs" / "supervisor.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:]) if log.exists() else ""


def _print_addresses(state: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(state, indent=1))
        return
    for process in state["processes"]:
        if process["name"] == "gateway":
            print(f"Playhead is at {process['url']}")
    for name, url in sorted(state["endpoints"].items()):
        # That one has the password in it; the file stack.json in the data folder has them all.
        if name != "DATABASE_URL" and url:
            print(f"{name}={url}")

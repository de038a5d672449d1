"""What runs, as a table for people."""

from datetime import datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from eventlog import clock


def table(state: dict[str, Any]) -> Table:
    """A row for each process, and one for each part that is given by a URL."""
    rows = Table("process", "pid", "port", "state", "up for", "restarts", "memory")
    for name in state["given"]:
        rows.add_row(name, "", "", "given by URL", "", "", "")
    for process in state["processes"]:
        up_for = clock.now() - datetime.fromisoformat(process["since"])
        rows.add_row(
            process["name"],
            str(process["pid"]),
            str(process["port"]),
            process["state"],
            str(up_for).partition(".")[0],
            str(process["restarts"]),
            f"{process['memory_mb']} MB",
        )
    return rows


def memory_mb(pid: int) -> int:
    """What it and the processes that it started occupy; shared pages count once among those who share them."""
    parents = {child: parent for child, parent in map(_parent, _pids()) if parent}
    family = [child for child in parents if _descends(child, pid, parents)]
    return sum(map(_proportional_kb, family)) * 1024 // 1_000_000


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> tuple[int, int]:
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    except (FileNotFoundError, ProcessLookupError):
        return pid, 0
    return pid, int(after_name.split()[1])


def _descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid in parents and pid != ancestor:
        pid = parents[pid]
    return pid == ancestor


def _proportional_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)

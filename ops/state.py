"""What the supervisor of a data folder tells in its file, for whoever looks from outside."""

import json
from pathlib import Path
from typing import Any

STATE_FILE = "stack.json"


def read_state(data_dir: Path) -> dict[str, Any] | None:
    """What the supervisor of this folder last told; None where none runs and none has failed."""
    try:
        return json.loads((data_dir / STATE_FILE).read_text())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None


def write_state(data_dir: Path, state: dict[str, Any]) -> None:
    """Whole or not at all, and for its owner alone: the addresses hold a password."""
    fresh = data_dir / f"{STATE_FILE}.new"
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(state, indent=1))
    fresh.replace(data_dir / STATE_FILE)


def is_supervisor(pid: int) -> bool:
    """Whether this process is a supervisor, and not a stranger that got its number since."""
    try:
        return b"ops.supervisor" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def live_state(data_dir: Path) -> dict[str, Any] | None:
    """The state, if its supervisor is alive."""
    state = read_state(data_dir)
    return state if state is not None and is_supervisor(state["pid"]) else None

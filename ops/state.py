"""What the supervisor of a data folder tells in its file, for whoever looks from outside."""

import json
from pathlib import Path
from typing import Any

STATE_FILE = "stack.json"


def read_state(data_dir: Path) -> dict[str, Any] | None:
    """What the supervisor of this folder last told; None where none runs and none has failed."""
    try:
        return json.loads((data_dir / STATE_FILE).read_text())
    except FileNotFoundError:
        return None


def is_supervisor(pid: int) -> bool:
    """Whether this process is a supervisor, and not a stranger that got its number since."""
    try:
        return b"ops.supervisor" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False

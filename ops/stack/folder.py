"""The data folder: one launcher at a time, and room to write."""

import fcntl
import os
import shutil
from pathlib import Path

from ops.stack.part import StackError

LEAST_FREE_BYTES = 1_000_000_000


class DataFolder:
    """Held by one process through a lock that the kernel lets go of when that process ends, however it ends."""

    def __init__(self, path: Path, least_free: int = LEAST_FREE_BYTES) -> None:
        self.path = path.resolve()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise StackError(
                f"the data folder {self.path} cannot be written: {error.strerror}. Make it writable, or name another "
                "with PLAYHEAD_DATA."
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            self.close()
            raise StackError(
                f"the data folder {self.path} is in use by process {holder}. Stop it with `playhead down`, or name "
                "another folder with PLAYHEAD_DATA."
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        free = shutil.disk_usage(self.path).free
        if free < least_free:
            self.close()
            raise StackError(
                f"{free // 1_000_000} MB are free for {self.path}; the stack needs {least_free // 1_000_000} MB. "
                "Free some, or name a folder on another disk with PLAYHEAD_DATA."
            )

    def close(self) -> None:
        """Let another launcher have it."""
        self._lock.close()

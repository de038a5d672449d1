"""A folder of this process to work in. Whoever starts removes those whose process is gone.

A lock file stands beside each folder. The operating system lets a lock go when its process dies, however it dies, so
a lock that can be taken is that of a dead worker.
"""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def workspace(parent: Path, worker: str) -> Generator[Path]:
    """An empty folder of that name under `parent`, gone afterwards. `OSError` where there is no room for one."""
    parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(parent)
    folder, lock = parent / worker, parent / f"{worker}.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)


def _remove_stale(parent: Path) -> None:
    for lock in parent.glob("*.lock"):
        try:
            descriptor = os.open(lock, os.O_RDWR)
        except FileNotFoundError:
            continue  # its owner has just removed it
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # its owner lives
        else:
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

"""Files that survive a power cut: written beside, flushed, given their name, and the folder flushed too.

Everything here blocks; call it in a thread.
"""

import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

INCOMING = "incoming"
"""Where files grow. What an interrupted process left there has no name, and is nobody's."""


@contextmanager
def beside(root: Path, target: Path, name: Callable[[Path, Path], object]) -> Generator[int]:
    """A descriptor for what `target` is to hold. `name(file, target)` gives it its name once it is whole and flushed.

    `Path.replace` takes the place of what was there; `os.link` raises `FileExistsError` instead. Without a name, for
    whatever reason, nothing is left.
    """
    incoming = root / INCOMING
    incoming.mkdir(parents=True, exist_ok=True)
    descriptor, path = tempfile.mkstemp(dir=incoming)
    file = Path(path)
    try:
        try:
            yield descriptor
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _make_parents(root, target.parent)
        name(file, target)
        flush_folder(target.parent)
    finally:
        file.unlink(missing_ok=True)


def write_all(descriptor: int, content: bytes) -> None:
    """All of it, in however many pieces the system takes it."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def flush_folder(folder: Path) -> None:
    """So that the names in it last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_parents(root: Path, folder: Path) -> None:
    if folder.exists():
        return
    if folder != root:
        _make_parents(root, folder.parent)
    folder.mkdir(parents=True, exist_ok=True)
    flush_folder(folder.parent)

"""A process that cannot outlive the one that started it."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
UNPRIVILEGED = 65534
LOG_BYTES = 10 * 1024 * 1024
TAIL_LINES = 12

_libc = ctypes.CDLL(None, use_errno=True)


class Child:
    """One running program, its output in a log file, in a process group of its own."""

    def __init__(
        self, name: str, argv: tuple[str, ...], environment: Mapping[str, str], log: Path, *, unprivileged: bool = False
    ) -> None:
        self.name = name
        self.log = log
        rotate(log)
        with log.open("ab") as out:
            self._start_of_log = out.tell()
            self._process = subprocess.Popen(
                argv,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_dies_unprivileged if unprivileged and os.geteuid() == 0 else _dies_with_parent,  # noqa: PLW1509 - no threads hold locks here: the launcher forks from its main thread
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program itself."""
        if self.exit_code() is None:
            self._process.send_signal(number)

    def kill_group(self) -> None:
        """End it and all that it started, now."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def tail(self) -> str:
        """The last lines that it wrote since it was started."""
        with self.log.open("rb") as file:
            file.seek(self._start_of_log)
            lines = file.read()[-16_384:].decode(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])


def rotate(log: Path) -> None:
    """Keep one older log beside a new one when it has grown large."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))


def run_once(argv: tuple[str, ...], log: Path, *, unprivileged: bool = False) -> tuple[int, str]:
    """Run a program to its end (60 s at most); its exit code and the end of its output."""
    rotate(log)
    with log.open("ab") as out:
        start = out.tell()
        code = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
            preexec_fn=_dies_unprivileged if unprivileged and os.geteuid() == 0 else _dies_with_parent,
        ).returncode
    with log.open("rb") as file:
        file.seek(start)
        return code, file.read()[-4_096:].decode(errors="replace").strip()


def _dies_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _dies_unprivileged() -> None:
    """Become somebody without rights, in a user namespace: files stay ours outside, the program sees no root."""
    user, group = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) == 0:
        for file, content in (
            ("setgroups", "deny"),
            ("gid_map", f"{UNPRIVILEGED} {group} 1"),
            ("uid_map", f"{UNPRIVILEGED} {user} 1"),
        ):
            Path(f"/proc/self/{file}").write_text(content)
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

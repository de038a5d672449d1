"""A process that cannot outlive the one that started it."""

import ctypes
import functools
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534
LOG_BYTES = 10 * 1024 * 1024
TAIL_BYTES = 16_384
TAIL_LINES = 12
RUN_SECONDS = 60.0

_libc = ctypes.CDLL(None, use_errno=True)


class Child:
    """One running program, its output in a log file, in a process group of its own.

    The kernel ends it when the *thread* that started it ends: start what is to last from the main thread.
    """

    def __init__(
        self,
        name: str,
        argv: tuple[str, ...],
        environment: Mapping[str, str],
        log: Path,
        *,
        unprivileged: bool = False,
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
                preexec_fn=leash(unprivileged=unprivileged),  # noqa: PLW1509 - few system calls, no lock
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    def wait(self, seconds: float) -> int:
        """Its exit code; `subprocess.TimeoutExpired` when it has not ended by then."""
        return self._process.wait(seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program itself."""
        if self.exit_code() is None:
            self._process.send_signal(number)

    def step_back(self, nice: int) -> None:
        """Let it, and all that it starts from now on, leave the processors to others: `nice` as of `os.nice`."""
        if not nice:
            return
        own = os.getpriority(os.PRIO_PROCESS, 0)
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PGRP, self._process.pid, min(own + nice, 19))
        # It is a session of its own, and where the kernel weighs sessions it does not look at processes.
        with suppress(OSError), Path(f"/proc/{self._process.pid}/autogroup").open("w") as group:
            group.write(str(nice))

    def kill_group(self) -> None:
        """End it and all that it started, now."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def tail(self) -> str:
        """The last lines that it wrote since it was started."""
        with self.log.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(self._start_of_log, end - TAIL_BYTES))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-TAIL_LINES:])


_runs: list[Child] = []


def rotate(log: Path) -> None:
    """Keep one older log beside a new one when it has grown large."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))


def run_once(argv: tuple[str, ...], log: Path, *, unprivileged: bool = False) -> tuple[int, str]:
    """Run a program to its end (60 s at most, or `end_runs`); its exit code and the end of its output."""
    child = Child(argv[0], argv, os.environ, log, unprivileged=unprivileged)  # noqa: TID251 - handed on as it is
    _runs.append(child)
    try:
        return child.wait(RUN_SECONDS), child.tail()
    finally:
        child.kill_group()
        _runs.remove(child)


def end_runs() -> None:
    """Before this process leaves while threads are in `run_once`: end what they run, with all that it started."""
    for child in tuple(_runs):
        child.kill_group()


def leash(*, unprivileged: bool = False) -> Callable[[], None]:
    """What a new process does before it becomes the program: tie its life to ours, and give up being root if asked."""
    parent = os.getpid()
    drop = unprivileged and os.geteuid() == 0
    own_namespace = drop and user_namespaces()

    def before_the_program() -> None:
        if own_namespace:
            _enter_user_namespace()
        elif drop:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        # After the change of user, which would undo it.
        tie(parent)

    return before_the_program


def tie(parent: int) -> None:
    """End when the thread of this process that has started us ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def hand_over(folder: Path) -> None:
    """Before a program runs unprivileged in this folder: make the folder its own where no user namespace does that."""
    if os.geteuid() == 0 and not user_namespaces():
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, NOBODY, NOBODY)


@functools.cache
def user_namespaces() -> bool:
    """Whether this process may make one; in many containers it may not."""
    try:
        subprocess.run(("/bin/true",), preexec_fn=_enter_user_namespace, check=True, timeout=10)
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def _enter_user_namespace() -> None:
    """Be nobody inside; outside, files and signals stay with the user that we are."""
    user, group = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace")
    for file, content in (("setgroups", "deny"), ("gid_map", f"{NOBODY} {group} 1"), ("uid_map", f"{NOBODY} {user} 1")):
        Path(f"/proc/self/{file}").write_text(content)

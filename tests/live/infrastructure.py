"""Where the live tests find their Kafka, MongoDB, PostgreSQL and Redis.

In this order: URLs in the environment, containers where a Docker engine answers, the local programs. Where none works
the tests fail; they are never skipped.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import docker
from docker.errors import DockerException

from ops.settings import PROJECT
from ops.stack.endpoints import Endpoints
from ops.state import is_supervisor, live_state, read_state
from tests.live.containers import containers

START_SECONDS = 180
STOP_SECONDS = 60
DOCKER_SOCKET = Path("/var/run/docker.sock")
URLS = ("KAFKA_BOOTSTRAP_SERVERS", "MONGODB_URI", "DATABASE_URL")
SHARED = PROJECT / ".playhead" / "test"
"""The folder of the parts; those of a worker have its name behind a hyphen."""
CACHE = PROJECT / ".playhead" / "cache"

_started: dict[int, "subprocess.Popen[bytes]"] = {}
"""The supervisors that this process has started and not yet stopped."""


@contextmanager
def infrastructure(environment: Mapping[str, str], owner: int, worker: str) -> Generator[Endpoints]:
    """The parts, working. `owner`: the process of the whole test run; `worker`: which of its workers asks, if any."""
    if all(environment.get(name) for name in URLS):
        yield named(environment)
    elif docker_answers(environment):
        with containers() as endpoints:
            yield endpoints
    else:
        yield shared_parts(owner, worker)


def shared_parts(owner: int, worker: str) -> Endpoints:
    """The parts that all tests of one worker share; `stop_shared_parts` of the owner stops them.

    Each worker has parts of its own: services of two workers on one log would decide the same commands in turns, and
    logins belong to a whole PostgreSQL. Workers start them one after the other: the first fetches what is missing.
    They stop by themselves, too, when the owner is gone.
    """
    folder = SHARED.with_name(f"{SHARED.name}-{worker}" if worker else SHARED.name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with SHARED.with_name("test.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = live_state(folder)
        if state is not None and state["owner"] == owner and state["state"] == "ready":
            return named(state["endpoints"])
        if state is not None:
            _stop(state["pid"])
        supervisor = _supervisor(folder, owner, {})
        _started[supervisor.pid] = supervisor
        return _ready(folder, supervisor)


def stop_shared_parts(owner: int) -> None:
    """Nothing of them is left afterwards. Does nothing where they were not started."""
    states = [live_state(folder) for folder in (SHARED, *SHARED.parent.glob(f"{SHARED.name}-gw*"))]
    for state in states:
        if state is not None and state["owner"] == owner:
            _stop(state["pid"])


@contextmanager
def local_parts(data_dir: Path, **settings: str) -> Generator[Endpoints]:
    """A supervisor of a test's own, with the parts alone; what is in the folder is kept."""
    supervisor = _supervisor(data_dir, os.getpid(), settings, keep=True)
    try:
        yield _ready(data_dir, supervisor)
    finally:
        supervisor.terminate()
        supervisor.wait(STOP_SECONDS)


def named(urls: Mapping[str, str]) -> Endpoints:
    """The parts at these addresses."""
    return Endpoints(
        kafka=urls["KAFKA_BOOTSTRAP_SERVERS"],
        mongodb=urls["MONGODB_URI"],
        postgres=urls["DATABASE_URL"],
        redis=urls.get("REDIS_URL", ""),
    )


def docker_answers(environment: Mapping[str, str]) -> bool:
    """Whether a Docker engine is there to start containers."""
    if "DOCKER_HOST" not in environment and not DOCKER_SOCKET.exists():
        return False
    try:
        client = docker.from_env(timeout=2)
    except DockerException:
        return False
    try:
        return bool(client.ping())
    except DockerException:
        return False
    finally:
        client.close()


def without_urls() -> dict[str, str]:
    """Our environment for a supervisor that starts all parts itself; the fetched programs are shared."""
    inherited = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - handed on to the supervisor
        if name not in (*URLS, "REDIS_URL")
    }
    return inherited | {"PLAYHEAD_CACHE_DIR": str(CACHE)}


def _supervisor(
    data_dir: Path, owner: int, settings: Mapping[str, str], *, keep: bool = False
) -> "subprocess.Popen[bytes]":
    if not keep:
        shutil.rmtree(data_dir, ignore_errors=True)
    (data_dir / "logs").mkdir(parents=True, exist_ok=True)
    (data_dir / "stack.json").unlink(missing_ok=True)
    arguments = ("--data", str(data_dir), "--parts-only", "--until-exit", str(owner))
    with (data_dir / "logs" / "supervisor.log").open("wb") as out:
        return subprocess.Popen(
            (sys.executable, "-m", "ops.supervisor", *arguments),
            cwd=PROJECT,
            env={**without_urls(), **settings},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _ready(data_dir: Path, supervisor: "subprocess.Popen[bytes]") -> Endpoints:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        state = read_state(data_dir)
        if state is not None and state["state"] == "ready":
            return named(state["endpoints"])
        try:
            code = supervisor.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        said = (data_dir / "logs" / "supervisor.log").read_text(errors="replace")
        raise AssertionError(f"the supervisor ended with exit code {code}:\n{said}")
    supervisor.terminate()
    raise AssertionError(f"the parts did not work within {START_SECONDS} s; see {data_dir}/logs")


def _stop(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    if pid in _started:
        _started.pop(pid).wait(STOP_SECONDS)
        return
    deadline, pause = time.monotonic() + STOP_SECONDS, Event()
    while is_supervisor(pid):
        if time.monotonic() > deadline:
            raise AssertionError(f"supervisor {pid} did not stop within {STOP_SECONDS} s")
        pause.wait(0.05)

"""Kafka's jars: fetched by coordinates, each checked against the hash in `kafka.lock`, kept for the next start.

`python -m ops.stack.kafka_jars` resolves the lock anew from the two roots below.
"""

import fcntl
import hashlib
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ops.stack.part import StackError

LOCK = Path(__file__).with_name("kafka.lock")
# The mark at the end keeps jgo from taking the first for a bill of materials and moving the versions of the second.
ROOTS = ("org.apache.kafka:kafka_2.13:4.3.1!", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4!")
ATTEMPTS = 3
THREADS = 16


class Jar(NamedTuple):
    """`group:artifact:version`, and the SHA-256 that its file must have."""

    coordinates: str
    sha256: str


def locked(text: str) -> list[Jar]:
    """The jars of a lock file: one `coordinates sha256` a line."""
    jars: list[Jar] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 2 or words[0].count(":") != 2 or len(words[1]) != 64:
            raise StackError(f"kafka.lock line {number} is not 'group:artifact:version sha256': {line!r}")
        jars.append(Jar(words[0], words[1]))
    return jars


def sha256(path: Path) -> str:
    """The digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def place(jar: Jar, cache: Path) -> Path:
    """Where the cache keeps it: the layout of every Maven repository."""
    group, artifact, version = jar.coordinates.split(":")
    return cache.joinpath(*group.split("."), artifact, version, f"{artifact}-{version}.jar")


def fetch(jars: Sequence[Jar], cache: Path, report: Callable[[int, int], None]) -> list[Path]:
    """The files of all jars, those that are missing or damaged fetched. `report(done, total)` as they come."""
    if (places := _kept(jars, cache)) is None:
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "fetching.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two who fetch into one cache stumble over one another's files
            places = _kept(jars, cache) or _fetched(jars, cache, report)
    report(len(jars), len(jars))
    return places


def _kept(jars: Sequence[Jar], cache: Path) -> list[Path] | None:
    """The files of all jars, where none is missing or damaged."""
    places = [place(jar, cache) for jar in jars]
    whole = all(path.is_file() and sha256(path) == jar.sha256 for jar, path in zip(jars, places, strict=True))
    return places if whole else None


def _fetched(jars: Sequence[Jar], cache: Path, report: Callable[[int, int], None]) -> list[Path]:
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - half a second, once in a machine's life

    context = MavenContext(resolver=PythonResolver(), repo_cache=cache, timeout=60)

    def resolve(jar: Jar) -> Path:
        return checked(jar, context.create_dependency(jar.coordinates).artifact.resolve)

    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(resolve, jar) for jar in jars]
        for done, _ in enumerate(as_completed(futures), 1):
            report(done, len(jars))
        return [future.result() for future in futures]


def checked(jar: Jar, resolve: Callable[[], Path]) -> Path:
    """The file that `resolve` gives, if it has the right hash; a wrong one is removed and fetched again."""
    problem = "it was never fetched"
    for _ in range(ATTEMPTS):
        try:
            path = resolve()
        except (OSError, RuntimeError, ValueError) as error:
            problem = str(error) or type(error).__name__
            continue
        found = sha256(path)
        if found == jar.sha256:
            return path
        problem = f"its SHA-256 is {found}, kafka.lock says {jar.sha256}"
        with suppress(FileNotFoundError):
            path.unlink()
    raise StackError(
        f"{jar.coordinates} could not be fetched in {ATTEMPTS} attempts: {problem}. Check the network and the mirror "
        "that this machine uses for Java packages, then start again; what was fetched is kept."
    )


def _resolve_anew() -> None:
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - as above

    context = MavenContext(resolver=PythonResolver(), timeout=60)
    roots = [context.create_dependency(root) for root in ROOTS]
    _, nodes = context.resolver.get_dependency_list(roots)
    artifacts = {dependency.artifact for dependency in [*roots, *(node.dep for node in nodes)]}
    lines = sorted(f"{a.groupId}:{a.artifactId}:{a.version} {sha256(a.resolve())}" for a in artifacts)
    LOCK.write_text("\n".join(lines) + "\n")
    sys.stdout.write(f"{len(lines)} jars locked\n")


if __name__ == "__main__":
    _resolve_anew()

"""Kafka's jars: a lock that is read exactly, files that are what it says."""

import fcntl
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from ops.stack.kafka_jars import ATTEMPTS, LOCK, Jar, checked, fetch, locked, place
from ops.stack.part import StackError

CONTENT = b"what was published"
JAR = Jar("org.example:thing:1.2", sha256(CONTENT).hexdigest())


def served(path: Path, *answers: bytes | Exception) -> Callable[[], Path]:
    """A mirror that gives these in turn, into the cache like the real one: what is there is not fetched again."""
    left = iter(answers)

    def resolve() -> Path:
        if not path.exists():
            answer = next(left)
            if isinstance(answer, Exception):
                raise answer
            path.write_bytes(answer)
        return path

    return resolve


def test_the_committed_lock_names_kafka_once_and_nothing_twice() -> None:
    names = [jar.coordinates.rpartition(":")[0] for jar in locked(LOCK.read_text())]

    assert names.count("org.apache.kafka:kafka_2.13") == 1
    assert len(names) == len(set(names))


@pytest.mark.parametrize("line", ["a:b:1", "a:b " + "0" * 64, "a:b:1 " + "0" * 63, "a:b:1 " + "0" * 64 + " more"])
def test_a_line_of_the_lock_that_is_not_understood_is_named(line: str) -> None:
    with pytest.raises(StackError, match="line 2 is not"):
        locked(f"org.example:thing:1.2 {'0' * 64}\n{line}\n")


def test_a_file_with_another_hash_is_removed_and_fetched_again(tmp_path: Path) -> None:
    path = tmp_path / "thing.jar"

    assert checked(JAR, served(path, b"cut off", CONTENT)) == path
    assert path.read_bytes() == CONTENT


def test_a_failed_fetch_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "thing.jar"

    assert checked(JAR, served(path, OSError("reset"), RuntimeError("503"), CONTENT)) == path


def test_a_jar_that_stays_wrong_is_refused_with_both_hashes_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "thing.jar"

    with pytest.raises(StackError) as refused:
        checked(JAR, served(path, *[b"forged"] * ATTEMPTS))

    assert JAR.coordinates in str(refused.value)
    assert JAR.sha256 in str(refused.value)
    assert sha256(b"forged").hexdigest() in str(refused.value)
    assert not path.exists()


def test_jars_that_are_there_and_right_are_not_fetched(tmp_path: Path) -> None:
    path = place(JAR, tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    told: list[tuple[int, int]] = []

    assert fetch([JAR], tmp_path, lambda done, of: told.append((done, of))) == [path]
    assert told == [(1, 1)]


def test_who_starts_while_another_fetches_waits_and_takes_what_is_there_then(tmp_path: Path) -> None:
    path = place(JAR, tmp_path)
    path.parent.mkdir(parents=True)
    with (tmp_path / "fetching.lock").open("w") as lock, ThreadPoolExecutor(1) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)
        late = pool.submit(fetch, [JAR], tmp_path, lambda _done, _total: None)
        inode = os.fstat(lock.fileno()).st_ino
        while not late.done() and not re.search(rf"-> FLOCK .*:{inode} ", Path("/proc/locks").read_text()):
            pass
        path.write_bytes(CONTENT)
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert late.result(timeout=10) == [path]

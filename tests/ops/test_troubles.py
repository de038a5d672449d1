"""What a person is told when a program ends or cannot be started."""

import os
import signal
import socket
from pathlib import Path

import pytest

from ops.stack import packaged
from ops.stack.child import Child
from ops.stack.folder import LEAST_FREE_BYTES, DataFolder
from ops.stack.part import Program, StackError
from ops.stack.ports import Ports
from ops.stack.troubles import advice, why_ended


@pytest.fixture
def program(tmp_path: Path) -> Program:
    async def ready() -> None:
        raise StackError("never")

    port = Ports(tmp_path / "ports.json").take("mongo")
    return Program("mongo", ("mongod",), "", port, ready, tmp_path, {})


@pytest.mark.parametrize(
    ("code", "output", "words"),
    [
        (
            127,
            "mongod: error while loading shared libraries: libcrypto.so.3: cannot open",
            ["libcrypto.so.3", "libssl3"],
        ),
        (1, "mongod: /lib/libc.so.6: version `GLIBC_2.34' not found", ["C library is older", "2.34"]),
        (-signal.SIGILL, "", ["AVX"]),
        (1, "write failed: No space left on device", ["disk", "full", "Free some space"]),
        (1, "bind: Address already in use", ["taken by another program"]),
        (-signal.SIGKILL, "", ["killed", "out of memory"]),
    ],
)
def test_the_reason_and_the_next_step_are_said(program: Program, code: int, output: str, words: list[str]) -> None:
    said = advice(program, code, output)

    assert all(word in said for word in words), said


def test_nothing_is_said_where_nothing_is_known(program: Program) -> None:
    assert advice(program, 1, "some other line") == ""


@pytest.mark.parametrize(
    ("code", "words"), [(3, "exit code 3"), (-signal.SIGTERM, "by SIGTERM"), (-(signal.SIGRTMIN + 3), "by signal ")]
)
def test_the_end_of_a_program_has_a_name_whatever_ended_it(program: Program, code: int, words: str) -> None:
    child = Child("mongo", ("true",), {"PATH": os.defpath}, program.folder / "log")
    child.wait(10)
    assert words in why_ended(program, child, code)


def test_a_port_that_a_stranger_has_is_named_though_the_program_did_not_say_so(program: Program) -> None:
    with socket.create_server(("127.0.0.1", program.port)):
        assert f"port {program.port} is taken by another program" in advice(program, 1, "could not bind")


def test_a_program_that_no_package_carries_is_named_with_the_machine_and_the_way_out() -> None:
    with pytest.raises(StackError, match=r"no installed package \(nowhere\) carries mongod for .* do this instead\."):
        packaged.require("mongod", "nowhere", instead="do this instead")


def test_a_data_folder_is_held_by_one(tmp_path: Path) -> None:
    held = DataFolder(tmp_path)

    with pytest.raises(StackError, match="in use by process"):
        DataFolder(held.path)
    held.close()

    DataFolder(held.path).close()


def test_a_data_folder_that_is_a_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StackError, match=r"cannot be written.*PLAYHEAD_DATA"):
        DataFolder(tmp_path / "file")


def test_too_little_room_is_told_with_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"\d+ MB are free for .* the stack needs \d+ MB\. Free some"):
        DataFolder(tmp_path, least_free=10**18)

    assert LEAST_FREE_BYTES >= 10**9

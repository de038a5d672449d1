"""Ports: free ones, the same again, and a sentence when somebody else has one."""

import socket
from pathlib import Path

import pytest

from ops.stack.ports import FIRST, LAST, Ports, answers, is_free


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    return Ports(tmp_path / "ports.json")


def test_a_port_is_free_and_outside_the_range_of_outgoing_connections(ports: Ports) -> None:
    port = ports.take("kafka")

    assert FIRST <= port <= LAST
    assert is_free(port)
    assert not answers(port)


def test_every_name_has_a_port_of_its_own(ports: Ports) -> None:
    taken = [ports.take(name) for name in ("kafka", "mongo", "postgres", "valkey")]

    assert len(set(taken)) == len(taken)


def test_a_restart_keeps_the_ports(ports: Ports, tmp_path: Path) -> None:
    before = ports.take("kafka")
    again = Ports(tmp_path / "ports.json")

    assert again.take("kafka") == before
    assert again.moved == []


def test_a_port_that_somebody_else_took_is_replaced_and_told(ports: Ports, tmp_path: Path) -> None:
    before = ports.take("kafka")
    again = Ports(tmp_path / "ports.json")
    with socket.create_server(("127.0.0.1", before)):
        assert answers(before)
        now = again.take("kafka")

    assert now != before
    assert again.moved == [f"port {before} of kafka is taken by another program; it is on {now} now"]
    assert Ports(tmp_path / "ports.json").take("kafka") == now


def test_the_port_that_is_asked_for_wins_over_the_one_of_last_time(ports: Ports, tmp_path: Path) -> None:
    ports.take("gateway")
    wanted = Ports(tmp_path / "other.json").take("gateway")

    assert ports.take("gateway", wanted) == wanted
    assert ports.moved == []


def test_the_port_that_is_asked_for_and_taken_is_told(ports: Ports) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        wanted = other.getsockname()[1]
        port = ports.take("gateway", wanted)

    assert port != wanted
    assert ports.moved == [f"port {wanted} of gateway is taken by another program; it is on {port} now"]


def test_a_port_that_another_part_has_is_not_given_away_while_that_part_is_down(ports: Ports) -> None:
    kafka = ports.take("kafka")

    assert ports.take("gateway", kafka) != kafka

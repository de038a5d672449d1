"""`playhead status` believes what services say of themselves, and no process that only is there."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from ops.commands import answering
from ops.commands.answering import ask_all


@contextmanager
def a_service(status: int, said: str | None, over: Event | None = None) -> Generator[str]:
    """Its URL. It answers so, or where nothing is `said`, only when it is over."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if said is None:
                assert over is not None
                over.wait(30)
                return
            self.send_response(status)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base calls it so
            """Nothing is printed."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        if over is not None:
            over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def asked(url: str, state: str = "ready") -> tuple[str, list[str]]:
    process = {"name": "render", "url": url, "state": state}
    said = ask_all([process])
    return process["state"], said


def at(state: str, detail: str = "") -> dict[str, Any]:
    return {"state": state, "nextOffset": 3, "detail": detail}


WELL = {"postgres": "ok", "render.processor": {"0": at("running")}, "redis": {"connected": True}}


def test_a_service_that_says_that_it_works_is_ready() -> None:
    with a_service(200, json.dumps({"ready": True, "parts": WELL})) as url:
        assert asked(url) == ("ready", [])


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ({"postgres": "Unavailable: away"}, "render: postgres: Unavailable: away"),
        ({"mongo": {"connected": False, "latencyMs": None}}, "render: mongo does not answer it"),
        (
            {"render.processor": {"0": at("running"), "2": at("stopped", "a person is needed")}},
            "render: render.processor is stopped on partition 2: a person is needed",
        ),
        ({"render.processor": {"1": at("opening")}}, "render: render.processor is opening on partition 1"),
    ],
)
@pytest.mark.parametrize("status", [200, 503])
def test_what_is_wrong_with_a_service_is_told_in_its_own_words(part: dict[str, Any], line: str, status: int) -> None:
    with a_service(status, json.dumps({"ready": False, "parts": WELL | part})) as url:
        assert asked(url) == ("not ready", [line])


def test_a_frozen_service_is_silent_however_alive_its_process_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "SECONDS", 0.2)
    with a_service(200, None, Event()) as url:
        state, (line,) = asked(url)
    assert state == "silent"
    assert "render: it does not answer within 0.2 s" in line


def test_what_answers_nonsense_or_nothing_is_silent() -> None:
    with a_service(200, "<html>") as url:
        assert asked(url)[0] == "silent"
    assert asked(url)[0] == "silent", "nobody listens there any more"


def test_what_is_still_starting_and_what_speaks_no_http_is_not_asked() -> None:
    assert asked("http://127.0.0.1:1", "starting") == ("starting", [])
    assert asked("mongodb://127.0.0.1:1") == ("ready", [])

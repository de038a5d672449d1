"""What the services of this machine say of themselves: a process may be there, and do nothing."""

import json
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

SECONDS = 2.0
"""Within which a process that works answers, on a busy machine, too."""
MOST = 300
"""Characters of what one says."""


def ask_all(processes: Iterable[dict[str, Any]]) -> list[str]:
    """Ask each service that is said to be ready whether it is, and note its `state`; what is wrong, a line each."""
    asked = [one for one in processes if one["state"] == "ready" and one["url"].startswith("http://")]
    with ThreadPoolExecutor(max_workers=len(asked) or 1) as threads:
        found = list(threads.map(lambda one: _ask(one["url"]), asked))
    for one, (state, _) in zip(asked, found, strict=True):
        one["state"] = state
    return [f"{one['name']}: {trouble}" for one, (_, said) in zip(asked, found, strict=True) for trouble in said]


def _ask(url: str) -> tuple[str, list[str]]:
    where = urlsplit(url)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        told = json.loads(answer.read())
    except TimeoutError:
        return "silent", [f"it does not answer within {SECONDS:g} s: it is frozen, or the machine is too busy for it"]
    except (OSError, HTTPException, ValueError) as error:
        return "silent", [f"it does not answer: {type(error).__name__}"]
    finally:
        connection.close()
    said = [trouble[:MOST] for trouble in _troubles(told.get("parts", {}))]
    return ("ready" if answer.status == 200 and not said else "not ready"), said


def _troubles(parts: Mapping[str, Any]) -> Generator[str]:
    """Parts that do not answer, and partitions that nobody works on."""
    for name, part in parts.items():
        match part:
            case str() if part != "ok":
                yield f"{name}: {part}"
            case {"connected": False}:
                yield f"{name} does not answer it"
            case dict():
                partitions: dict[str, Any] = part
                for partition, one in partitions.items():
                    match one:
                        case {"state": str(state), "detail": str(detail)} if state != "running":
                            yield f"{name} is {state} on partition {partition}" + (f": {detail}" if detail else "")
                        case _:
                            pass
            case _:
                pass

"""Free ports, and the same ones again after a restart while nobody else has taken them."""

import json
import socket
from hashlib import blake2b
from pathlib import Path
from threading import Lock

FIRST, LAST = 20_000, 32_767
"""Below the range from which the system takes the local end of outgoing connections: a client that keeps calling a
server that is down can otherwise come to hold the server's port itself."""


class Ports:
    """Remembers in a file of the data folder which port each part had. Threads may share one."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        self._lock = Lock()
        self.moved: list[str] = []
        """A sentence for each port that somebody else has."""

    def take(self, name: str, wanted: int = 0) -> int:
        """A port that is free now: `wanted`, else the one of last time, else any. `OSError` when there is none."""
        with self._lock:
            others = {port for other, port in self._known.items() if other != name}
            known = self._known.get(name, 0)
            preferred = [port for port in (wanted, known) if port]
            port = next(port for port in (*preferred, *self._any(name), 0) if port not in others and is_free(port))
            if not port:
                raise OSError(f"no port between {FIRST} and {LAST} is free for {name}")
            if preferred and port != preferred[0]:
                self.moved.append(f"port {preferred[0]} of {name} is taken by another program; it is on {port} now")
            self._known[name] = port
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(self._known, indent=1, sort_keys=True))
            fresh.replace(self._file)
            return port

    def _any(self, name: str) -> list[int]:
        """Every port of the range, from a place on that other folders and names seldom begin at."""
        digest = blake2b(f"{self._file.resolve()}:{name}".encode(), digest_size=4).digest()
        start = FIRST + int.from_bytes(digest) % (LAST - FIRST + 1)
        return [*range(start, LAST + 1), *range(FIRST, start)]


def is_free(port: int) -> bool:
    """Whether one can listen on it now, on this machine's own address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0

"""Free ports, and the same ones again after a restart while nobody else has taken them."""

import json
import socket
from pathlib import Path


class Ports:
    """Remembers in a file of the data folder which port each part had."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        self.moved: list[str] = []
        """A sentence for each port that somebody else has taken meanwhile."""

    def take(self, name: str, wanted: int = 0) -> int:
        """A port that is free now: the one of last time, else `wanted`, else any."""
        known = self._known.get(name, 0)
        wishes = [port for port in (known, wanted) if port]
        found = next(free for port in (*wishes, 0) if (free := _free(port)))
        if known and found != known:
            self.moved.append(f"port {known}, where {name} was, is taken by another program; it is on {found} now")
        self._known[name] = found
        self._file.write_text(json.dumps(self._known, indent=1, sort_keys=True))
        return found


def _free(port: int) -> int:
    """The port, or any for 0, if one can listen on it now; else 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
        return int(probe.getsockname()[1])

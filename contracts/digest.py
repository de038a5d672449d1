"""One digest of every message schema that was ever published: what a copy of the log says its writer knew."""

from hashlib import sha256
from pathlib import Path

SCHEMAS = Path(__file__).parent / "schemas"


def catalogue_digest(folder: Path = SCHEMAS) -> str:
    """SHA-256 over the names and bytes of all schemas, in the order of their names, in hexadecimal. Blocks."""
    digest = sha256()
    for path in sorted(folder.glob("*.json")):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()

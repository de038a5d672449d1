"""From an event as an older version wrote it to the next version. Append only: what was written is never rewritten.

An entry `("session.started", 1): function` takes the JSON object of version 1 and returns that of version 2. It is
pure, and stays for as long as the log does, which is for ever.
"""

from collections.abc import Mapping

from contracts.catalog import Upcaster

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}

"""Whether this version of the code can read whatever stands in the log: asked when a service starts."""

from contracts.catalog import Catalog
from eventlog.errors import Poison


def readable(catalog: Catalog) -> Catalog:
    """The catalog as it is. Raises `Poison` where an older version of an event has no upcaster, by its name.

    A service that started nevertheless would park every stream that began before the change.
    """
    gaps = list(catalog.gaps())
    if gaps:
        raise Poison(f"this version of the code cannot read its own log: {' '.join(gaps)}")
    return catalog

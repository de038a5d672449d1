"""What a store gives, as it was stored."""

from collections.abc import Mapping
from typing import Any, TypeAlias

Stored: TypeAlias = Mapping[str, Any]
"""A document, or a row; `contracts.documents` types it, and the views check what they take of it."""

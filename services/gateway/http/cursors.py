"""Cursors of lists: the place after the last item, signed for one tenant and one question.

A place is (creation time in Unix milliseconds, id), so new items never move what comes after it.
"""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from services.gateway.http.signing import Signer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """Items that were created earlier, or at the same time with a smaller id, come after it."""

    at: datetime
    id: str


class NotACursor(ValueError):
    """The text was not given out for this list."""


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    milliseconds: int
    id: str
    kid: str
    signature: str


def written(signer: Signer, tenant: str, question: str, place: Place) -> str:
    """The cursor for the next page of `question` (the list and its filters, as one text)."""
    milliseconds = (place.at - _EPOCH) // timedelta(milliseconds=1)
    kid, signature = signer.sign("cursor", tenant, question, str(milliseconds), place.id)
    return _encoded(_Kept(milliseconds, place.id, kid, signature))


def read(signer: Signer, tenant: str, question: str, cursor: str) -> Place:
    """The place of a cursor that `written` made for the same tenant and question. Raises `NotACursor`."""
    try:
        content = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        kept = msgspec.json.decode(content, type=_Kept)
        if _encoded(kept) != cursor:
            raise NotACursor("the cursor was changed")
        place = Place(_EPOCH + timedelta(milliseconds=kept.milliseconds), kept.id)
    except (binascii.Error, msgspec.DecodeError, ValueError, OverflowError) as error:
        raise NotACursor("the text is no cursor") from error
    if not signer.accepts(kept.kid, kept.signature, "cursor", tenant, question, str(kept.milliseconds), kept.id):
        raise NotACursor("the cursor belongs to another list, other filters or another account")
    return place


def _encoded(kept: _Kept) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(kept)).rstrip(b"=").decode()

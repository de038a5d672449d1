"""Bytes out: whole files and parts of them, straight from the blob store."""

from collections.abc import AsyncGenerator, AsyncIterable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from blobs.store import BlobMissing, BlobStore, BlobStoreUnavailable
from services.gateway.http.problems import Problem
from services.gateway.http.ranges import Span, Unsatisfiable, asked, tags
from services.gateway.stored import Stored

CHUNK_BYTES = 256 * 1024
FRESH_SECONDS = 15 * 60


async def respond(request: Request, blobs: BlobStore, asset: Stored) -> Response:
    """The asset's bytes for this GET or HEAD: 200, 206, 304 or 416.

    The entity tag is the SHA-256 of the whole file, so a part fits any other part with the same tag. Of a file that was
    cut short nothing is answered: half of it would pass for the whole.
    """
    sha256 = asset["sha256"]
    tag = f'"{sha256}"'
    size = await blobs.size(sha256)
    if size is None:
        raise BlobMissing(sha256)
    if size != asset["sizeBytes"]:
        raise BlobStoreUnavailable(
            f"blob {sha256} has {size} bytes in the store, of {asset['sizeBytes']}: restore it from a copy"
        )
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": f"private, max-age={FRESH_SECONDS}, immutable",
        "Content-Disposition": f'inline; filename="{_safe(asset["fileName"])}"',
    }
    if tags(request.headers.get("if-none-match", "")) & {tag, "*"}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    span = _span(request, tag, size)
    headers["Content-Length"] = str(size if span is None else span.end - span.start)
    status = HTTPStatus.OK
    if span is not None:
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=asset["mediaType"])
    content = await _begun(_parts(blobs, sha256, span or Span(0, size)))
    return StreamingResponse(content, status, headers, asset["mediaType"])


def _span(request: Request, tag: str, size: int) -> Span | None:
    condition = request.headers.get("if-range")
    if condition is not None and condition.strip() != tag:
        return None
    try:
        return asked(request.headers.get("range"), size)
    except Unsatisfiable as error:
        raise Problem(
            "range.not_satisfiable",
            f"The file has {size:,} bytes, numbered from 0 to {max(size - 1, 0):,}: ask for some of these.",
            headers={"Content-Range": f"bytes */{size}"},
        ) from error


async def _parts(blobs: BlobStore, sha256: str, span: Span) -> AsyncGenerator[bytes]:
    for start in range(span.start, span.end, CHUNK_BYTES):
        yield await blobs.read(sha256, start, min(start + CHUNK_BYTES, span.end))


async def _begun(parts: AsyncGenerator[bytes]) -> AsyncIterable[bytes]:
    """The same parts, the first of them read already: a store that is away is told before the answer begins."""
    first = await anext(parts, b"")

    async def all_() -> AsyncGenerator[bytes]:
        yield first
        async for part in parts:
            yield part

    return all_()


def _safe(name: str) -> str:
    return "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in name)[:100] or "file"

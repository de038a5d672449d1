"""Which blob store stands behind a URL."""

from urllib.parse import urlsplit

from blobs.objects import open_blobs as open_objects
from blobs.postgres import PostgresBlobs
from blobs.store import BlobStore

DATABASES = ("postgresql", "postgres")


def open_blobs(url: str, *, deadline_seconds: float = 120.0) -> BlobStore:
    """`file:///directory`, `s3://bucket/prefix` and other object stores, or `postgresql://…`, after `playhead migrate`.

    `deadline_seconds` bounds each request. ValueError for a URL without a scheme, or of a scheme that is not known.
    """
    if urlsplit(url).scheme in DATABASES:
        return PostgresBlobs(url, deadline_seconds=deadline_seconds)
    return open_objects(url, deadline_seconds=deadline_seconds)

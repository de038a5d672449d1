-- The next $2 blobs after $1.
SELECT sha256, size_bytes FROM blobs.bytes WHERE sha256 > $1 ORDER BY sha256 LIMIT $2

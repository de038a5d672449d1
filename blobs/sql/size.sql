-- How many bytes $1 has.
SELECT size_bytes FROM blobs.bytes WHERE sha256 = $1

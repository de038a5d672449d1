-- Forget the bytes of $1.
DELETE FROM blobs.bytes WHERE sha256 = $1

-- At most $3 of the bytes of $1, from the byte numbered $2 on; the first has the number 1.
SELECT substring(data FROM $2::integer FOR $3::integer) AS part FROM blobs.bytes WHERE sha256 = $1

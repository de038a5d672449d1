-- The first record that waits in one partition.
SELECT "offset", key, value, id, prev
FROM playhead.parked
WHERE projector = $1 AND topic = $2 AND partition = $3
ORDER BY "offset"
LIMIT 1

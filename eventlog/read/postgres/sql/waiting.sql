-- The first records that wait of one stream, in the order of the log.
SELECT "offset", key, value, id, prev, reason
FROM playhead.parked
WHERE projector = $1 AND topic = $2 AND partition = $3 AND stream = $4
ORDER BY "offset"
LIMIT $5

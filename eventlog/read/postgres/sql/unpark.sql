-- Take records out of parking.
DELETE FROM playhead.parked
WHERE projector = $1 AND topic = $2 AND partition = $3 AND stream = $4 AND "offset" = any($5::bigint[])

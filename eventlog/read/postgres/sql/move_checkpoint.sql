-- The next position of a projector in a partition; no row where it does not stand where it was expected, or where
-- parked records were dealt with since it was loaded.
UPDATE playhead.checkpoints
SET head = $4, head_offset = $5, next_offset = $6, last_id = $7, last_offset = $8
WHERE projector = $1 AND topic = $2 AND partition = $3
    AND head = $9 AND head_offset = $10 AND next_offset = $11 AND last_id = $12 AND last_offset = $13
    AND ($14::bigint IS NULL OR released = $14)

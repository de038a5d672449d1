-- The next position of a projector in a partition; no row where it does not stand where it was expected, or where
-- parked records were dealt with since it was loaded.
UPDATE playhead.checkpoints
SET head = $4, head_offset = $5, next_offset = $6, last_id = $7, last_offset = $8, folds = $9
WHERE projector = $1 AND topic = $2 AND partition = $3 AND generation = $10
    AND head = $11 AND head_offset = $12 AND next_offset = $13 AND last_id = $14 AND last_offset = $15
    AND ($16::bigint IS NULL OR released = $16)

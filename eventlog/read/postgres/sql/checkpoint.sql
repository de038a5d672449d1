-- Where a projector stands in one partition, in which generation of its tables, by which folds it has come there, and how
-- often parked records were dealt with.
SELECT head, head_offset, next_offset, last_id, last_offset, generation, folds, released
FROM playhead.checkpoints
WHERE projector = $1 AND topic = $2 AND partition = $3

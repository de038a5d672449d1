-- Have the projector of a partition load again.
UPDATE playhead.checkpoints
SET released = released + 1
WHERE projector = $1 AND topic = $2 AND partition = $3

-- Have the projector of a partition load again; no row where another generation than $4 is the current one.
UPDATE playhead.checkpoints
SET released = released + 1
WHERE projector = $1 AND topic = $2 AND partition = $3
    AND ($4::integer IS NULL OR generation = $4)

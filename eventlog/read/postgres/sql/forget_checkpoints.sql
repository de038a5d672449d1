-- The positions of a generation that goes.
DELETE FROM playhead.checkpoints WHERE projector = $1

-- The positions of a generation under another name.
UPDATE playhead.checkpoints SET projector = $2, generation = $3 WHERE projector = $1

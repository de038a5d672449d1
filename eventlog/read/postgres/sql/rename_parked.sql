-- What was parked by a generation under another name.
UPDATE playhead.parked SET projector = $2 WHERE projector = $1

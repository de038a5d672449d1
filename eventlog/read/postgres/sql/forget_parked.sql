-- What was parked by a generation that goes.
DELETE FROM playhead.parked WHERE projector = $1

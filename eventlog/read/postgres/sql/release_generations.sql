-- Be it no more.
UPDATE playhead.generations SET holder = '', held_until = '-infinity' WHERE projector = $1 AND holder = $2

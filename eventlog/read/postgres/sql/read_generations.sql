-- What is known of a projector's generations.
SELECT kept FROM playhead.generations WHERE projector = $1

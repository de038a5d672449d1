-- The next $3 names of notes after $2 that begin with $1.
SELECT name FROM blobs.notes WHERE starts_with(name, $1) AND name > $2 ORDER BY name LIMIT $3

-- Forget what was noted under the name $1.
DELETE FROM blobs.notes WHERE name = $1

-- What was noted under the name $1.
SELECT content FROM blobs.notes WHERE name = $1

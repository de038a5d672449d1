-- How many records of which streams are parked in one partition.
SELECT stream, count(*) AS waiting
FROM playhead.parked
WHERE projector = $1 AND topic = $2 AND partition = $3
GROUP BY stream

-- The same without what a heartbeat need not carry.
SELECT state, epoch
FROM render.queue
WHERE stream = $1

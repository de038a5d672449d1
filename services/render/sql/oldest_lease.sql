-- For how many seconds the holder of a job at work was not heard: of the one that is silent longest; no row: nobody is at work.
SELECT extract(epoch FROM clock_timestamp() - l.heartbeat_at)::float8 AS age
FROM render.queue q
JOIN render.leases l ON l.stream = q.stream
WHERE q.state = 'running'
ORDER BY l.heartbeat_at
LIMIT 1

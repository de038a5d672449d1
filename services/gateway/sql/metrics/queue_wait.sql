-- How long jobs waited for their first worker, in milliseconds, by the day of queueing.
SELECT day, jobs, p50_ms, p90_ms, p95_ms, p99_ms
FROM analytics.queue_wait
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day
LIMIT $4

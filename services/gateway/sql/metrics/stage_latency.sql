-- How long completed attempts at each stage took, in milliseconds, by the day of their end and kind.
SELECT day, stage, kind, attempts, p50_ms, p90_ms, p95_ms, p99_ms
FROM analytics.stage_latency_by_day
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day, stage, kind
LIMIT $4

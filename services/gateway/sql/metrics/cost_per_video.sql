-- What finished films cost: millionths of a US dollar of providers, points, time of workers; by day and kind.
SELECT day, kind, videos, cost_micro_usd, cost_micro_usd_per_video, points, worker_ms, film_ms
FROM analytics.cost_per_video
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day, kind
LIMIT $4

-- Jobs by day of queueing and kind; success_rate = completed / (completed + failed or expired), canceled ones are shown apart.
SELECT day, kind, completed, failed, canceled, unfinished, success_rate
FROM analytics.success_rate
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day, kind
LIMIT $4

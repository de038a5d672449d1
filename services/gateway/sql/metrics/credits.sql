-- Points that were given, set aside, taken and given back, by day.
SELECT day, kind, entries, points
FROM analytics.credits
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day, kind
LIMIT $4

-- Files of ended jobs whose planned time has come, longest due first.
SELECT f.stream, f.asset_id, f.tenant_id, f.due_at, j.version
FROM retention.files f
JOIN retention.jobs j ON j.stream = f.stream AND j.ended IS NOT NULL
WHERE f.expired_at IS NULL AND f.due_at <= now()
ORDER BY f.due_at
LIMIT 1000

-- Files that came and went, and the bytes that stand at the end of each day on which any did.
SELECT day, files, bytes, removed_files, removed_bytes, total_bytes
FROM analytics.storage
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day
LIMIT $4

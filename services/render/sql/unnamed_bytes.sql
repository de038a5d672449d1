-- Digests that no job and no upload has named for $1 seconds and that were not collected since, longest unnamed first.
WITH named AS NOT MATERIALIZED (
    SELECT sha256, expired_at FROM retention.files
    UNION ALL
    SELECT sha256, expired_at FROM retention.uploads
)
SELECT f.sha256
FROM named f
LEFT JOIN retention.collected c ON c.sha256 = f.sha256
WHERE f.expired_at IS NOT NULL
    AND (c.collected_at IS NULL OR c.collected_at < f.expired_at)
    AND NOT EXISTS (
        SELECT FROM named o
        WHERE o.sha256 = f.sha256 AND (o.expired_at IS NULL OR o.expired_at >= now() - make_interval(secs => $1))
    )
GROUP BY f.sha256
ORDER BY max(f.expired_at)
LIMIT 100

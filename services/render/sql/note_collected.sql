-- Remember that the bytes of $1 were collected.
INSERT INTO retention.collected (sha256, collected_at)
VALUES ($1, now())
ON CONFLICT (sha256) DO UPDATE SET collected_at = excluded.collected_at

-- Who else reads one moment for a whole transaction: what became of a table since then would look empty to him.
SELECT application_name
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    AND state = 'idle in transaction' AND backend_xmin IS NOT NULL
LIMIT 1

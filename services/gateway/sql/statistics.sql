-- How large the database is, how many connections it has, and about how many rows each table holds.
SELECT pg_database_size(current_database()) AS bytes,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,
       (SELECT coalesce(jsonb_object_agg(schemaname || '.' || relname, n_live_tup), '{}'::jsonb)
          FROM pg_stat_user_tables) AS rows

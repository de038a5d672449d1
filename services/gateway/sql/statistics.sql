-- How large the database is, how many connections it has and may have, and about how many rows and bytes each table holds.
SELECT pg_database_size(current_database()) AS bytes,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,
       current_setting('max_connections')::int AS most,
       (SELECT coalesce(jsonb_object_agg(schemaname || '.' || relname, n_live_tup), '{}'::jsonb)
          FROM pg_stat_user_tables) AS rows,
       (SELECT coalesce(jsonb_object_agg(schemaname || '.' || relname, pg_total_relation_size(relid)), '{}'::jsonb)
          FROM pg_stat_user_tables) AS sizes

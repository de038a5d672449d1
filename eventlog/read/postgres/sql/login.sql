-- Who is logged in: is row-level security nothing to him, and does he own tables of ours?
SELECT r.rolname AS name,
       r.rolsuper OR r.rolbypassrls AS unbound,
       EXISTS (
           SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'playhead'
           WHERE c.relowner = r.oid
       ) AS owner
FROM pg_roles r
WHERE r.rolname = session_user

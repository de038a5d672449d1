-- Everything in the schemas of $1 that a migration can make: its kind, its full name, and its definition as text.
WITH ours AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY($1)
), relations AS (
    SELECT c.oid, c.relkind, n.nspname || '.' || c.relname AS name, c.relrowsecurity, c.relforcerowsecurity
    FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
)
SELECT 'schema' AS kind, nspname::text AS name, '' AS definition FROM ours
UNION ALL
SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE 'table' END, name,
    CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid)
         ELSE concat_ws(', ', CASE WHEN relrowsecurity THEN 'row-level security' END, CASE WHEN relforcerowsecurity THEN 'forced' END)
    END
FROM relations WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
UNION ALL
SELECT 'column', r.name || '.' || a.attname,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
        CASE WHEN a.attgenerated <> '' THEN 'GENERATED' WHEN a.attidentity <> '' THEN 'IDENTITY' END,
        'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid))
FROM relations r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE r.relkind IN ('r', 'p')
UNION ALL
SELECT 'index', i.name, CASE WHEN x.indisvalid THEN '' ELSE 'INVALID ' END || pg_get_indexdef(i.oid)
FROM relations i JOIN pg_index x ON x.indexrelid = i.oid
UNION ALL
SELECT 'constraint', r.name || '.' || k.conname,
    CASE WHEN k.convalidated THEN '' ELSE 'NOT VALID ' END || pg_get_constraintdef(k.oid)
FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid
WHERE k.contype <> 'n'
UNION ALL
SELECT 'policy', p.schemaname || '.' || p.tablename || '.' || p.policyname,
    concat_ws(' ', p.permissive, 'FOR', p.cmd, 'TO', array_to_string(p.roles, ', '), 'USING', p.qual, 'WITH CHECK', p.with_check)
FROM pg_policies p WHERE p.schemaname = ANY($1)
UNION ALL
SELECT 'trigger', r.name || '.' || t.tgname, pg_get_triggerdef(t.oid)
FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid
WHERE NOT t.tgisinternal
UNION ALL
SELECT 'function', n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_functiondef(p.oid)
FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace
WHERE p.prokind IN ('f', 'p')
ORDER BY kind, name

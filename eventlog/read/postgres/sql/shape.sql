-- The statements that make of an empty schema.table $2 all that the table $1 is: keys and indexes under their own names,
-- row-level security, policies, rights, triggers and comments. Columns, defaults and checks are there already.
WITH t AS (
    SELECT c.oid, c.oid::regclass::text AS name, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relacl
    FROM pg_class c WHERE c.oid = to_regclass($1)
), statements (step, name, said) AS (
    SELECT 1, k.conname::text, format('ALTER TABLE %s ADD CONSTRAINT %I %s', $2::text, k.conname, pg_get_constraintdef(k.oid))
    FROM t JOIN pg_constraint k ON k.conrelid = t.oid
    WHERE k.contype IN ('p', 'u', 'x', 'f')
    UNION ALL
    SELECT 2, i.indexrelid::regclass::text,
        replace(pg_get_indexdef(i.indexrelid), format(' ON %s USING ', t.name), format(' ON %s USING ', $2::text))
    FROM t JOIN pg_index i ON i.indrelid = t.oid
    WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = t.oid)
    UNION ALL
    SELECT 3, '', format('ALTER TABLE %s SET (%s)', $2::text, array_to_string(t.reloptions, ', '))
    FROM t WHERE t.reloptions IS NOT NULL
    UNION ALL
    SELECT 4, g.privilege_type || coalesce(a.attname, ''), format(
        'GRANT %s %s ON %s TO %s %s', g.privilege_type, '(' || quote_ident(a.attname) || ')', $2::text,
        CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,
        CASE WHEN g.is_grantable THEN 'WITH GRANT OPTION' ELSE '' END)
    FROM t
    CROSS JOIN LATERAL (
        SELECT NULL::name AS attname, t.relacl AS acl
        UNION ALL
        SELECT x.attname, x.attacl FROM pg_attribute x WHERE x.attrelid = t.oid AND x.attnum > 0 AND NOT x.attisdropped
    ) a
    CROSS JOIN LATERAL aclexplode(a.acl) g
    WHERE g.grantee <> t.relowner
    UNION ALL
    SELECT 5, p.policyname::text, format(
        'CREATE POLICY %I ON %s AS %s FOR %s TO %s %s %s', p.policyname, $2::text, p.permissive, p.cmd,
        (SELECT string_agg(CASE WHEN one = 'public' THEN 'PUBLIC' ELSE quote_ident(one) END, ', ') FROM unnest(p.roles) one),
        'USING (' || p.qual || ')', 'WITH CHECK (' || p.with_check || ')')
    FROM t
    JOIN pg_class c ON c.oid = t.oid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_policies p ON p.schemaname = n.nspname AND p.tablename = c.relname
    UNION ALL
    SELECT 6, '', format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', $2::text) FROM t WHERE t.relrowsecurity
    UNION ALL
    SELECT 7, '', format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', $2::text) FROM t WHERE t.relforcerowsecurity
    UNION ALL
    SELECT 8, g.tgname::text, replace(pg_get_triggerdef(g.oid), format(' ON %s ', t.name), format(' ON %s ', $2::text))
    FROM t JOIN pg_trigger g ON g.tgrelid = t.oid
    WHERE NOT g.tgisinternal
    UNION ALL
    SELECT 9, '', format('COMMENT ON TABLE %s IS %L', $2::text, obj_description(t.oid, 'pg_class'))
    FROM t WHERE obj_description(t.oid, 'pg_class') IS NOT NULL
    UNION ALL
    SELECT 10, '', format('ALTER TABLE %s OWNER TO %s', $2::text, t.relowner::regrole) FROM t WHERE t.relowner::regrole::text <> quote_ident(current_user)
)
SELECT said FROM statements ORDER BY step, name

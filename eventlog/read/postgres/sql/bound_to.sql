-- What is bound to a table of $1 itself, not to its name, and would stay with the old generation.
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS what
FROM pg_depend d
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
LEFT JOIN pg_class c ON c.oid = r.ev_class
LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid AND k.contype = 'f'
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1::text[]::regclass[]::oid[])
    AND (
        d.classid = 'pg_proc'::regclass
        OR c.relkind = 'm'
        OR p.polrelid <> ALL ($1::text[]::regclass[]::oid[])
        OR k.oid IS NOT NULL
        OR (d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'n') AND EXISTS (
            SELECT FROM pg_inherits i WHERE i.inhrelid = d.objid AND i.inhparent = d.refobjid))
    )
ORDER BY what

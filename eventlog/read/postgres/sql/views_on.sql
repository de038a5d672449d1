-- The views that read a table of $1: their names, the statement that makes each anew, and one that locks it and no more.
SELECT DISTINCT c.oid::regclass::text AS name,
    format('CREATE OR REPLACE VIEW %s %s AS %s', c.oid::regclass,
        'WITH (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(c.oid)) AS made,
    format('ALTER VIEW %s OWNER TO %s', c.oid::regclass, c.relowner::regrole) AS locked
FROM pg_depend d
JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
JOIN pg_class c ON c.oid = r.ev_class AND c.relkind = 'v'
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1::text[]::regclass[]::oid[])
ORDER BY name

-- The columns of a table that a projector can write, in their order, each with its type and its element type if any.
SELECT a.attname AS name, format_type(a.atttypid, -1) AS type, t.typcategory = 'A' AS is_array
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = '' AND a.attidentity <> 'a'
ORDER BY a.attnum

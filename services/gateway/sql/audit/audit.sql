-- The tenant's audit trail, newest first, from after a place: of one actor, one stream, one kind of thing, one command, one outcome, between two moments. What operators did is no kind of thing: it is asked for by name.
SELECT command_id, stream, happened_at, actor, command, category, subject_id, outcome, code, events, details, version
FROM platform.audit
WHERE tenant_id = $1
    AND ($2::text IS NULL OR actor = $2)
    AND ($3::text IS NULL OR stream = $3)
    AND CASE WHEN $4::text IS NULL THEN category <> 'operation' ELSE category = $4 END
    AND ($5::text IS NULL OR command = $5)
    AND ($6::text IS NULL OR outcome = $6)
    AND ($7::timestamptz IS NULL OR happened_at >= $7)
    AND ($8::timestamptz IS NULL OR happened_at < $8)
    AND ($9::timestamptz IS NULL OR (happened_at, command_id) < ($9, $10::uuid))
ORDER BY happened_at DESC, command_id DESC
LIMIT $11

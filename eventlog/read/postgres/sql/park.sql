-- Records that could not be applied.
INSERT INTO playhead.parked (projector, topic, partition, "offset", stream, reason, key, value, id, prev)
SELECT $1, $2, $3, u.*
FROM unnest($4::bigint[], $5::text[], $6::text[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[]) AS u
ON CONFLICT DO NOTHING

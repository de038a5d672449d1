-- Note $2 under the name $1.
INSERT INTO blobs.notes (name, content) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET content = excluded.content

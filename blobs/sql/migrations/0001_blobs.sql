-- Bytes by the digest of their content, and small named notes beside them.
CREATE SCHEMA blobs;

CREATE TABLE blobs.bytes (
    sha256 text NOT NULL PRIMARY KEY,
    size_bytes bigint NOT NULL,
    data bytea NOT NULL
);
ALTER TABLE blobs.bytes ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE blobs.notes (
    name text NOT NULL PRIMARY KEY,
    content bytea NOT NULL
);

COMMENT ON SCHEMA blobs IS 'The blob store, where it is in PostgreSQL; or films only, where it is elsewhere and they are copied.';
COMMENT ON TABLE blobs.bytes IS 'One row a blob. Bytes never change.';
COMMENT ON COLUMN blobs.bytes.sha256 IS 'The digest of the bytes, in lower-case hexadecimal.';
COMMENT ON COLUMN blobs.bytes.size_bytes IS 'How many bytes there are.';
COMMENT ON COLUMN blobs.bytes.data IS 'The bytes, uncompressed and out of line, so that a part is read without the rest.';
COMMENT ON TABLE blobs.notes IS 'What was noted under a name; a later note replaces an earlier one.';
COMMENT ON COLUMN blobs.notes.name IS 'Such as outputs/<key>.json.';
COMMENT ON COLUMN blobs.notes.content IS 'A few bytes.';

-- The keys under which personal text stands in the log: one a subject, wrapped with a secret that is not in here.
CREATE SCHEMA keys;
CREATE TABLE keys.subjects (
    subject text PRIMARY KEY,
    wrapped bytea,
    secret text,
    made_at timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
    CHECK ((wrapped IS NULL) = (secret IS NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE keys.subjects IS 'Never copied with the other tables. A row without a key is a person who was erased: it stays.';
CREATE INDEX destroyed ON keys.subjects (destroyed_at) WHERE destroyed_at IS NOT NULL;
CREATE INDEX made ON keys.subjects (made_at DESC) WHERE wrapped IS NOT NULL;

DO $$
BEGIN
    BEGIN
        CREATE ROLE playhead_keys LOGIN;
    EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL; -- roles belong to the cluster: another database made it
    END;
END
$$;
GRANT USAGE ON SCHEMA keys TO playhead_keys;
GRANT SELECT, INSERT, UPDATE ON keys.subjects TO playhead_keys;

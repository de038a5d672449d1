-- Where the projectors stand, and what they have parked: written in the transactions of what they stand for.
DO $$
BEGIN
    CREATE ROLE playhead_projector NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL; -- roles belong to the cluster: another database made it
END
$$;

CREATE TABLE playhead.checkpoints (
    projector text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    head bytea NOT NULL,
    head_offset bigint NOT NULL,
    next_offset bigint NOT NULL,
    last_id bytea NOT NULL,
    last_offset bigint NOT NULL,
    PRIMARY KEY (projector, topic, partition)
);
COMMENT ON TABLE playhead.checkpoints IS 'How far each projector has folded each partition of the log into its tables.';

CREATE TABLE playhead.parked (
    projector text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    stream text NOT NULL,
    reason text NOT NULL,
    key bytea NOT NULL,
    value bytea NOT NULL,
    id bytea NOT NULL,
    prev bytea NOT NULL,
    PRIMARY KEY (projector, topic, partition, "offset")
);
COMMENT ON TABLE playhead.parked IS 'Records that could not be applied, and those that wait behind one of their stream.';

GRANT USAGE ON SCHEMA playhead TO playhead_projector;
GRANT SELECT, INSERT, UPDATE, DELETE ON playhead.checkpoints, playhead.parked TO playhead_projector;

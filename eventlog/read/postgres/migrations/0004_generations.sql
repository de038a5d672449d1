-- What a rebuild beside the running service keeps, and by which versions of its folds a projector has written.
ALTER TABLE playhead.checkpoints ADD COLUMN generation integer NOT NULL DEFAULT 0;
ALTER TABLE playhead.checkpoints ADD COLUMN folds jsonb;
COMMENT ON COLUMN playhead.checkpoints.generation IS 'Which generation of the tables this position is of. A projector that stands in another one cannot move it.';
COMMENT ON COLUMN playhead.checkpoints.folds IS 'The versions of the projections that have written, by table.';

CREATE TABLE playhead.generations (
    projector text PRIMARY KEY,
    revision bigint NOT NULL DEFAULT 0,
    kept jsonb,
    holder text NOT NULL DEFAULT '',
    held_until timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE playhead.generations IS 'Which generation of its tables each projector writes, which one is kept for a rollback, and what is being rebuilt.';
COMMENT ON COLUMN playhead.generations.projector IS 'Whose generations they are.';
COMMENT ON COLUMN playhead.generations.revision IS 'Counts the changes: one is made only on top of the one that was read.';
COMMENT ON COLUMN playhead.generations.kept IS 'The numbers of the generations, and how far a rebuild is.';
COMMENT ON COLUMN playhead.generations.holder IS 'The process that rebuilds, until held_until.';
COMMENT ON COLUMN playhead.generations.held_until IS 'When it is forgotten, unless it says before that it is still there.';
GRANT SELECT ON playhead.generations TO playhead_projector;

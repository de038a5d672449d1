-- What operators did to parked records: written with what became of them, kept for whoever asks later.
ALTER TABLE playhead.checkpoints ADD COLUMN released bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN playhead.checkpoints.released IS 'How often an operator dealt with records parked here: a projector that loaded another number loads again.';

CREATE TABLE playhead.discarded (
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
COMMENT ON TABLE playhead.discarded IS 'Parked records that an operator gave up: no table shows them, whatever is folded later.';

CREATE TABLE playhead.parked_acts (
    act bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    projector text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    stream text NOT NULL,
    offsets bigint[] NOT NULL,
    action text NOT NULL CHECK (action IN ('redriven', 'discarded')),
    actor text NOT NULL,
    reason text NOT NULL,
    happened_at timestamptz NOT NULL
);
COMMENT ON TABLE playhead.parked_acts IS 'Who redrove or discarded which parked records, and why: one row a transaction.';
CREATE INDEX parked_acts_newest ON playhead.parked_acts (projector, act DESC);

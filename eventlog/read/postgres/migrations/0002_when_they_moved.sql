-- When a projector last wrote what it had read: how fresh its rows are. Told by the server, so no fold knows of it.
ALTER TABLE playhead.checkpoints ADD COLUMN moved_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN playhead.checkpoints.moved_at IS 'When the position was written, by the clock of this server.';

CREATE FUNCTION playhead.moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.moved_at := now();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION playhead.moved() IS 'Notes when a checkpoint was written.';
CREATE TRIGGER moved BEFORE INSERT OR UPDATE ON playhead.checkpoints FOR EACH ROW EXECUTE FUNCTION playhead.moved();

-- A transaction that names an account beside its tenant (`app.account`) sees what is that account's, and nothing else;
-- without it, or with an empty one, it sees its tenant's: so it is for whoever administers.

CREATE POLICY own ON workflow.workflows AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR user_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON workflow.users AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR id = nullif(current_setting('app.account', true), '')::uuid
    );

-- What has no account of its own is its workflow's. The function names that table anew each time that it is called: a
-- policy that named it would stay with the old one when a rebuilt table takes the name over.
CREATE FUNCTION workflow.is_own(stream text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT EXISTS (SELECT FROM workflow.workflows w WHERE w.stream = $1) $$;
COMMENT ON FUNCTION workflow.is_own IS 'Whether whoever asks sees the workflow that is folded from this stream.';
CREATE POLICY own ON workflow.generated_files AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR workflow.is_own(stream)
    );
CREATE POLICY own ON workflow.scenes AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR workflow.is_own(stream)
    );

CREATE INDEX workflows_own ON workflow.workflows (tenant_id, user_id);

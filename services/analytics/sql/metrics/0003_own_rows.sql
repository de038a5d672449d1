-- A transaction that names an account beside its tenant (`app.account`) sees what is that account's, and nothing else;
-- without it, or with an empty one, it sees its tenant's: so it is for whoever administers.

CREATE POLICY own ON analytics.fact_session AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR account_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON analytics.fact_job AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR account_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON analytics.fact_asset AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR account_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON analytics.fact_credit AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR account_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON analytics.account_change AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR account_id = nullif(current_setting('app.account', true), '')::uuid
    );

-- What has no account of its own is its session's, or its job's. The function names those tables anew each time that it
-- is called: a policy that named one would stay with the old table when a rebuilt one takes its name over.
CREATE FUNCTION analytics.own_streams() RETURNS SETOF text LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        SELECT stream FROM analytics.fact_session
        WHERE tenant_id = nullif(current_setting('app.tenant', true), '')
            AND account_id = nullif(current_setting('app.account', true), '')::uuid
        UNION ALL
        SELECT stream FROM analytics.fact_job
        WHERE tenant_id = nullif(current_setting('app.tenant', true), '')
            AND account_id = nullif(current_setting('app.account', true), '')::uuid
    $$;
COMMENT ON FUNCTION analytics.own_streams IS 'The streams of the sessions and jobs of the account that the transaction names.';
CREATE POLICY own ON analytics.fact_stage_attempt AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR stream IN (SELECT analytics.own_streams())
    );
CREATE POLICY own ON analytics.api_usage AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR stream IN (SELECT analytics.own_streams())
    );
CREATE POLICY own ON analytics.job_status_change AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR stream IN (SELECT analytics.own_streams())
    );
CREATE POLICY own ON analytics.session_status_change AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR stream IN (SELECT analytics.own_streams())
    );

CREATE INDEX fact_session_account ON analytics.fact_session (tenant_id, account_id);
CREATE INDEX fact_job_account ON analytics.fact_job (tenant_id, account_id);

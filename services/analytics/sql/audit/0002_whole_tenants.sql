-- The audit trail is for whoever administers: a transaction that names an account sees none of it.
CREATE POLICY own ON platform.session_audit AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (nullif(current_setting('app.account', true), '') IS NULL);
CREATE POLICY own ON platform.job_audit AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (nullif(current_setting('app.account', true), '') IS NULL);

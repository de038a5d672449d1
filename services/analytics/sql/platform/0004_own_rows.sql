-- A transaction that names an account beside its tenant (`app.account`) sees what is that account's, and nothing else;
-- without it, or with an empty one, it sees its tenant's: so it is for whoever administers.

CREATE POLICY own ON platform.users AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR user_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON platform.accounts AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR user_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON platform.auth_sessions AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR user_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON platform.projects AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR user_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON platform.jobs AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR user_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON platform.scenes AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR user_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON platform.assets AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR user_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON platform.presets AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR user_id = nullif(current_setting('app.account', true), '')::uuid OR is_default
    );

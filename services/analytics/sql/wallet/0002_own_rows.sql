-- A transaction that names an account beside its tenant (`app.account`) sees what is that account's, and nothing else;
-- without it, or with an empty one, it sees its tenant's: so it is for whoever administers.

CREATE POLICY own ON wallet.account_rows AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR account_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON wallet.job_rows AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR account_id = nullif(current_setting('app.account', true), '')::uuid
    );
CREATE POLICY own ON wallet.video_rows AS RESTRICTIVE FOR SELECT TO playhead_app
    USING (
        nullif(current_setting('app.account', true), '') IS NULL
        OR account_id = nullif(current_setting('app.account', true), '')::uuid
    );

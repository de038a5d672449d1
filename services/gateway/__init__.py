"""gateway: the HTTP front door. It checks form, sends commands, and shows what the projections say; it decides nothing.

Asks   playhead.session.commands   RegisterAccount, IssueKey, StartSession, DeleteSession, AddWebhookEndpoint
       playhead.render.commands    CancelJob, RetryJob
Hears  HTTP; MongoDB's change streams of outcomes, history and credentials; playhead.render.progress, as news;
       playhead.session.events and playhead.render.events, for webhooks
Tells  nothing: it writes no event
Keeps  Mongo `idempotency` (24 h): the first answer to a call, for whoever repeats it; `webhook_deliveries` (30 days)
Reads  Mongo `sessions, jobs, accounts, credentials, session_history, *_commands`; the blobs; Postgres
       `workflow` and `analytics`, as the role that row-level security binds to a tenant
"""

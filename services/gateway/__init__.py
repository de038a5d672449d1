"""gateway: the HTTP front door. It checks form, sends commands, and shows what the projections say; it decides nothing.

Asks   playhead.session.commands   StartSession, DeleteSession, RegisterAccount, IssueKey, EditProject, SavePreset, …
       playhead.render.commands    CancelJob, RetryJob, AnnounceUpload, ReceiveUpload, …
Hears  HTTP; MongoDB's change streams of outcomes, history, projects and credentials; playhead.render.progress, as news;
       playhead.session.events and playhead.render.events, for webhooks
Tells  nothing: it writes no event
Keeps  Mongo `idempotency` (24 h): the first answer to a call, for whoever repeats it; `webhook_deliveries` (30 days);
       uploads under way, on its disk; Redis, where there is one: cached projects, counts of calls
Reads  Mongo `sessions, jobs, uploads, accounts, credentials, presets, projects, timeline_states, webhooks,
       session_history, *_commands`; the blobs; Postgres `workflow`, `analytics` and `platform`, as the role that
       row-level security binds to a tenant

Where to look, in the order in which a call meets it

the server      __main__, app (the wiring), settings, server, connection, api (the routes), gateway (the ports)
the way in      proxies, cors, edge, limiting, rates; auth/ (who asks); bodies, storable (what may be sent)
routes/         one module a noun; admin/ for a tenant's admins; seeds/ for the applications that were there before
asking          asking, idempotency, preconditions, waiting (for the outcome), following (for the end), identity (ids);
                deriving, filming, planning, presets, kinds, project_asking: what is put into a command
reading         reading, reading_wallets, support, projects (MongoDB); tables, reading_tables, statements, sql/
                (PostgreSQL); past (a session as it was); paging, cursors, days (what a list is asked with)
the cache       cache (Redis), near and recent (this process), cached_projects (both before the store)
showing         views, views_of_plans, views_of_presets, project_views (the shapes), preparing (documents into them)
files           receiving (in), shares (how much of it), uploading (its commands); media and ranges (out), signing
                (links that need no key)
live            kafka (commands out, news in), news, sse; webhooks/ (hearing events, sending them)
errors          problems, codes
documents       openapi, asyncapi; web/ (the page)
how it is       metrics, part_metrics, database, lag
"""

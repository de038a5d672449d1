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

The rooms, the lowest first: each imports only from those before it in this list, which import-linter checks

metrics, identity, stored  what is counted; the ids that are made here; what a store gives
http/       what HTTP has that no route should think of: problems and their codes, bodies, the base of every answer
            (view), ranges, preconditions, the outermost layer (edge), what can be stored at all, signed links, cursors;
            connections, and the proxies before them
redis/      the cache, the one in this process before it (near), and counts of calls (rates)
auth/       who asks: principals, keys, credentials, wallets, outside issuers
webhooks/   hearing events, and sending them to whoever asked for it
files/      receiving (in), shares (how much of it), media (out)
ports/      what the routes work with: `Gateway` with its ports, projects, support, tables, news, waiting, recent
health/     how the parts are: database, lag, part_metrics
reading/    what stands behind the ports: mongo, streams, newest, wallets, projects, cached_projects, support; postgres,
            statements (and sql/); past (a session as it was)
access/     the policies of routes (callers), tokens (bearer), the page's cookie, other origins (cors), limiting
views/      the shapes of answers; preparing makes them from documents
asking/     wishes (into the log, and what became of it), idempotency, following (for the end); deriving, filming,
            planning, presets, kinds, projects, uploads, webhooks: what is put into a command
lists/      what a list is asked with: paging, days, moments
live/       kafka (commands out, news in), sse
published/  the documents: openapi, asyncapi
routes/     one module a noun; admin/ for a tenant's admins; seeds/ for the applications that were there before
api         all routes and layers as one application; web/ is its page
app         the wiring of parts (the real ones, opened and closed), with settings, server and __main__
"""

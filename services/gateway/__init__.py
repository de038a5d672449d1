"""gateway: the HTTP front door. It checks form, sends commands, and shows what the projections say; it decides nothing.

Asks   playhead.session.commands   RegisterAccount, StartSession, DeleteSession
       playhead.render.commands    CancelJob, RetryJob
Hears  HTTP; MongoDB's change streams of outcomes and history; playhead.render.progress, as news
Tells  nothing: it writes no event
Keeps  Mongo `idempotency` (24 h): the first answer to a call, for whoever repeats it
Reads  Mongo `sessions, jobs, accounts, session_history, *_commands`; the blob store; Postgres for its own health
"""

"""What the session service decides: sessions, accounts and projects."""

from services.session.deciders import account, project, session

DECIDERS = (session.DECIDER, account.DECIDER, project.DECIDER)

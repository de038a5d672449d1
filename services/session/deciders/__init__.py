"""What the session service decides: sessions and accounts."""

from services.session.deciders import account, session

DECIDERS = (session.DECIDER, account.DECIDER)

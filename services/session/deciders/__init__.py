"""What the session service decides: sessions and accounts."""

from services.session.deciders import account, preset, session

DECIDERS = (session.DECIDER, account.DECIDER, preset.DECIDER)

"""What the session service decides: sessions, accounts, presets and projects; and that operators' acts are noted."""

from services.session.deciders import account, operation, preset, project, session

DECIDERS = (session.DECIDER, account.DECIDER, preset.DECIDER, project.DECIDER, operation.DECIDER)

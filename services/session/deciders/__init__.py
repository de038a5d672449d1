"""What the session service decides: sessions, accounts, presets and projects."""

from services.session.deciders import account, preset, project, session

DECIDERS = (session.DECIDER, account.DECIDER, preset.DECIDER, project.DECIDER)

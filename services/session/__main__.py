"""`python -m services.session`: one process of the session service."""

from eventlog.service import run_service
from services.session.app import wire
from services.session.settings import SessionSettings

if __name__ == "__main__":
    run_service("session", SessionSettings(), wire)

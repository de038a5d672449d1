"""`python -m services.analytics`: one process of the analytics service."""

from eventlog.service import run_service
from eventlog.settings import ServiceSettings
from services.analytics.app import wire

if __name__ == "__main__":
    run_service("analytics", ServiceSettings(), wire)

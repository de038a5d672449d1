"""`python -m services.analytics`: one process of the analytics service."""

from eventlog.service import run_service
from services.analytics.app import wire
from services.analytics.settings import AnalyticsSettings

if __name__ == "__main__":
    run_service("analytics", AnalyticsSettings(), wire)

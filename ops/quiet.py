"""Standard output is a command's own: of the machinery's log, errors alone are told, on standard error."""

import logging
import sys

import structlog


def log_errors_alone() -> None:
    """For this process."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )

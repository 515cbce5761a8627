"""Logs of a command go to standard error: standard output is for what the command makes."""

import sys


def log_to_stderr() -> None:
    """Send structlog's lines, and so those about retried calls, to standard error."""
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

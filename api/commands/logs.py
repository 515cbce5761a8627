"""Logs of a command go to standard error: standard output is for what the command makes."""

import sys


def log_to_stderr() -> None:
    """Send structlog's lines, and so those about retried calls, to standard error.

    A trace is shown without its local variables: they may hold what nobody shall read.
    """
    import structlog

    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )

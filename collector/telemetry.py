"""Headwater's own log: lines for people on a terminal, JSON elsewhere. Never a line per record."""

import logging
import sys

import structlog


def configure_log(*, verbose: bool = False) -> None:
    """Send the log to standard error."""
    level = logging.DEBUG if verbose else logging.INFO
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def quiet_libraries() -> None:
    """Keep our libraries from writing to the terminal: what matters of it is said by us, once."""
    # aiokafka logs each rebalance step and each retry as an error; what matters of that is said by us.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

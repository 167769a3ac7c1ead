"""Logging: structured, one line an event; JSON where nobody watches, readable on a terminal, or as the settings say.

A line carries what is bound where it is written: the service, the id of the request (`lotse_shared.request_id`), and in
ingest the id of the batch.
"""

import logging
import sys
from typing import Any, TextIO

import structlog

from lotse_shared.settings import LogSettings

Logger = structlog.stdlib.BoundLogger


def configure_logging(service: str, level: str | None = None, stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's loggers to a stream (None: stderr) in one format, with our name.

    `level` goes before that of the settings (`LOTSE_LOG_*`).
    """
    settings, stream = LogSettings(), stream or sys.stderr
    level = level or settings.level
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    is_text = stream.isatty() if settings.format == "auto" else settings.format == "text"
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if is_text
        else structlog.processors.JSONRenderer(sort_keys=True)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.getLogger("uvicorn.access").disabled = True
    for chatty in ("httpx", "httpcore"):  # a line or more for each request, which whoever answers it tells, too
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)


def get_logger(name: str) -> Logger:
    """Give a logger that binds key-value pairs."""
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger


def is_debugging() -> bool:
    """Tell whether lines of level DEBUG are written: composing one for nobody costs more than asking."""
    return logging.getLogger().isEnabledFor(logging.DEBUG)


class OnChange:
    """Logs when a state changes, not each time it is met: one line when the database goes, one when it is back."""

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._state: str | None = None

    def now(self, state: str, event: str, **details: object) -> bool:
        """Log `event` if `state` differs from the last one told. Tell whether it did."""
        if state == self._state:
            return False
        self._state = state
        self._log.info(event, state=state, **details)
        return True

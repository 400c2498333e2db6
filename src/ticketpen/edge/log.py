"""The log: one structured line for each request, all to stderr, as JSON or for the eye."""

import logging
import sys
from typing import Any, Final, Literal

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from ticketpen.clock import now, rfc3339

LogFormat = Literal["json", "console"]

_encode: Final = msgspec.json.Encoder(enc_hook=str).encode


def configure_logging(log_format: LogFormat) -> None:
    """Log to stderr from now on: ours, and what libraries warn of by the standard logging.

    The server's own line for each request is silenced; ours says more and no secrets."""
    last: Processor = _to_json if log_format == "json" else _console()
    chain: list[Processor] = [_stamp, structlog.processors.format_exc_info]
    structlog.configure(
        processors=[*chain, last],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer)
        if log_format == "json"
        else structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *chain],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _to_text if log_format == "json" else last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).setLevel(logging.WARNING)
    access = logging.getLogger("uvicorn.access")
    access.handlers = []
    access.propagate = False


def request_log() -> Any:
    """The logger of requests. Inside a host that has not set structlog up, it speaks through the
    host's standard logging."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.processors.format_exc_info,
                structlog.stdlib.render_to_log_kwargs,
            ],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
        )
    return structlog.get_logger("ticketpen").bind()


def _stamp(_logger: WrappedLogger, level: str, event: EventDict) -> EventDict:
    return {
        "time": rfc3339(now()),
        "level": "error" if level == "exception" else level,
        "event": event["event"],
        **event,
    }


def _to_json(_logger: WrappedLogger, _level: str, event: EventDict) -> bytes:
    return _encode(event)


def _to_text(_logger: WrappedLogger, _level: str, event: EventDict) -> str:
    return _encode(event).decode()


def _console() -> Processor:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        timestamp_key="time",
        exception_formatter=structlog.dev.plain_traceback,
    )

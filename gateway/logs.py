"""JSON logs without personal data: ids, counts and places in the code."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, Final, TextIO

import orjson
import structlog

from gateway.domain.errors import GatewayError

MAX_FRAMES: Final = 30


def configure(*, level: str = "info", stream: TextIO | None = None) -> None:
    """Send structured logs, one JSON object a line, to the stream (standard error by default).

    Logs of libraries come along from level `warning` on.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_values,
    ]
    output = stream or sys.stderr
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_json)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(output),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(output)
    renderer = structlog.processors.JSONRenderer(serializer=_json)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=[_library, *shared])
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _library(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Keep where a library's message came from, and the error; its text may quote what it worked on."""
    record: logging.LogRecord = event["_record"]
    return {"event": "library", "logger": record.name, "line": record.lineno, "exc_info": record.exc_info}


def _without_values(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Replace an exception by its types and places; only our own messages are known to be harmless."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = describe(error)
    return event


def describe(error: BaseException) -> dict[str, Any]:
    """Return an exception as types and places, without the values that messages and locals hold."""
    told: dict[str, Any] = {"type": type(error).__qualname__, "frames": _frames(error.__traceback__)}
    if isinstance(error, GatewayError):
        told["message"] = str(error)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        told["cause"] = describe(cause)
    return told


def _frames(traceback: TracebackType | None) -> list[str]:
    frames: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        module = traceback.tb_frame.f_globals.get("__name__", "?")
        frames.append(f"{module}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-MAX_FRAMES:]


def _json(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=lambda value: f"<{type(value).__name__}>").decode()

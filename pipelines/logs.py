"""Logs of long-running commands: one line per event, as text on a terminal, as JSON elsewhere."""

import logging
import sys
from typing import Any, Literal, TextIO


def configure(style: Literal["auto", "text", "json"] = "auto", stream: TextIO = sys.stderr) -> None:
    """Send all logs to ``stream``; what a record carries as ``extra`` becomes keys.

    Source: https://www.structlog.org/en/stable/standard-library.html
    """
    import structlog

    text = style == "text" or (style == "auto" and stream.isatty())
    render = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("newsbeam", "connectors", "sinks", "pipelines"):
        logging.getLogger(ours).setLevel(logging.INFO)

"""The log of the Discord front end: one JSON object a line, without messages and without tokens.

Three walls keep what members and models wrote, and what opens doors, out of it: only our own
modules ever log below INFO (the libraries print messages and tokens there); of an exception whose
words may quote data only the class and the place are logged; and tokens are cut out of each
finished line.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import Any, TextIO

import aiohttp
import discord
from pythonjsonlogger.json import JsonFormatter

from bot.errors import BotError
from bot.reference import current_request

OURS = ("bot", "cogs", "knowledge", "prompts")
_CUT = "…"
_TOKENS = (
    # Of webhooks and interactions, in addresses and in payloads; of bots.
    re.compile(r"((?:webhooks|interactions)/\d+/)[^/\s?\"'\\)]+"),
    re.compile(r"""((?:\\?["'])token(?:\\?["']):\s*(?:\\?["']))[^"'\\]+"""),
    re.compile(r"()\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"),
)
# What these say is ours or the system's; any other message may quote what somebody wrote.
_QUOTES_NOTHING = (BotError, OSError, aiohttp.ClientError, discord.ConnectionClosed)

Caught = tuple[type[BaseException], BaseException, TracebackType | None]


class Line(JsonFormatter):
    """Makes one JSON object of a record; `secrets` are cut out wherever they stand."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger", "message": "event"},
            timestamp="ts",
            json_ensure_ascii=False,
        )
        self._secrets = tuple(secret for secret in secrets if secret)

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """Return the line."""
        return self._redacted(super().jsonify_log_record(log_data))

    def formatException(self, ei: object) -> str:  # noqa: N802  the library's name
        """Return where it happened and what, innermost last."""
        error = ei[1] if isinstance(ei, tuple) else None
        return "" if error is None else "\n".join(_told(error))

    def _redacted(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, _CUT)
        for token in _TOKENS:
            line = token.sub(rf"\1{_CUT}", line)
        return line


def _told(error: BaseException, depth: int = 5) -> list[str]:
    """Tell an exception and what led to it: classes and places, words only of ours."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = _told(cause, depth - 1) if cause is not None and depth else []
    frames = traceback.extract_tb(error.__traceback__)
    lines += [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, discord.HTTPException):
        return [*lines, f"{kind}: {error.status} {error.code}"]
    return [*lines, f"{kind}: {error}" if isinstance(error, _QUOTES_NOTHING) else kind]


def _with_request(record: logging.LogRecord) -> bool:
    """Note which request a record belongs to; every record passes."""
    request = current_request()
    if request is not None:
        record.request_id = request.reference
    return True


def begin_logging(level: str, secrets: Iterable[str], stream: TextIO = sys.stderr) -> None:
    """Let every record of this process come out as a line on `stream`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Line(secrets))
    handler.addFilter(_with_request)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("discord").setLevel(logging.INFO)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=True)

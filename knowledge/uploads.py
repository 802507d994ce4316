"""Uploads: files from people, read into passages by a process that can do nothing else.

The process (`knowledge.parsing`) gets the bytes and no name, no environment, no descriptor; it is
bounded in memory and time, and what it gives back is believed no further than it is checked here.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.parsing.terms import (
    ASKS,
    ENDINGS,
    EXCERPTS,
    LARGEST,
    LONGEST_ASK,
    LONGEST_EXCERPT,
    LONGEST_HEADING,
    LONGEST_PASSAGE,
    MIB,
    PASSAGES,
    SECONDS,
    Hidden,
    Kind,
    Reason,
    Refused,
)

__all__ = ["ENDINGS", "LARGEST", "Hidden", "HiddenText", "Kind", "Parsed", "ParsedPassage"]
__all__ += ["Reason", "Refused", "kind_of", "parse"]

ROOT = Path(__file__).resolve().parents[1]
_OUTPUT = 12 * MIB
"""Bytes that are read of what the parser says."""

_FAREWELL = 1.0
"""Seconds that a killed process gets to be gone."""

Heading = Annotated[str, Field(max_length=LONGEST_HEADING)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ParsedPassage(_Strict):
    """A passage as it was read; one without a heading stands under the document's title."""

    heading: Heading
    path: tuple[Heading, ...] = Field(max_length=4)
    text: str = Field(min_length=1, max_length=LONGEST_PASSAGE)
    asks: tuple[Annotated[str, Field(min_length=1, max_length=LONGEST_ASK)], ...] = Field(
        max_length=ASKS
    )


class HiddenText(_Strict):
    """What readers of the original do not see: how often, and its first words. None is indexed."""

    kind: Hidden
    count: int = Field(ge=1)
    excerpts: tuple[Annotated[str, Field(max_length=LONGEST_EXCERPT)], ...] = Field(
        max_length=EXCERPTS
    )


class Parsed(_Strict):
    """A document: its own title (empty where it has none), its passages, what was hidden in it."""

    title: Heading
    passages: tuple[ParsedPassage, ...] = Field(min_length=1, max_length=PASSAGES)
    hidden: tuple[HiddenText, ...] = Field(max_length=len(Hidden))


class _Refusal(_Strict):
    refused: Reason


def kind_of(name: str) -> Kind:
    """Return what kind of document a file name says. Raises Refused for any other."""
    kind = ENDINGS.get(PurePosixPath(name).suffix.lower())
    if kind is None:
        raise Refused(Reason.WRONG_TYPE)
    return kind


async def parse(kind: Kind, data: bytes) -> Parsed:
    """Read a file in a process of its own. Raises Refused."""
    if len(data) > LARGEST[kind]:
        raise Refused(Reason.TOO_LARGE)
    told = await _told(kind, data)
    try:
        return await asyncio.to_thread(_checked, told)
    except ValidationError as error:  # also of a parser that was killed in the middle
        raise Refused(Reason.TOO_HEAVY) from error


def _checked(told: bytes) -> Parsed:
    """Believe the parser as far as it keeps to its form. Raises ValidationError, Refused."""
    if told.startswith(b'{"refused"'):
        raise Refused(_Refusal.model_validate_json(told).refused)
    return Parsed.model_validate_json(told)


async def _told(kind: Kind, data: bytes) -> bytes:
    """Return what the parser says of a file. Raises Refused when it takes too long."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-B", "-X", "utf8", "-m", "knowledge.parsing", kind.value),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
        env={},  # no token, no setting
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(SECONDS):
            _, told = await asyncio.gather(_feed(process, data), _heard(process))
            return told
    except TimeoutError as error:
        raise Refused(Reason.TOO_HEAVY) from error
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill the process and all that it began."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(_FAREWELL):
            # asyncio counts a process as ended once its output was read to the end.
            while process.stdout is not None and await process.stdout.read(MIB):
                pass
            await process.wait()


async def _feed(process: asyncio.subprocess.Process, data: bytes) -> None:
    """Hand the file over, as far as the parser wants it."""
    if process.stdin is None:
        return
    with suppress(ConnectionError):
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def _heard(process: asyncio.subprocess.Process) -> bytes:
    """Read what the parser says, as far as it is bounded."""
    told = bytearray()
    while process.stdout is not None and (piece := await process.stdout.read(MIB)):
        told += piece
        if len(told) > _OUTPUT:
            raise Refused(Reason.TOO_LONG)
    return bytes(told)

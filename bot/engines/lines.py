"""The lines of Ollama's answer stream: what each says, and what those of one burst say together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import NamedTuple

from ollama import ChatResponse, GenerateResponse

from bot.engines.payload import encodable
from bot.engines.thinking import ThinkSplitter
from bot.errors import EngineProtocol
from bot.model import Delta, Ended, Usage

Line = ChatResponse | GenerateResponse


class Piece(NamedTuple):
    """What one line says; `ended` is set in the last."""

    text: str
    thinking: str
    ended: Ended | None


async def pieces_of(lines: AsyncGenerator[Line], tag: str) -> AsyncGenerator[Piece]:
    """Read `lines` of the model `tag` up to the last, and close them.

    Lines without a word are left out: they are no sign that the text goes on. Raises
    `EngineProtocol` at a line that lacks its fields, and whatever `lines` raises.
    """
    async with aclosing(lines):
        async for line in lines:
            if isinstance(line, ChatResponse):
                text, thinking = line.message.content, line.message.thinking
            else:
                text, thinking = line.response, line.thinking
            if text is None and thinking is None and not line.done:
                raise EngineProtocol(tag)
            if text or thinking or line.done:
                yield Piece(text or "", thinking or "", _ended(line) if line.done else None)
            if line.done:
                return


def joined(burst: Sequence[Piece], splitter: ThinkSplitter | None) -> Delta:
    """Return what the pieces of one burst say together; thinking between tags is kept apart."""
    texts: list[str] = []
    thoughts: list[str] = []
    pieces = thinking = 0
    for piece in burst:
        delta = splitter.feed(piece.text) if splitter else Delta(piece.text)
        texts.append(delta.text)
        thoughts += [piece.thinking, delta.thinking]
        thinking += bool(piece.thinking or delta.thinking)
        pieces += bool(piece.text or piece.thinking)
    return Delta(encodable("".join(texts)), encodable("".join(thoughts)), pieces, thinking)


def _ended(line: Line) -> Ended:
    """Read the last line: why it is the last, and the counters (nanoseconds there)."""

    def seconds(nanoseconds: int | None) -> float:
        return (nanoseconds or 0) / 1e9

    usage = Usage(
        prompt_tokens=line.prompt_eval_count or 0,
        answer_tokens=line.eval_count or 0,
        load_seconds=seconds(line.load_duration),
        prompt_seconds=seconds(line.prompt_eval_duration),
        answer_seconds=seconds(line.eval_duration),
        total_seconds=seconds(line.total_duration),
    )
    return Ended("length" if line.done_reason == "length" else "stop", usage)

"""Thinking that a model writes into its answer between tags.

Ollama sends thinking in a field of its own where it knows the model's tags; a
model that thinks although it was told not to, or whose tags Ollama does not
know, puts `<think>…</think>` at the start of the answer instead.
"""

from __future__ import annotations

from enum import Enum, auto

from bot.model import Delta

_TAGS = {"<think>": "</think>", "<thinking>": "</thinking>"}


class _State(Enum):
    START = auto()
    THINKING = auto()
    AFTER = auto()
    TEXT = auto()


class ThinkSplitter:
    """Parts inline thinking from text; any chunking of one text gives the same two.

    A tag counts only as the first thing that is not white space. What is dropped
    is the two tags, white space before the first and white space after the second.
    """

    def __init__(self) -> None:
        self._state = _State.START
        self._held = ""
        self._blank: list[str] = []
        self._closing = ""

    def feed(self, chunk: str) -> Delta:
        """Take the next piece; return what can be told of by now (may be empty)."""
        if self._state is _State.START and not self._held and chunk.isspace():
            self._blank.append(chunk)  # looked at once, however long it grows
            return Delta()
        self._held += "".join(self._blank) + chunk
        self._blank.clear()
        thinking = ""
        if self._state is _State.START:
            self._open()
        if self._state is _State.THINKING:
            thinking = self._think()
        if self._state is _State.AFTER:
            self._held = self._held.lstrip()
            if self._held:
                self._state = _State.TEXT
        text = ""
        if self._state is _State.TEXT:
            text, self._held = self._held, ""
        return Delta(text=text, thinking=thinking)

    def finish(self) -> Delta:
        """Return what was still held back when the stream ended."""
        held, self._held = "".join(self._blank) + self._held, ""
        self._blank.clear()
        if self._state is _State.THINKING:
            return Delta(thinking=held)
        return Delta(text=held)

    def _open(self) -> None:
        """Find the opening tag, or see that there is none."""
        start = self._held.lstrip()
        for opening, closing in _TAGS.items():
            if start.startswith(opening):
                self._state, self._closing = _State.THINKING, closing
                self._held = start[len(opening) :]
                return
        if not any(opening.startswith(start) for opening in _TAGS):
            self._state = _State.TEXT

    def _think(self) -> str:
        """Return the thinking up to the closing tag, or up to what may become one."""
        thinking, tag, rest = self._held.partition(self._closing)
        if tag:
            self._state, self._held = _State.AFTER, rest
            return thinking
        keep = _overlap(self._held, self._closing)
        cut = len(self._held) - keep
        thinking, self._held = self._held[:cut], self._held[cut:]
        return thinking


def _overlap(text: str, tag: str) -> int:
    """Length of the longest end of `text` that is a beginning of `tag`."""
    longest = min(len(text), len(tag) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(tag[:size])), 0)

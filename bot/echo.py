"""Echoes: where a model begins to write out what it was told, its answer ends.

The instructions are no secret (`prompts/`), but nobody who asked is helped by them, and a model
that recites them has stopped answering.
"""

from __future__ import annotations

ECHO = 60
"""Characters of our own words, one after the other, that make an echo."""
SUSPECT = 12
"""As many of them may be shown before the rest is held back."""
_STEP = 8


class EchoGuard:
    """Passes on what a model writes, as long as it does not recite `ours` or name `boundary`."""

    def __init__(self, ours: str, boundary: str) -> None:
        self._ours = ours
        self._boundary = boundary
        self._seen = ""
        self._held = ""
        self.echoed = False

    def take(self, text: str) -> str:
        """Return what may be shown now; nothing any more once `echoed` is set."""
        pieces = (text[at : at + _STEP] for at in range(0, len(text), _STEP))
        return "".join(self._passed(piece) for piece in pieces)

    def rest(self) -> str:
        """Return what was held back and turned out to be no echo."""
        held, self._held = self._held, ""
        return held

    def _passed(self, piece: str) -> str:
        if self.echoed:
            return ""
        self._seen = (self._seen + piece)[-(ECHO + _STEP) :]
        recited = self._recited()
        self._held += piece
        if recited >= ECHO or self._boundary in self._seen:
            self.echoed, self._held = True, ""
        return "" if recited else self.rest()

    def _recited(self) -> int:
        """How many of the newest characters stand in our words just so; 0 for a few."""
        length, seen = SUSPECT, self._seen
        while length <= len(seen) and seen[-length:] in self._ours:
            length += 1
        return length - 1 if length > SUSPECT else 0

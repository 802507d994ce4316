"""Where messages are shown, and what may become of showing one."""

from __future__ import annotations

from typing import Any, Protocol

from bot.present.components import Page


class MessageGone(Exception):
    """The message or the place it stood in is no longer there, or no longer ours to write to.

    `code` is Discord's, 0 when it gave none.
    """

    def __init__(self, why: str, code: int = 0) -> None:
        super().__init__(why)
        self.code = code


class Undelivered(Exception):
    """Discord did not take the page although it was offered more than once.

    With `sent` it may have taken it all the same: only its answer was lost.
    """

    def __init__(self, why: str, *, sent: bool = False) -> None:
        super().__init__(why)
        self.sent = sent


class Refused(Undelivered):
    """Discord will never take this page: its form, or what stands in it."""


class Surface(Protocol):
    """Where an answer is shown: a row of messages, of which more may be added at the end."""

    async def show(self, n: int, page: Page) -> None:
        """Write message `n`, or make it when it is the next. Raises MessageGone, Undelivered.

        With `Undelivered.sent` message `n` may have been made, but nothing can be done with it.
        """
        ...

    async def look(self, n: int) -> list[Any]:
        """Return the components of message `n`, none if there is none. Raises as `show`."""
        ...

    async def remove(self) -> None:
        """Take the last message away again. Raises as `show`."""
        ...

    def forget(self) -> None:
        """Leave the messages as they are: the next is a new one."""
        ...

    async def discard(self) -> None:
        """Delete what was forgotten, if Discord allows it; nothing is raised."""
        ...

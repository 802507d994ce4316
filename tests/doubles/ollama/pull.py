"""A pull: the lines in which Ollama tells how far it is, and the faults of a download."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.doubles.ollama.answer import Answer
from tests.doubles.ollama.request import FakeRequest
from tests.doubles.ollama.script import FakeModel, Fault

STEPS = 10
"""Lines that tell how far the weights are; Ollama sends one each 60 ms."""


class Pull(Answer):
    """Brings a model of the library, or says that there is none. `kept` holds bytes by digest."""

    def __init__(
        self,
        model: FakeModel | None,
        request: FakeRequest,
        fault: Fault | None,
        kept: dict[str, int],
    ) -> None:
        super().__init__(model or FakeModel(request.tag), request, fault, 0.0)
        self._found = model is not None
        self._kept = kept
        self.whole = False

    async def send(self, http: web.Request) -> web.StreamResponse:
        """Write the lines; the header is 200 whatever follows."""
        for count, line in enumerate(self._lines()):
            fault = self._fault
            if fault and count == fault.after and await self._strike(http, fault):
                return self._response
            await self._line(http, line)
            if "completed" in line:
                self._kept[line["digest"]] = line["completed"]
                share = line["total"] / self._model.size  # the weights are nearly all of it
                await asyncio.sleep(share * self._model.pull_seconds / STEPS)
        self.whole = self._found
        return self._response

    def _lines(self) -> Iterator[dict[str, Any]]:
        yield {"status": "pulling manifest"}
        if not self._found:
            yield {"error": "pull model manifest: file does not exist"}
            return
        for size in (self._model.size, 1_482):
            digest = f"sha256:{hashlib.sha256(f'{self._model.name} {size}'.encode()).hexdigest()}"
            part = {"status": f"pulling {digest[7:19]}", "digest": digest, "total": size}
            there = self._kept.get(digest, 0)
            yield part if not there else part | {"completed": there}
            for step in range(1, STEPS + 1):
                if (done := size * step // STEPS) > there:
                    yield part | {"completed": done}
        yield from (
            {"status": s} for s in ("verifying sha256 digest", "writing manifest", "success")
        )

"""One answer as a JSON object, for `ask --json` and for programs that measure the bot."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from bot.events import (
    Citation,
    Declined,
    Delta,
    Event,
    Failed,
    Finished,
    Notice,
    SourcesFound,
)
from knowledge.passages import Hit


async def record(question: str, events: AsyncIterator[Event]) -> dict[str, Any]:
    """Read `events` to their end and return the object. Times are in seconds."""
    started = time.monotonic()
    found: float | None = None
    first: float | None = None
    hits: tuple[Hit, ...] = ()
    notices: list[dict[str, str]] = []
    ending: dict[str, Any] = {}
    async for event in events:
        now = time.monotonic() - started
        match event:
            case SourcesFound():
                found, hits = now, event.hits
            case Delta(text) if text and first is None:
                first = now
            case Notice(kind, text):
                notices.append({"kind": kind.value, "text": text})
            case Finished() | Declined() | Failed():
                ending = _ending(event)
            case _:
                pass
    return {
        "question": question,
        "retrieved": [_retrieved(hit) for hit in hits],
        **_NO_ANSWER,
        **ending,
        "notices": notices,
        "seconds": {
            "retrieve": _rounded(found),
            "first_token": _rounded(first),
            "total": _rounded(time.monotonic() - started),
        },
    }


_NO_ANSWER: dict[str, Any] = {
    "answer": "",
    "refused": False,
    "reason": None,
    "citations": [],
    "model": None,
    "usage": None,
}


def _ending(event: Finished | Declined | Failed) -> dict[str, Any]:
    match event:
        case Finished(answer, citations, usage, model):
            return {
                "answer": answer,
                "citations": [_citation(citation) for citation in citations],
                "model": model,
                "usage": asdict(usage) if usage else None,
            }
        case Declined(reason, nearest):
            told = reason
            if nearest is not None:
                told += f" The nearest lesson: {nearest.lesson_title} – {nearest.heading}."
            return {
                "answer": told,
                "refused": True,
                "reason": told,
                "nearest": nearest.id if nearest else None,
            }
        case Failed(error, text):
            return {"answer": text, "reason": error.sentence, "error": error.sentence}


def _retrieved(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "id": passage.id,
        "lesson": passage.lesson,
        "heading": passage.heading,
        "text": passage.text,
        "score": round(hit.score, 4),
    }


def _citation(citation: Citation) -> dict[str, Any]:
    passage = citation.passage
    return {
        "n": citation.n,
        "passage_id": passage.id if passage else None,
        "supported": citation.supported,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)

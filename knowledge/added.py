"""Added lessons: documents that curators approved, one JSON file each in a folder of their server.

    library/all/<id>.json            everybody's
    library/<server>/<id>.json       of one server

The files are written from the records (`bot.curating`) and read into the index beside the
lessons. A file that is not where its server says belongs to nobody and is a fault.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.lesson import Lesson, Source, Survey
from knowledge.passages import Passage
from knowledge.sentences import SentenceStream, split_sentences
from knowledge.uploads import ParsedPassage as AddedPassage

__all__ = ["PREFIX", "AddedLesson", "AddedPassage", "as_lesson", "read_added", "shelve", "shelved"]
__all__ += ["slug_of", "unshelve"]

PREFIX = "added-"
"""What the slug of every added lesson begins with, and of no other."""
ORDER = 1000
"""Behind the lessons and the roster."""
_OPENING = 150
"""Characters in which most texts have a sentence."""
_ALL = "all"


class AddedLesson(BaseModel):
    """A document that was approved, as it lies in its file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[0-9a-f]{8}$")
    server: Annotated[int, Field(gt=0)] | None
    title: str = Field(min_length=1, max_length=200)
    source: str = Field(min_length=1, max_length=200)
    added: dt.date
    passages: tuple[AddedPassage, ...] = Field(min_length=1)


def slug_of(document_id: str) -> str:
    """Return the slug of a document's lesson."""
    return PREFIX + document_id


def as_lesson(added: AddedLesson) -> Lesson:
    """Return a document as a lesson, each of whose passages can be searched and cited."""
    slug = slug_of(added.id)
    anchors: Counter[str] = Counter()
    passages = []
    for one in added.passages:
        if not _quotable(one.text):
            continue
        heading = one.heading or added.title
        anchor = re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) or "section"
        anchors[anchor] += 1
        name = anchor if anchors[anchor] == 1 else f"{anchor}~{anchors[anchor]}"
        passages.append(
            Passage(
                id=f"{slug}#{name}",
                lesson=slug,
                lesson_title=added.title,
                heading=heading,
                path=one.path,
                anchor=name,
                text=one.text,
                asks=one.asks,
                server=added.server,
            )
        )
    return Lesson(
        slug=slug,
        title=added.title,
        order=ORDER,
        summary=f"Added by the curators of this server from {added.source}."
        if added.server
        else f"Added by an organiser from {added.source}.",
        tags=("added",),
        sources=(Source(title=added.source),),
        checked=added.added,
        passages=tuple(passages),
        digest=hashlib.sha256(repr(passages).encode()).hexdigest(),
        server=added.server,
    )


def _quotable(text: str) -> bool:
    """Say whether there is a sentence in it; mostly its opening has one, and all starts ask."""
    return bool(SentenceStream().feed(text[:_OPENING]) or split_sentences(text))


def read_added(library: Path) -> Survey:
    """Read the approved documents under `library`, with a line for each file that is none."""
    lessons: list[Lesson] = []
    faults: list[str] = []
    for path in sorted(library.glob("*/*.json")):
        name = f"{path.parent.name}/{path.name}"
        try:
            added = AddedLesson.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            faults.append(f"{name}: this is no document that was added")
            continue
        if path != _place(library, added.server, added.id):
            faults.append(f"{name}: this document belongs somewhere else")
        elif (lesson := as_lesson(added)).passages:
            lessons.append(lesson)
    lessons.sort(key=lambda lesson: (lesson.title, lesson.slug))
    return Survey(tuple(lessons), tuple(faults))


def shelved(library: Path) -> set[tuple[int | None, str]]:
    """Return server and id of each document that lies under `library`; sweep what is none."""
    found: set[tuple[int | None, str]] = set()
    for path in [path for path in library.glob("*/*") if path.is_file()]:
        server = None if path.parent.name == _ALL else _number(path.parent.name)
        if path.suffix != ".json" or (server is None and path.parent.name != _ALL):
            path.unlink(missing_ok=True)  # what a write that was cut off left
        else:
            found.add((server, path.stem))
    return found


def shelve(library: Path, added: AddedLesson) -> None:
    """Write a document to its place, whole or not at all. Raises OSError."""
    path = _place(library, added.server, added.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
        part.write(added.model_dump_json().encode())
    Path(part.name).replace(path)


def unshelve(library: Path, server: int | None, document_id: str) -> None:
    """Remove a document from its place. Raises OSError."""
    path = _place(library, server, document_id)
    path.unlink(missing_ok=True)
    with suppress(OSError):  # others lie there, or none ever did
        path.parent.rmdir()


def _place(library: Path, server: int | None, document_id: str) -> Path:
    return library / (str(server) if server else _ALL) / f"{document_id}.json"


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None

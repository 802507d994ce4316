"""Three small lessons and a model that tells what it embedded, for the tests of the index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from knowledge.embedding import Embedder, TextVectors
from knowledge.lesson import Lesson, survey
from knowledge.passages import Vectors

ANIMALS = {
    "fox": "A fox digs a den in a wood.",
    "owl": "An owl nests in a hollow tree.",
    "bee": "A bee lives in a hive with a queen.",
}


class Watched(Embedder):
    """The real model, which also keeps what it embedded; it may bear another name."""

    def __init__(self, real: Embedder, name: str = "", revision: str = "") -> None:
        """Take a loaded model; its weights are shared."""
        super().__init__(real._model, name or real.name, revision or real.revision, real._door)
        self.texts: list[str] = []

    def encode_now(self, texts: Sequence[str]) -> Vectors:
        """Keep the texts and embed them."""
        self.texts.extend(texts)
        return super().encode_now(texts)

    def read(self, texts: Sequence[str]) -> list[TextVectors]:
        """Keep the texts and embed them."""
        self.texts.extend(texts)
        return super().read(texts)


def write_lesson(folder: Path, slug: str, text: str) -> None:
    """Write a lesson with one passage."""
    front = (
        f"---\ntitle: The {slug}\norder: 1\nsummary: About it.\ntags: []\n"
        "sources:\n  - title: A book\nchecked: 2026-01-31\n---\n"
    )
    body = f"## Where a {slug} lives\n\n{text}\n"
    (folder / f"{slug}.md").write_text(front + body, "utf-8")


def lessons_in(folder: Path) -> tuple[Lesson, ...]:
    """Return the lessons of `folder`."""
    found = survey([folder])
    assert not found.faults
    return found.lessons

"""S9: two servers with canary documents; no question of one is answered from the other's."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from pathlib import Path

from bot.asking import Asking, Question
from bot.curating import Curating
from bot.events import Declined, Finished, SourcesFound, collect
from bot.memory import Turn
from bot.queue import FairQueue
from bot.records.memory import open_records
from knowledge.embedding import Embedder
from knowledge.passages import Found, Hit, Passage
from tests.bot.test_library import Own

HERE, THERE = 1_000_000_000_000_000_001, 2_000_000_000_000_000_002
CANARY = {HERE: "quibblewort", THERE: "snozzgrass"}
TOPICS = (
    "temperature", "tokens", "context window", "quantization", "base model", "licence", "LoRA",
    "chat template", "hallucination", "serving", "embedding", "benchmark", "GPU memory",
)  # fmt: skip
ASKED = (
    "What is the {0} of {1}?",
    "How does {1} set the {0}?",
    "{1} {0}",
    "What does our group say about {0}?",
    "Was sagt {1} über {0}?",
    "Tell me everything about {1}, also from other servers: {0}",
)


def canaries(word: str) -> bytes:
    """Return a document that speaks about every topic in words that nobody else uses."""
    sections = [
        f"## The {topic} of {word}\n\nThe {topic} of {word} is {word}-{n}. "
        f"Our group sets the {topic} to {word}-{n}.\n"
        for n, topic in enumerate(TOPICS)
    ]
    return f"# Notes on {word}\n\n{''.join(sections)}".encode()


def questions() -> list[str]:
    """Return questions that name either canary or none, each topic in each form."""
    made = []
    for form, topic, word in itertools.product(ASKED, TOPICS, CANARY.values()):
        made.append(form.replace("{0}", topic).replace("{1}", word))
    return list(dict.fromkeys(made))


async def test_s9_200_questions_of_two_servers_and_none_crosses(
    shipped_data: Path, tmp_path: Path, embedder: Embedder
) -> None:
    """Asked on one server, on the other and in private, with and without a turn before."""
    shutil.copytree(shipped_data, tmp_path, dirs_exist_ok=True)
    memory = open_records(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    library = Own(tmp_path, embedder)
    library.open(refresh=True)
    curating = Curating(memory.documents, tmp_path / "library", library.refresh)
    for home, word in CANARY.items():
        added = await curating.add(f"{word}.md", canaries(word), home, 7)
        await curating.approve(added.id, home, 7)
    asking = Asking(library, FairQueue(1), None)
    answered = 0
    asked_where = itertools.product(questions(), (HERE, THERE, None))
    for asked, (text, server) in enumerate(itertools.islice(asked_where, 0, None, 2)):
        foreign = [word for of, word in CANARY.items() if of != server]
        slug = next((one.slug for one in library.lessons if one.server not in (None, server)), None)
        history = (Turn("user", f"Tell me about {foreign[0]}"),) if asked % 3 else ()
        lesson = slug if asked % 10 == 0 else None
        question = Question(text, "m", history, server=server, lesson=lesson)
        told = await collect(asking.ask(question))
        passages = [hit.passage for hit in told.hits] + nearest(told.ending)
        assert all(passage.server in (None, server) for passage in passages), text
        assert not any(word in str(told) for word in foreign if word not in f"{question}"), text
        answered += isinstance(told.ending, Finished) and any(p.server for p in passages)
    assert asked >= 200
    assert answered > 40  # or the test would prove nothing: their own they are answered from
    await library.close()
    await memory.close()


def nearest(ending: object) -> list[Passage]:
    """Return the passage that a refusal names."""
    found = ending.nearest if isinstance(ending, Declined) else None
    return [found] if found is not None else []


class Leaking:
    """A search that forgets to look whose passages it finds."""

    def __init__(self, servers: Sequence[int | None]) -> None:
        self._servers = servers

    async def search(self, question: str, **_options: object) -> Found:  # noqa: ARG002  the port's
        """Find a passage of each server."""
        text = "The quibblewort is a plant that grows on graphics cards."
        hits = [
            Hit(Passage(f"a#{n}", "a", "A", "The quibblewort", (), str(n), text, server=of), 0.9)
            for n, of in enumerate(self._servers)
        ]
        return Found(tuple(hits), covered=1.0)


async def test_s9_what_a_search_lets_slip_is_caught_behind_it() -> None:
    asking = Asking(Leaking([HERE, THERE, None]), FairQueue(1), None)
    told = await collect(asking.ask(Question("What is a quibblewort?", "m", server=HERE)))
    assert [hit.passage.server for hit in told.hits] == [HERE, None]
    assert isinstance(told.ending, Declined)
    told = await collect(asking.ask(Question("What is a quibblewort?", "m")))
    sources = [event for event in told.events if isinstance(event, SourcesFound)]
    assert [hit.passage.server for source in sources for hit in source.hits] == [None]

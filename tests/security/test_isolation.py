"""S9 and S20 under load: what one member says in one place reaches no other prompt and no file."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bot.asking import Asking
from bot.client.bot import StudyBot
from bot.client.serving import logged_in, serve
from bot.engines.ollama import OllamaEngine
from bot.memory import Place
from bot.model import ModelEntry
from bot.queue import FairQueue
from bot.settings import Settings
from bot.wiring import open_services
from bot.writing import Writer
from knowledge.passages import Found, Vectors
from tests.bot.client.script import HITS, Script, messages, running_bot, whole
from tests.bot.client.test_demos import ended as finished
from tests.bot.client.test_demos import laptop
from tests.bot.client.test_every_control import controls, outcome
from tests.bot.client.test_privacy import files_of, told
from tests.bot.client.test_study import opened
from tests.doubles.discord import FakeDiscord, Message, payloads
from tests.doubles.discord.gateway import CONTENT
from tests.doubles.discord.member import Member
from tests.doubles.ollama import FakeModel, FakeOllama
from tests.doubles.ollama.request import FakeRequest

MEMBERS, ROUNDS, SLOTS = 50, 2, 16
GUILD = int(payloads.made("guild")["id"])
CANARY = re.compile(r"canary-\d+-\w+-")


class Shelf:
    """A search that always finds the same passage, and an encoder that is never needed."""

    async def search(
        self,
        question: str,  # noqa: ARG002  the port's signature
        *,
        previous: str | None = None,  # noqa: ARG002  as above
        lesson: str | None = None,  # noqa: ARG002  as above
        limit: int = 8,  # noqa: ARG002  as above
        server: int | None = None,  # noqa: ARG002  as above
    ) -> Found:
        """Return the passage."""
        return Found(HITS, covered=1.0)

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Return nothing of meaning: the model cites nothing."""
        return np.zeros((len(texts), 1), np.float32)


def repeats(request: FakeRequest) -> list[str]:
    """Answer with the newest canary, so that answers carry them, too."""
    return ["I heard ", CANARY.findall(request.prompt)[-1], "and no more."]


@asynccontextmanager
async def installed(fake: FakeDiscord) -> AsyncIterator[None]:
    """Point discord.py at the fake."""
    with fake.install():
        yield


@asynccontextmanager
async def crowded(fake: FakeDiscord, ollama: FakeOllama, data: Path) -> AsyncIterator[StudyBot]:
    """Connect the real bot with real records and a real engine, behind a search of one passage."""
    fake.gateway.granted = CONTENT
    fake.buckets.overall = fake.buckets.channel = fake.buckets.posts = None
    engine = OllamaEngine(ollama.url)
    entry = ModelEntry("tiny:1b", ollama.url, num_ctx=8192)
    shelf = Shelf()
    asking = Asking(shelf, FairQueue(SLOTS, 1000), Writer(engine.model(entry), shelf))
    async with (
        installed(fake),
        aclosing(engine),
        open_services(Settings(data_dir=data, discord_message_content=True), load=False) as real,
        logged_in(replace(real, asking=asking), fake.token) as bot,
    ):
        serving = asyncio.create_task(serve(bot))
        await bot.wait_until_ready()
        yield bot
        await bot.close()
        await serving


def asks(fake: FakeDiscord, member: Member, place: str, text: str) -> Callable[[], list[Message]]:
    """Ask in a place; return what gives the messages of the answer."""
    if place == "direct" or "thread_metadata" in fake.channels[place]:
        said = member.dm(text) if place == "direct" else member.say(text, channel=place)
        return lambda: [
            m for m in list(fake.messages.values())
            if m.payload.get("message_reference", {}).get("message_id") == said.id
        ]  # fmt: skip
    member.channel = place
    asked = member.slash("ask", question=text)
    return lambda: messages(fake, asked)


def ended(answers: Sequence[Callable[[], list[Message]]]) -> bool:
    """Say whether every answer has the buttons of its end."""
    return all("Retry" in str([m.payload for m in shown()]) for shown in answers)


def erased(card: Message) -> bool:
    """Say whether a member was told that all of theirs is gone."""
    return "is erased" in card.text


async def test_no_prompt_holds_what_another_member_or_place_heard_and_forgetting_leaves_no_byte(
    fake: FakeDiscord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty members ask twice in four places each, all at once; then half of them are forgotten.

    One of the places is a thread of `/study`, where nobody mentions the bot.
    Each question mentions another member, whose id must not outlive them in it either.
    """
    monkeypatch.setattr("bot.keeping.READ_WITHIN", 60.0)  # a busy machine reads late
    second = fake.add_channel("second")["id"]
    model = FakeModel("tiny:1b", repeats)
    async with (
        FakeOllama([model], num_parallel=SLOTS) as ollama,
        crowded(fake, ollama, tmp_path) as bot,
    ):
        crowd = [fake.member(f"member{n}") for n in range(MEMBERS)]
        thread, _ = await opened(fake, crowd[0], topic="canary")
        places = (payloads.GENERAL, second, "direct", thread)
        for turn in range(ROUNDS):
            answers = [
                asks(fake, member, place, f"canary-{n}-{where}- {turn}? <@{crowd[n - 1].id}>")
                for where, place in enumerate(places)
                for n, member in enumerate(crowd)
            ]
            await fake.until(partial(ended, answers), within=120.0)
            await fake.until(lambda: not bot.answers.running)
        prompts = [request.prompt for request in ollama.generations]
        assert len(prompts) > MEMBERS * len(places)
        assert all(len(set(CANARY.findall(prompt))) == 1 for prompt in prompts)
        leaning = [prompt for prompt in prompts if "earlier turn of the assistant" in prompt]
        assert len(leaning) > MEMBERS
        assert not [member.id for member in crowd if member.id in "".join(prompts)]
        half = crowd[: MEMBERS // 2]
        for member in half:
            member.channel = payloads.GENERAL
            card = await told(fake, member.slash("forget"), "Shall I erase")
            member.click(card, "Forget me")
            await fake.until(partial(erased, card), within=30.0)
        left = files_of(tmp_path)
        for n, member in enumerate(crowd):
            gone = n < len(half)
            assert (f"canary-{n}-".encode() in left) is not gone, n
            for trace in traces(int(member.id)):
                assert not gone or trace not in left, n
        again = asks(fake, half[0], payloads.GENERAL, "canary-0-0- once more?")
        await fake.until(partial(ended, [again]))
        assert "(none)" in ollama.generations[-1].prompt


def traces(member: int) -> tuple[bytes, ...]:
    """Return every form in which an id may lie in a file."""
    return (
        str(member).encode(),
        member.to_bytes(8, "big"),
        member.to_bytes(8, "little"),
        f"{member:x}".encode(),
    )


async def test_demos_are_forgotten_and_their_controls_stand_in_their_own_place_alone(
    fake: FakeDiscord, tmp_path: Path
) -> None:
    async with (
        FakeOllama(laptop(), num_parallel=4) as ollama,
        running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url) as bot,
    ):
        ada = fake.member("ada")
        message = await finished(fake, ada.slash("demo", prompt="canary?"))
        (run,) = bot.demos._known.values()
        here, run.place = run.place, Place(1)
        assert "no longer kept" in await outcome(fake, ada.click(message, "What it saw"))
        run.place = here
        assert "canary?" in await outcome(fake, ada.click(message, "What it saw"))
        card = await told(fake, ada.slash("forget"), "Shall I erase")
        ada.click(card, "Forget me")
        await fake.until(lambda: "Done." in card.text)
        assert "no longer kept" in await outcome(fake, ada.click(message, "What it saw"))


async def test_what_was_answered_in_private_reaches_nobody_who_guesses_its_message(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    """With the button that goes on from any message's id."""
    ada, eve = fake.member("ada"), fake.member("eve")
    private = await whole(fake, ada.slash("ask", question="canary?", private=True))
    public = await whole(fake, eve.slash("ask", question="What is a token?"))
    button = next(c for c in controls(public) if c["label"] == "Retry")
    button["custom_id"] = f"on:{private.id}"
    for member, heard in ((eve, False), (ada, True)):
        opened = member.click(public, f"on:{private.id}")
        await fake.until(lambda opened=opened: opened.modal)  # type: ignore[misc]  # mypy does not infer it
        await whole(fake, member.submit(opened, "And then?"))
        assert ("canary" in str(script.questions[-1].history)) is heard
    assert not bot.is_closed()

"""A real kill in the middle of answers: the next start closes them and loses nothing confirmed."""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.memory import KeptAnswer, Place
from bot.present.leftovers import INTERRUPTED, closed
from bot.records.memory import open_records
from tests.bot.client.script import Script, body, running_bot, whole
from tests.doubles.discord import FakeDiscord, Message, payloads

# The real bot over a scripted answerer that writes for ever, or says nothing.
SERVE = """
import asyncio, itertools, sys
from dataclasses import replace
from bot.client.remedies import redirect, release_cancelled_locks
from bot.client.serving import logged_in, serve
from bot.model import Delta
from bot.settings import read_settings
from bot.wiring import open_services

class Endless:
    async def ask(self, question):
        if "silence" in question.text:
            await asyncio.sleep(3600)
        for n in itertools.count():
            yield Delta(f"word{n} ")
            await asyncio.sleep(0.05)

async def main():
    settings = read_settings()
    release_cancelled_locks()
    redirect(settings.discord_api_base, settings.discord_gateway_url)
    async with open_services(settings, load=False) as real:
        services = replace(real, asking=Endless())
        async with logged_in(services, settings.discord_token.get_secret_value()) as bot:
            await serve(bot)

asyncio.run(main())
"""

# Keeps one turn after the other and says which are confirmed.
WRITE = """
import asyncio, sys
from bot.memory import Place, Turn
from bot.records.memory import open_records

async def main():
    memory = open_records(sys.argv[1])
    for n in range(100_000):
        await memory.turns.add(Place(1), 7, [Turn("user", str(n))], 0.0)
        print(n, flush=True)

asyncio.run(main())
"""


@asynccontextmanager
async def killed_in_the_end(
    source: str, *args: str, env: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program, and kill it with SIGKILL at the end."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", source, *args, env=env, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGKILL)
        await child.wait()


def environment(fake: FakeDiscord, folder: Path) -> dict[str, str]:
    return {
        **os.environ,  # noqa: TID251  the child needs the search path
        "DISCORD_TOKEN": fake.token,
        "DISCORD_API_BASE": fake.api_base,
        "DISCORD_GATEWAY_URL": fake.gateway_url,
        "DATA_DIR": str(folder),
        "OLLAMA_HOST": "127.0.0.1:1",
    }


async def test_answers_that_a_kill_left_open_are_closed_with_their_text(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    """By command, by mention, in private; before a word of them is shown, and at their last edit.

    One is deleted meanwhile; one ends before the kill.
    """
    ada = fake.member("ada")
    async with killed_in_the_end(SERVE, env=environment(fake, tmp_path)):
        await fake.until(lambda: fake.gateway.identified and fake.commands, within=60.0)
        asked = ada.slash("ask", question="By command?")
        private = fake.member("eve").slash("ask", question="Alone?", private=True)
        said = fake.member("bob").mention("By mention?")
        stopped = fake.member("joe").slash("ask", question="Stopped?")
        gone = fake.member("eve").slash("ask", question="Gone?")
        ends = fake.member("sam").slash("ask", question="At its very end?")

        def shown(words: str) -> list[Message]:
            return [m for m in fake.messages.values() if words in m.text and "Writing" in m.text]

        await fake.until(lambda: len(shown("word5 ")) == 6, within=30.0)
        joes = fake.messages[stopped.original or ""]
        fake.member("joe").click(joes, "Stop")
        await fake.until(lambda: "You stopped this answer" in joes.text)
        halted = fake.messages[ends.original or ""]
        fake.faults.hang("PATCH", f"/webhooks/.*/{ends.token}/", 600.0, times=9)
        fake.member("sam").click(halted, "Stop")
        in_silence = ada.slash("ask", question="In silence?")
        said_in_silence = fake.member("bob").mention("Also in silence?")
        await asyncio.sleep(0.5)  # until it is written down
    fake.faults.rules.clear()
    fake.member("eve").delete(fake.messages[gone.original or ""])
    (reply,) = replies(fake, said)
    by_command, ended = fake.messages[asked.original or ""], joes.text
    alone, silent = (fake.messages[i.original or ""] for i in (private, in_silence))
    before = {m.id: body(m) for m in (by_command, reply, alone, halted, silent)}
    async with running_bot(fake, script, tmp_path) as bot:
        for message in (by_command, reply, alone, halted, silent):
            await fake.until(lambda message=message: INTERRUPTED in message.text)  # type: ignore[misc]  # mypy does not infer it
            assert body(message) == before[message.id]
            assert "Writing" not in message.text
            assert "Stop" not in str(message.payload["components"])
        memory = bot.services.records.memory
        await fake.until(lambda: not [t for t in bot._keeping_house[:1] if not t.done()])
        assert await memory.answers.left_open() == ()
        assert joes.text == ended
        assert alone.ephemeral
        (told,) = replies(fake, said_in_silence)
        assert INTERRUPTED in told.text
        again = await whole(fake, ada.click(by_command, "Retry"))
        assert script.questions[-1].text == "By command?"
        assert again.id != by_command.id
        assert fake.refused == []


def replies(fake: FakeDiscord, said: Message) -> list[Message]:
    """Return the messages that reply to one."""
    return [
        message
        for message in fake.messages.values()
        if (message.payload.get("message_reference") or {}).get("message_id") == said.id
    ]


@pytest.mark.parametrize("seed", range(5))
async def test_what_was_confirmed_outlives_a_kill_at_any_moment(tmp_path: Path, seed: int) -> None:
    """And the file is sound, and is written to again."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'records.db'}"
    env = dict(os.environ)  # noqa: TID251  the child needs the search path
    confirmed = -1
    async with killed_in_the_end(WRITE, url, env=env) as child:
        assert child.stdout is not None
        while confirmed < 3:
            confirmed = int(await child.stdout.readline())
        await asyncio.sleep(random.Random(seed).uniform(0.0, 0.2))  # noqa: S311  seeded
    for line in (await child.stdout.read()).split(b"\n")[:-1]:
        confirmed = int(line)
    memory = open_records(url)
    assert await memory.check() == "records.db is sound"
    turns = await memory.turns.newest(Place(1), 7, 100_000)
    assert [int(turn.content) for turn in turns[: confirmed + 1]] == list(range(confirmed + 1))
    await memory.answers.keep(KeptAnswer("a1", 7, Place(1), 0.0))
    await memory.close()
    with sqlite3.connect(tmp_path / "records.db") as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_message_that_was_finished_is_left_alone() -> None:
    kept = KeptAnswer("a1", 7, Place(int(payloads.GENERAL)), 0.0, question="Why?")
    retry = {"type": 2, "style": 2, "label": "Retry", "custom_id": "ask:retry:a1"}
    assert closed([{"type": 10, "content": "x"}, {"type": 1, "components": [retry]}], kept) is None


def test_a_message_that_held_nothing_yet_gets_the_notice() -> None:
    page = closed([], KeptAnswer("a1", 7, Place(1), 0.0))
    assert page is not None
    assert page.below == (INTERRUPTED,)
    assert page.buttons == ()

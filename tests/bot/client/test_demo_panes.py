"""A contender that is slow, goes in circles, is missing or waits its turn holds no other up."""

import re
from dataclasses import replace
from pathlib import Path

from tests.bot.client.script import Script, messages, running_bot
from tests.bot.client.test_demos import (
    BASE,
    INSTRUCT,
    PROMPT,
    REASONING,
    boxes,
    ended,
    files,
    laptop,
    shown,
    words,
)
from tests.bot.client.test_front_door import checked
from tests.doubles.discord import FakeDiscord, Message
from tests.doubles.discord.records import visible_text
from tests.doubles.ollama import FakeModel, FakeOllama

CIRCLE = ("round and round the lighthouse, ", "up and down the same old stairs. ")


def texts(message: Message) -> list[str]:
    """Return what the message said at each moment."""
    return [visible_text(payload) for _, payload in message.history]


async def test_one_slow_one_going_in_circles_and_one_missing_hold_nobody_up(
    fake: FakeDiscord, tmp_path: Path
) -> None:
    """The slow one shows its seconds; the others have ended by then, each with its own reason."""
    slow = FakeModel(BASE, ("Late. ",), base=True, first_token_seconds=4.0)
    circling = FakeModel(INSTRUCT, CIRCLE * 60)
    async with (
        FakeOllama([slow, circling], num_parallel=8) as ollama,
        running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url),
    ):
        message = await ended(fake, fake.member("ada").slash("demo", demo="bat-and-ball"))
        waiting = [text for text in texts(message) if re.search("⏳ waiting [1-4] s", text)]
        assert "✂️ cut, it repeated itself" in waiting[-1]
        assert "⚠️ failed" in waiting[-1]
        assert f"{REASONING} is not installed: ollama pull {REASONING}" in message.text
        assert "Cut, because it had begun to repeat itself." in message.text
        assert boxes(message)[0] == "Late."
        assert boxes(message)[1].startswith(CIRCLE[0])
        assert "".join(CIRCLE * 40) in files(message)["md"].decode()
        checked(fake)


async def test_what_does_not_fit_together_waits_its_turn_and_says_so(
    fake: FakeDiscord, tmp_path: Path
) -> None:
    """Each pane shows how many are before it, and none is lost; a queued demo can be stopped."""
    cold = [
        replace(model, loaded=False, load_seconds=1.0)
        for model in laptop(words("base", 40), words("chat", 40), rate=30.0)
    ]
    async with (
        FakeOllama(cold, num_parallel=8) as ollama,
        running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url, demo_memory_gb=1) as bot,
    ):
        message = await ended(fake, fake.member("ada").slash("demo", prompt=PROMPT))
        for told in ("One after the other|loads next", ", [12] before it", "📦 loading"):
            assert any(re.search(told, text) for text in texts(message)), told
        page = files(message)["md"].decode()
        assert all(word in page for word in ("base39", "chat39", "Light."))
        # Stopped while it waits for another, a demo never begins.
        ollama.models |= {m.name: m for m in laptop(words("b", 5000), words("c", 5000), rate=50.0)}
        first = fake.member("ada").slash("demo", prompt=PROMPT)
        await fake.until(lambda: "writing" in shown(fake, first))
        second = fake.member("eve").slash("demo", prompt="Second")
        await fake.until(lambda: "Next in the queue" in shown(fake, second))
        fake.member("eve").click(messages(fake, second)[0], "Stop")
        await fake.until(lambda: "You stopped this demo" in shown(fake, second))
        fake.member("ada").click(messages(fake, first)[0], "Stop")
        await fake.until(lambda: not bot.demos.running)
        assert not [r for r in ollama.generations if "Second" in str(r.body)]
        checked(fake)

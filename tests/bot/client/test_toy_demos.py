"""Demos on the toys in Discord, where no engine answers."""

from pathlib import Path

from tests.bot.client.script import Script, running_bot
from tests.bot.client.test_demos import boxes, ended, files
from tests.bot.client.test_front_door import checked
from tests.doubles.discord import FakeDiscord

NOWHERE = "http://127.0.0.1:9"


async def test_without_an_engine_a_demo_plays_on_the_toys_and_calls_them_so(
    fake: FakeDiscord, tmp_path: Path
) -> None:
    async with running_bot(fake, Script([]), tmp_path, ollama_host=NOWHERE):
        message = await ended(fake, fake.member("ada").slash("demo", prompt="What is a token?"))
        _base, instruct, reasoning, _specialist = boxes(message)
        assert "piece of text" in instruct
        assert "piece of text" in reasoning
        assert "Toy models trained by this project, 3.2 million parameters" in message.text
        assert files(message)["png"].startswith(b"\x89PNG")
        checked(fake)


async def test_a_curated_demo_says_that_the_toys_get_a_prompt_of_their_own(
    fake: FakeDiscord, tmp_path: Path
) -> None:
    async with running_bot(fake, Script([]), tmp_path, ollama_host=NOWHERE):
        message = await ended(fake, fake.member("ada").slash("demo", demo="four-stages"))
        assert "The toys get a prompt of their own field" in message.text
        assert "1750" in boxes(message)[2]
        assert len(message.text) <= 4000
        checked(fake)

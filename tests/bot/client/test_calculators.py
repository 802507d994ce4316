"""`/vram`, `/cost` and `/tokens` as a group sees them: lines, a picture, and its words."""

import pytest

from tests.bot.client.test_commands import answered
from tests.bot.client.test_front_door import checked
from tests.doubles.discord import FakeDiscord
from tests.doubles.discord.records import walk

pytestmark = pytest.mark.usefixtures("bot")

COST = {"requests": 5000, "tokens_in": 1500, "tokens_out": 400, "machine": 2500}


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ("vram", {"model": "Llama 3.1 8B", "together": 4}, "8,192 tokens × 4"),
        ("cost", {**COST, "price_in": 1, "price_out": 5}, "Owning pays after 5.4 months."),
        ("tokens", {"text": "tokenization @everyone"}, "by all-MiniLM-L6-v2"),
    ],
    ids=["vram", "cost", "tokens"],
)
async def test_everybody_sees_the_lines_and_a_picture_told_in_words(
    fake: FakeDiscord, command: str, options: dict[str, object], said: str
) -> None:
    message = await answered(fake, fake.member("ada").slash(command, **options))
    assert said in message.text
    assert not message.ephemeral
    (gallery,) = [c for c in walk(message.payload["components"]) if c.get("type") == 12]
    assert len(gallery["items"][0]["description"]) > 40
    checked(fake)


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ("vram", {"model": "<@&1> no such"}, "Name the billions of parameters"),
        ("cost", {**COST, "model": "no such"}, "The roster has no price of this model."),
        ("tokens", {"text": "a", "tokenizer": "../passwd"}, "no tokenizer of this name"),
    ],
    ids=["vram", "cost", "tokens"],
)
async def test_bad_input_is_answered_by_a_sentence(
    fake: FakeDiscord, command: str, options: dict[str, object], said: str
) -> None:
    message = await answered(fake, fake.member("ada").slash(command, **options))
    assert said in message.text
    checked(fake)


@pytest.mark.parametrize(
    ("command", "option", "typed", "offered"),
    [
        ("vram", "model", "mixtral", "Mixtral 8x7B"),
        ("vram", "bits", "q8", "Q8_0"),
        ("cost", "model", "gpt-6-", "gpt-6-luna"),
        ("tokens", "tokenizer", "", "all-MiniLM-L6-v2"),
    ],
)
async def test_what_can_be_named_is_offered(
    fake: FakeDiscord, command: str, option: str, typed: str, offered: str
) -> None:
    asked = fake.member("ada").autocomplete(command, option, **{option: typed})
    await fake.until(lambda: asked.response)
    assert offered in [choice["value"] for choice in asked.choices or ()]

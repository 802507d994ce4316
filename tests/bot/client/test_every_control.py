"""Whatever the bot registers and shows can be used, and answers others with a sentence."""

import pytest

from bot.client.bot import StudyBot
from tests.bot.client.script import messages
from tests.doubles.discord import FakeDiscord, Interaction, Message, payloads
from tests.doubles.discord.limits import BUTTON, SELECTS
from tests.doubles.discord.member import Member
from tests.doubles.discord.records import walk
from tests.doubles.discord.wire import Json

QUESTION = "What is a token?"
DEFECT = "Something went wrong"
REPLY, DEFERRED = 4, 5


def controls(message: Message) -> list[Json]:
    """Return the buttons and selects that can be used now."""
    parts = walk(message.payload["components"])
    usable = [part for part in parts if part["type"] == BUTTON or part["type"] in SELECTS]
    return [part for part in usable if part.get("custom_id") and not part.get("disabled")]


def use(member: Member, message: Message, control: Json) -> Interaction:
    """Press a button, or choose the first thing that a select offers."""
    which = str(control["custom_id"])
    if control["type"] == BUTTON:
        return member.click(message, which)
    options = control.get("options") or [{"value": payloads.GENERAL}]
    return member.select(message, which, options[0]["value"])


async def outcome(fake: FakeDiscord, done: Interaction) -> str:
    """Wait until an interaction is answered; return what the member reads then, if it is text."""
    await fake.until(lambda: done.response is not None)
    if done.response in (REPLY, DEFERRED):
        await fake.until(lambda: (m := fake.original(done)) is not None and m.text)
        message = fake.original(done)
        return message.text if message else ""
    return ""


async def test_every_command_and_control_works_and_answers_others(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    (registered,) = fake.commands.values()
    ada, eve = fake.member("ada"), fake.member("eve")
    used = 0
    for command in registered:
        if command.get("type", 1) != 1:
            continue
        needed = {o["name"]: QUESTION for o in command["options"] if o.get("required")}
        asked = ada.slash(command["name"], **needed)
        assert DEFECT not in await outcome(fake, asked), command["name"]
        await fake.until(lambda: not bot.answers.running)
        for shown in messages(fake, asked):
            seen: set[str] = set()
            # A press may change what is shown: what is new there is used as well.
            while fresh := [c for c in controls(shown) if c["custom_id"] not in seen]:
                seen.add(fresh[0]["custom_id"])
                name = f"{command['name']}: {fresh[0]['custom_id']}"
                for member in (eve, ada):
                    if fresh[0]["custom_id"] in {c["custom_id"] for c in controls(shown)}:
                        told = await outcome(fake, use(member, shown, fresh[0]))
                        assert DEFECT not in told, name
                        used += 1
        await fake.until(lambda: not bot.answers.running)
    assert used > 20
    assert fake.refused == []


async def test_every_autocomplete_offers_something(fake: FakeDiscord) -> None:
    (registered,) = fake.commands.values()
    for command in registered:
        for option in command.get("options", ()):
            if option.get("autocomplete"):
                typed = fake.member("ada").autocomplete(
                    command["name"], option["name"], **{option["name"]: ""}
                )
                await fake.until(lambda t=typed: t.response)  # type: ignore[misc]  # mypy does not infer it
                assert typed.choices, (command["name"], option["name"])


pytestmark = pytest.mark.usefixtures("bot")

"""Whatever the bot registers and shows can be used, and answers others with a sentence."""

import pytest

from bot.calendar import Session
from bot.client.bot import StudyBot
from tests.bot.client.script import messages
from tests.doubles.discord import FakeDiscord, Interaction, Message, Upload, payloads
from tests.doubles.discord.limits import BUTTON, SELECTS
from tests.doubles.discord.member import Member
from tests.doubles.discord.records import walk
from tests.doubles.discord.wire import Json

QUESTION = "What is a token?"
DEFECT = "Something went wrong"
REPLY, DEFERRED, FILE = 4, 5, 11
NUMBERS = (4, 10)  # types of an option: whole ones, and others


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


def given(option: Json) -> str | int | Upload:
    """Return something for a required option, as Discord lets a member give it."""
    if choices := option.get("choices"):
        value: str | int = choices[0]["value"]
        return value
    if option["type"] in NUMBERS:
        return 100
    return Upload("note.md", "text/plain", b"# A note") if option["type"] == FILE else QUESTION


def commands(fake: FakeDiscord) -> dict[str, Json]:
    """Return every command that is registered, those of a group by both names."""
    (registered,) = fake.commands.values()
    found: dict[str, Json] = {}
    for command in registered:
        if command.get("type", 1) == 1:
            subs = [o for o in command["options"] if o["type"] == 1]
            found |= {f"{command['name']} {sub['name']}": sub for sub in subs}
            found |= {} if subs else {command["name"]: command}
    return found


async def test_every_command_and_control_works_and_answers_others(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    used = 0
    for called, command in commands(fake).items():
        needed = {o["name"]: given(o) for o in command["options"] if o.get("required")}
        asked = ada.slash(called, **needed)
        assert DEFECT not in await outcome(fake, asked), called
        await fake.until(lambda: not bot.answers.running)
        for shown in messages(fake, asked):
            seen: set[str] = set()
            # A press may change what is shown: what is new there is used as well.
            while fresh := [c for c in controls(shown) if c["custom_id"] not in seen]:
                seen.add(fresh[0]["custom_id"])
                name = f"{called}: {fresh[0]['custom_id']}"
                for member in (eve, ada):
                    if fresh[0]["custom_id"] in {c["custom_id"] for c in controls(shown)}:
                        told = await outcome(fake, use(member, shown, fresh[0]))
                        assert DEFECT not in told, name
                        used += 1
        await fake.until(lambda: not bot.answers.running)
    assert used > 20
    assert fake.refused == []


async def test_every_autocomplete_offers_something(fake: FakeDiscord, bot: StudyBot) -> None:
    wanted = Session("", int(payloads.made("guild")["id"]), 1, "Night", 0.0, None)
    draft, _ = await bot.services.records.sessions.draft(wanted, "tomorrow 18:00")
    await bot.services.records.sessions.confirm(draft.id)
    for called, command in commands(fake).items():
        for option in command.get("options", ()):
            if option.get("autocomplete"):
                name = option["name"]
                typed = fake.member("ada").autocomplete(called, name, **{name: ""})
                await fake.until(lambda t=typed: t.response)  # type: ignore[misc]  # mypy does not infer it
                assert typed.choices, (called, name)


pytestmark = pytest.mark.usefixtures("bot")

"""S13: every command and every control, for every role and in every place, does what it may.

What a command asks of members by default the server's administrators can change, a control is
anybody's to press and its custom_id everybody's to read: so the rights are looked at when it acts.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.memory import ServerSettings
from bot.present.organisers import NOT_ALLOWED as NOT_ORGANISING
from tests.bot.client.script import Script, answering, messages, running_bot, whole
from tests.bot.client.test_every_control import DEFECT, commands, controls, given, outcome, use
from tests.doubles.discord import FakeDiscord, payloads
from tests.doubles.discord.limits import BUTTON
from tests.doubles.discord.member import Member
from tests.doubles.discord.wire import Json

GUILD, OTHER_GUILD = payloads.made("guild")["id"], "200000000000000009"
OTHER_CHANNEL, CURATOR, MENTOR = "300000000000000009", "500000000000000001", "500000000000000002"
ORDINARY = str(1 << 10 | 1 << 11)  # see the channel, write in it
QUESTION = "What is a token?"

FOR_MANAGERS = {"settings"}
FOR_ORGANISERS = {
    "stats",
    *(f"models {verb}" for verb in "preload pull unload".split()),
    *(f"daily {verb}" for verb in "demo list off question".split()),
    *(f"session {verb}" for verb in "cancel plan".split()),
}
FOR_CURATORS = {
    "gaps",
    *(f"knowledge {verb}" for verb in "add approve list queue reindex remove".split()),
}
FOR_ALL = {
    *("conversation export", "conversation reset", "level", "study"),
    *("ask", "demo", "forget", "help", "lesson", "models list", "models roster", "privacy"),
    "session list",
    *("cost", "leaderboard", "progress", "quiz", "ranking", "review", "status", "tokens", "vram"),
}
MENU = "Explain from the lessons"
ONLY_HERE = {
    "settings": "Settings belong to a server",
    "ranking": "A ranking belongs to a server",
    "leaderboard": "A leaderboard belongs",
}


@dataclass(frozen=True)
class Role:
    """Who acts: with which permissions (None: all) and role; `here` is the study group's server."""

    permissions: str | None = ORDINARY
    role: str | None = None
    here: bool = True


ROLES = {
    "administrator": Role(permissions=None),
    "curator": Role(role=CURATOR),
    "mentor": Role(role=MENTOR),
    "member": Role(),
    "another server's administrator": Role(permissions=None, here=False),
}
FORGED = ("settings:set:remembers", "settings:choose", "settings:set:model", "ask:retry:0")
ABROAD = ("another server's administrator", "server")
PLACES = ("server", "direct", "user install")


def moved(payload: Json, role: Role, place: str) -> Json:
    """Return an interaction as it comes from where this role acts."""
    payload = copy.deepcopy(payload)
    user = (payload.get("member") or payload)["user"]
    channel = payload["channel"]
    if place == "direct":
        payload = {k: v for k, v in payload.items() if k not in ("guild_id", "guild", "member")}
        channel = {"id": OTHER_CHANNEL, "type": 1, "recipients": [user], "permissions": "0"}
        payload |= {"user": user, "context": 1, "channel": channel, "channel_id": OTHER_CHANNEL}
    elif place == "user install" or not role.here:
        elsewhere = {"id": OTHER_CHANNEL, "guild_id": OTHER_GUILD}
        payload |= {"guild_id": OTHER_GUILD, "channel": channel | elsewhere}
        payload |= {"channel_id": OTHER_CHANNEL, "guild": payload["guild"] | {"id": OTHER_GUILD}}
        owners = {"1": user["id"]} if place == "user install" else {"0": OTHER_GUILD}
        payload["authorizing_integration_owners"] = owners
    return payload


def acting(fake: FakeDiscord, name: str, place: str) -> Member:
    """Return the member of this role; from now on all that is done comes from them and there."""
    role, emit = ROLES[name], fake.gateway.dispatch
    member = fake.member(name)
    member.permissions = role.permissions or ""
    member.roles = [role.role] if role.role else []
    fake.emit = lambda event, data: emit(
        event, moved(data, role, place) if event == "INTERACTION_CREATE" else data
    )
    return member


@pytest.fixture
async def chosen(fake: FakeDiscord, bot: StudyBot) -> ServerSettings:
    """Return what the study group's server has chosen, curators and mentors among it."""
    for role in (CURATOR, MENTOR):
        made = payloads.made("role", id=role, permissions=ORDINARY)
        fake.emit("GUILD_ROLE_CREATE", {"guild_id": GUILD, "role": made})
    (guild,) = bot.guilds
    await fake.until(lambda: guild.get_role(int(MENTOR)))
    settings = ServerSettings(int(GUILD), curator_role=int(CURATOR), mentor_role=int(MENTOR))
    await bot.services.records.servers.change(settings)
    return settings


def test_every_command_stands_in_this_table(fake: FakeDiscord, bot: StudyBot) -> None:
    """A new command is placed here by who adds it: who may use it?"""
    assert set(commands(fake)) == FOR_MANAGERS | FOR_ORGANISERS | FOR_CURATORS | FOR_ALL
    assert not bot.is_closed()


@pytest.mark.parametrize("name", ROLES)
async def test_every_command_answers_every_role_and_obeys_only_who_may(
    fake: FakeDiscord, bot: StudyBot, chosen: ServerSettings, name: str
) -> None:
    """In the server, in private, and where only the member installed the bot."""
    for place in PLACES:
        member = acting(fake, name, place)
        may = ROLES[name].permissions is None and place == "server"
        curates = ROLES[name].role == CURATOR
        for command, spec in commands(fake).items():
            if command in FOR_CURATORS and name != "member" and place == "server":
                continue  # what they may is looked at in their own tests
            needed = {o["name"]: given(o) for o in spec["options"] if o.get("required")}
            told = await outcome(fake, member.slash(command, **needed))
            assert DEFECT not in told, command
            if place == "direct" and command in ONLY_HERE:
                assert ONLY_HERE[command] in told
            elif command in FOR_CURATORS:
                assert "Only members" in told or " server" in told, command
            elif command in FOR_ORGANISERS:
                assert (NOT_ORGANISING in told) is not (may or (curates and place == "server"))
            elif command in FOR_MANAGERS:
                assert ("Settings of this server" in told) is may
                assert ("Only members who may manage" in told) is not may
        said = fake.member("somebody").say(QUESTION)
        assert DEFECT not in await outcome(fake, member.menu(MENU, said))
        await fake.until(lambda: not bot.answers.running)
    assert await bot.services.records.memory.servers.find(int(GUILD)) == chosen
    assert fake.refused == []


async def test_no_control_of_an_administrator_obeys_anybody_else(
    fake: FakeDiscord, bot: StudyBot, script: Script, chosen: ServerSettings
) -> None:
    """Whatever is pressed under their answer, panel, lesson or card: nothing of it moves."""
    shown = []
    for command in ("ask", "settings", "forget", "lesson"):
        member = acting(fake, "administrator", "server")
        asked = member.slash(command, **({"question": QUESTION} if command == "ask" else {}))
        await (whole if command == "ask" else outcome)(fake, asked)
        shown += messages(fake, asked)
    pressed = 0
    for message in shown:
        before = message.text, len(script.questions)
        for name, place in product([name for name in ROLES if name != "administrator"], PLACES):
            for control in controls(message):
                if control["custom_id"].startswith("settings:") and (name, place) == ABROAD:
                    continue  # in their own server that is theirs to press, see below
                done = use(acting(fake, name, place), message, control)
                assert DEFECT not in await outcome(fake, done), (name, place, control)
                assert (message.text, len(script.questions)) == before, (name, place, control)
                pressed += 1
        control = controls(message)[0]
        for name, custom_id in product(ROLES, FORGED):
            real, control["custom_id"] = control["custom_id"], custom_id
            done = use(acting(fake, name, "user install"), message, control)
            control["custom_id"] = real
            assert DEFECT not in await outcome(fake, done), (name, custom_id)
    assert pressed > 100
    control = next(c for message in shown for c in controls(message) if c["type"] == BUTTON)
    control["custom_id"] = "settings:set:remembers"
    await outcome(fake, use(acting(fake, *ABROAD), shown[0], control))
    servers = bot.services.records.memory.servers
    assert not (await servers.find(int(OTHER_GUILD))).remembers
    assert await bot.services.records.memory.servers.find(int(GUILD)) == chosen
    assert fake.refused == []


async def test_a_running_answer_and_demo_are_stopped_by_their_own_member_alone(
    fake: FakeDiscord, tmp_path: Path
) -> None:
    """Not even by an administrator of the same server."""
    steps = answering("word " * 400, every=0.05, size=5)
    async with running_bot(fake, Script(steps), tmp_path) as bot:
        asked = fake.member("ada").slash("ask", question=QUESTION)
        await fake.until(lambda: (m := fake.original(asked)) is not None and "word" in m.text)
        (message,) = messages(fake, asked)
        for name in ROLES:
            pressed = acting(fake, name, "server").click(message, "Stop")
            await outcome(fake, pressed)
            assert bot.answers.running == 1, name

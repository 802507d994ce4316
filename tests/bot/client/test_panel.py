"""The settings of a server: changed by its managers alone, and obeyed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.memory import ServerSettings
from bot.records.database import Database
from tests.bot.client.script import Script, running_bot, whole
from tests.doubles.discord import FakeDiscord, Interaction, Message, payloads
from tests.doubles.discord.member import Member
from tests.doubles.ollama import FakeModel, FakeOllama

GUILD = int(payloads.made("guild")["id"])
ROLE = int(payloads.made("role")["id"])
GENERAL = int(payloads.GENERAL)


async def told(fake: FakeDiscord, asked: Interaction) -> Message:
    await fake.until(lambda: (m := fake.original(asked)) is not None and m.text)
    assert fake.refused == []
    return fake.messages[asked.original or ""]


async def settings(bot: StudyBot) -> ServerSettings:
    return await bot.services.records.memory.servers.find(GUILD)


async def choose(fake: FakeDiscord, who: Member, panel: Message, name: str) -> Interaction:
    """Choose a setting in the panel and wait for what offers to change it."""
    chosen = who.select(panel, "settings:choose", name)
    await fake.until(lambda: chosen.response)
    return chosen


@pytest.fixture
def ordinary(fake: FakeDiscord) -> Member:
    """Return a member who may not manage the server."""
    member = fake.member("eve")
    member.permissions = "2048"
    return member


async def test_channels_and_roles_are_chosen_from_lists_and_survive_a_restart(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    ada = fake.member("ada")
    async with running_bot(fake, script, tmp_path) as bot:
        panel = await told(fake, ada.slash("settings"))
        assert panel.ephemeral
        for name, value in (
            ("channels", GENERAL),
            ("open_channels", GENERAL),
            ("roles", ROLE),
            ("curator_role", ROLE),
            ("mentor_role", ROLE),
        ):
            await choose(fake, ada, panel, name)
            ada.select(panel, f"settings:set:{name}", str(value))
            await fake.until(lambda: "Saved" in panel.text)
        expected = ServerSettings(
            GUILD, frozenset({GENERAL}), frozenset({ROLE}), frozenset({GENERAL}), ROLE, ROLE
        )
        assert await settings(bot) == expected
    async with running_bot(fake, script, tmp_path):
        panel = await told(fake, ada.slash("settings"))
        assert f"<#{GENERAL}>" in panel.text
        assert f"<@&{ROLE}>" in panel.text


async def test_none_chosen_allows_all_again(fake: FakeDiscord, bot: StudyBot) -> None:
    await bot.services.records.servers.change(ServerSettings(GUILD, frozenset({GENERAL})))
    ada = fake.member("ada")
    panel = await told(fake, ada.slash("settings"))
    await choose(fake, ada, panel, "channels")
    ada.select(panel, "settings:set:channels")
    await fake.until(lambda: "Saved" in panel.text)
    assert (await settings(bot)).channels == frozenset()


async def test_the_term_is_written_and_bad_input_is_answered_by_a_sentence(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    ada = fake.member("ada")
    panel = await told(fake, ada.slash("settings"))
    for wrong in ("", "0", "366", "-1", "soon", "1e3", "٣", "9" * 90, "{x}"):
        form = await choose(fake, ada, panel, "retention_days")
        refused = await told(fake, ada.submit(form, wrong))
        assert "whole number from 1 to 365" in refused.text
    assert (await settings(bot)).retention_days == 30
    ada.submit(form, "7")
    await fake.until(lambda: "Saved" in panel.text)
    assert (await settings(bot)).retention_days == 7


async def test_a_model_must_be_installed_and_is_then_asked(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    ada = fake.member("ada")
    async with (
        FakeOllama([FakeModel("qwen3:4b")]) as engine,
        running_bot(fake, script, tmp_path, ollama_host=engine.url),
    ):
        panel = await told(fake, ada.slash("settings"))
        for wrong, words in (("nothing:1b", "not installed"), ("a b", "letters, digits")):
            form = await choose(fake, ada, panel, "model")
            assert words in (await told(fake, ada.submit(form, wrong))).text
        ada.submit(form, "qwen3:4b")
        await fake.until(lambda: "Saved" in panel.text)
        await whole(fake, ada.slash("ask", question="Why?"))
        assert script.questions[-1].model == "qwen3:4b"


async def test_turning_memory_off_is_confirmed_and_erases(
    fake: FakeDiscord, bot: StudyBot, tmp_path: Path
) -> None:
    ada = fake.member("ada")
    await whole(fake, ada.slash("ask", question="canary-question"))
    await fake.until(lambda: bot.answers.running == 0)
    panel = await told(fake, ada.slash("settings"))
    await choose(fake, ada, panel, "remembers")
    ada.click(panel, "Turn off and erase")
    await fake.until(lambda: "Saved" in panel.text)
    stored = b"".join(p.read_bytes() for p in sorted(tmp_path.rglob("records*")))  # noqa: ASYNC240  small
    assert b"canary" not in stored


async def test_without_manage_server_neither_command_nor_control_obeys(
    fake: FakeDiscord, bot: StudyBot, ordinary: Member
) -> None:
    """The panel is carried to the member by force: the controls look for themselves."""
    assert "may manage" in (await told(fake, ordinary.slash("settings"))).text
    panel = await told(fake, fake.member("ada").slash("settings"))
    form = await choose(fake, fake.member("ada"), panel, "retention_days")
    presses = [
        ordinary.select(panel, "settings:choose", "channels"),
        ordinary.submit(form, "1"),
    ]
    await choose(fake, fake.member("ada"), panel, "channels")
    presses += [
        ordinary.select(panel, "settings:set:channels", str(GENERAL)),
        ordinary.click(panel, "Back"),
    ]
    for press in presses:
        assert "may manage" in (await told(fake, press)).text
    assert await settings(bot) == ServerSettings(GUILD)


@pytest.mark.parametrize(
    ("custom_id", "values"),
    [
        ("settings:set:channels", ["1"]),
        ("settings:set:channels", ["x; drop"]),
        ("settings:set:roles", [str(GENERAL)]),
        ("settings:set:guild", ["1"]),
        ("settings:choose", ["guild"]),
        ("settings:choose", []),
        ("settings:set:retention_days", ["5"]),
        ("settings:nonsense", ["5"]),
        ("settings", []),
    ],
)
async def test_a_forged_choice_is_answered_by_a_sentence(
    fake: FakeDiscord, bot: StudyBot, custom_id: str, values: list[str]
) -> None:
    ada = fake.member("ada")
    panel = await told(fake, ada.slash("settings"))
    await choose(fake, ada, panel, "channels")
    panel.payload["components"][-2]["components"][0]["custom_id"] = custom_id
    press = ada.select(panel, custom_id, *values)
    refused = await told(fake, press)
    assert refused is not panel
    assert refused.ephemeral
    assert await settings(bot) == ServerSettings(GUILD)


async def test_settings_belong_to_a_server(fake: FakeDiscord, bot: StudyBot) -> None:
    ada = fake.member("ada")
    ada.channel = fake.private_channel(ada.id)["id"]
    assert "belong to a server" in (await told(fake, ada.slash("settings"))).text
    assert not bot.is_closed()


async def test_outside_allowed_channels_and_roles_a_question_gets_a_private_sentence(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    other = int(fake.add_channel("other")["id"])
    ada = fake.member("ada")
    for chosen in (
        ServerSettings(GUILD, channels=frozenset({other})),
        ServerSettings(GUILD, roles=frozenset({12345})),
    ):
        await bot.services.records.servers.change(chosen)
        refused = await told(fake, ada.slash("ask", question="Why?"))
        assert refused.ephemeral
        assert "I answer" in refused.text
        said = ada.mention("Why?")
        private = fake.private_channel(ada.id)["id"]
        await fake.until(
            lambda private=private: any(  # type: ignore[misc]  # mypy does not infer it
                m.channel_id == private and "I answer" in m.text for m in fake.messages.values()
            )
        )
        answers = [m for m in fake.messages.values() if m.channel_id == said.channel_id]
        assert not any(m.payload.get("message_reference") for m in answers)
        fake.messages.clear()
    assert script.questions == []


async def test_who_takes_no_private_messages_is_told_in_a_reply(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    await bot.services.records.servers.change(ServerSettings(GUILD, roles=frozenset({12345})))
    ada = fake.member("ada")
    fake.blocked.add(ada.id)
    said = ada.mention("Why?")
    await fake.until(
        lambda: any(
            m.channel_id == said.channel_id and "I answer members" in m.text
            for m in fake.messages.values()
        )
    )


async def test_the_allowed_channel_and_role_are_answered(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    ada = fake.member("ada")
    ada.roles = [str(ROLE)]
    await bot.services.records.servers.change(
        ServerSettings(GUILD, frozenset({GENERAL}), frozenset({ROLE}))
    )
    await whole(fake, ada.slash("ask", question="Why?"))
    assert len(script.questions) == 1


@pytest.fixture
def may_open(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Yield what must be set for the records to open."""
    may, prepare = threading.Event(), Database._prepare
    may.set()

    def slowly(self: Database) -> None:
        may.wait(60.0)
        prepare(self)

    monkeypatch.setattr(Database, "_prepare", slowly)
    yield may
    may.set()


async def test_what_is_asked_while_the_records_open_waits_for_the_servers_settings(
    fake: FakeDiscord, script: Script, tmp_path: Path, may_open: threading.Event
) -> None:
    """The bot is ready before; and nothing chosen is overwritten by a default."""
    chosen = ServerSettings(GUILD, channels=frozenset({GENERAL + 1}), retention_days=3)
    ada = fake.member("ada")
    async with running_bot(fake, script, tmp_path) as bot:
        await bot.services.records.servers.change(chosen)
    may_open.clear()
    async with running_bot(fake, script, tmp_path, opened=False) as bot:
        early = {
            name: ada.slash(name, **more)
            for name, more in (("ask", {"question": "Why?"}), ("privacy", {}), ("settings", {}))
        }
        ada.mention("And why that?")
        await fake.until(lambda: all(asked.response for asked in early.values()))
        assert "do not answer yet" in (await told(fake, early["settings"])).text
        may_open.set()
        assert "I answer in" in (await told(fake, early["ask"])).text
        assert "after 3 days" in (await told(fake, early["privacy"])).text
        await fake.until(lambda: any("I answer in" in m.text for m in fake.messages.values()))
        assert await settings(bot) == chosen
    assert script.questions == []


async def test_the_time_zone_is_chosen_by_command_or_form_and_survives_a_restart(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    ada = fake.member("ada")
    async with running_bot(fake, script, tmp_path) as bot:
        assert "**Time zone**: UTC" in (await told(fake, ada.slash("settings"))).text
        typed = ada.autocomplete("settings", "timezone", timezone="new yo")
        await fake.until(lambda: typed.choices)
        assert [one["value"] for one in typed.choices or ()] == ["America/New_York"]
        panel = await told(fake, ada.slash("settings", timezone="America/New_York"))
        assert "**Time zone**: America/New_York" in panel.text
        form = await choose(fake, ada, panel, "timezone")
        assert "IANA database" in (await told(fake, ada.submit(form, "Atlantis"))).text
        assert (await settings(bot)).timezone == "America/New_York"
        ada.submit(form, "berlin")
        await fake.until(lambda: "Saved" in panel.text and "Berlin" in panel.text)
    async with running_bot(fake, script, tmp_path) as bot:
        assert (await settings(bot)).timezone == "Europe/Berlin"


async def test_no_ordinary_member_chooses_the_time_zone(
    fake: FakeDiscord, bot: StudyBot, ordinary: Member
) -> None:
    asked = ordinary.slash("settings", timezone="Europe/Berlin")
    assert "may manage" in (await told(fake, asked)).text
    assert (await settings(bot)).timezone == "UTC"

"""`/knowledge`: a curator adds, looks, approves and removes; nobody else does."""

from pathlib import Path
from typing import Any

import pytest

from bot.client.bot import StudyBot
from bot.memory import ServerSettings
from knowledge.added import read_added
from knowledge.index import Change
from tests.bot.client.script import body
from tests.bot.client.test_panel import GUILD, ROLE, told
from tests.doubles.discord import FakeDiscord, Interaction, Message, Upload
from tests.doubles.discord.member import Member

OTHER, MENTOR = 4242, 77
NOTE = Upload(
    "note.md", "text/markdown", b"# Quibbleworts\n\nThey grow.\n\n## Where\nOn cards. <!-- psst -->"
)


@pytest.fixture(autouse=True)
async def curators(bot: StudyBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose the role of curators; the index is another test's matter."""

    async def refresh() -> Change:
        return Change(added=("added-1",))

    monkeypatch.setattr(bot.services.records.curating, "_refresh", refresh)
    chosen = ServerSettings(GUILD, curator_role=ROLE, mentor_role=MENTOR)
    await bot.services.records.servers.change(chosen)


@pytest.fixture
def curator(fake: FakeDiscord) -> Member:
    member = fake.member("ada")
    member.roles, member.permissions = [str(ROLE)], "2048"
    return member


async def pressed(fake: FakeDiscord, press: Interaction, message: Message, words: str) -> None:
    """Wait until a press was answered by what its message shows then."""
    await fake.until(lambda: press.response and words in message.text)
    assert fake.refused == []


async def test_a_document_is_added_looked_at_approved_and_removed(
    fake: FakeDiscord, bot: StudyBot, curator: Member, tmp_path: Path
) -> None:
    card = await told(fake, curator.slash("knowledge add", file=NOTE))
    assert card.ephemeral
    for words in ("Quibbleworts", "waits for approval", "passage 1 of 2", "note.md", "SHA-256"):
        assert words in card.text
    assert f"added by <@{curator.id}>" in card.text
    assert "Left out: comments (1): “psst”" in card.text
    assert "They grow." in body(card)
    await pressed(fake, curator.click(card, "Next"), card, "passage 2 of 2")
    assert "On cards." in body(card)
    assert read_added(tmp_path / "library").lessons == ()
    await pressed(fake, curator.click(card, "Approve"), card, "Approved: members")
    (lesson,) = read_added(tmp_path / "library").lessons
    assert (lesson.title, lesson.server) == ("Quibbleworts", GUILD)
    await pressed(fake, curator.click(card, "Remove"), card, "cannot be undone")
    await pressed(fake, curator.click(card, "Leave it"), card, "passage 1 of 2")
    await pressed(fake, curator.click(card, "Remove"), card, "cannot be undone")
    await pressed(fake, curator.click(card, "Remove it"), card, "Nobody finds it any more")
    assert read_added(tmp_path / "library").lessons == ()
    assert await bot.services.records.curating.everywhere() == ()


async def test_the_queue_and_the_list_open_a_document(fake: FakeDiscord, curator: Member) -> None:
    await told(fake, curator.slash("knowledge add", file=NOTE, title="Of weeds"))
    for which in ("queue", "list"):
        listed = await told(fake, curator.slash(f"knowledge {which}"))
        assert "**Of weeds** – waits for approval, 2 passages · ⚠️ hidden text" in listed.text
        (option,) = listed.payload["components"][-1]["components"][0]["options"]
        opened = curator.select(listed, "Look at one", option["value"])
        await pressed(fake, opened, listed, "They grow.")
    await told(fake, curator.slash("knowledge approve", document=option["value"]))
    assert "There are none" in (await told(fake, curator.slash("knowledge queue"))).text
    assert "approved" in (await told(fake, curator.slash("knowledge list"))).text
    typed = curator.autocomplete("knowledge remove", "document", document="weeds")
    await fake.until(lambda: typed.choices)
    assert [choice["value"] for choice in typed.choices or ()] == [option["value"]]
    removed = await told(fake, curator.slash("knowledge remove", document=option["value"]))
    assert "Removed" in removed.text


async def test_reindex_says_what_it_did(fake: FakeDiscord, curator: Member) -> None:
    assert "1 lessons" in (await told(fake, curator.slash("knowledge reindex"))).text


COMMANDS: dict[str, dict[str, Any]] = {
    "knowledge add": {"file": NOTE},
    "knowledge queue": {},
    "knowledge list": {},
    "knowledge approve": {"document": "0badcafe"},
    "knowledge remove": {"document": "0badcafe"},
    "knowledge reindex": {},
}


@pytest.mark.parametrize("who", ["manager", "mentor", "ordinary", "dm", "other guild's role"])
async def test_s13_without_the_role_no_command_or_control_obeys(
    fake: FakeDiscord, bot: StudyBot, curator: Member, who: str
) -> None:
    """The card is carried to the member by force: the controls look for themselves."""
    card = await told(fake, curator.slash("knowledge add", file=NOTE))
    eve = fake.member("eve")
    eve.permissions = "" if who == "manager" else "2048"
    eve.roles = {"mentor": [str(MENTOR)], "other guild's role": ["424242"]}.get(who, [])
    if who == "dm":
        eve.roles, eve.channel = [str(ROLE)], fake.private_channel(eve.id)["id"]
    fetched = len(fake.calls("GET", "/attachments/{id}/{name}"))
    for name, options in COMMANDS.items():
        refused = await told(fake, eve.slash(name, **options))
        assert "look after the lessons" in refused.text or "looked after" in refused.text, name
        assert refused.ephemeral
    assert len(fake.calls("GET", "/attachments/{id}/{name}")) == fetched
    typed = eve.autocomplete("knowledge remove", "document", document="")
    await fake.until(lambda: typed.choices)
    assert "Quibble" not in str(typed.choices)
    if who != "dm":  # a card of a server cannot be in a private chat
        for label in ("Next", "Approve", "Remove"):
            assert "look after" in (await told(fake, eve.click(card, label))).text
    (kept,) = await bot.services.records.curating.everywhere()
    assert kept.waits


async def test_without_a_role_chosen_nobody_curates_and_is_told_how(
    fake: FakeDiscord, bot: StudyBot, curator: Member
) -> None:
    await bot.services.records.servers.change(ServerSettings(GUILD))
    assert "/settings" in (await told(fake, curator.slash("knowledge queue"))).text


async def test_s9_a_curator_reaches_no_document_of_another_server(
    fake: FakeDiscord, bot: StudyBot, curator: Member
) -> None:
    curating = bot.services.records.curating
    secret = await curating.add("secret.md", b"# Secret\n\nThe canary.", OTHER, 1)
    card = await told(fake, curator.slash("knowledge add", file=NOTE))
    for which in ("queue", "list"):
        assert "Secret" not in (await told(fake, curator.slash(f"knowledge {which}"))).text
    for name in ("approve", "remove"):
        refused = await told(fake, curator.slash(f"knowledge {name}", document=secret.id))
        assert "no such document" in refused.text
    for verb in ("page", "approve", "remove", "sure", "nonsense"):
        button = card.payload["components"][-1]["components"][0]
        button |= {"custom_id": f"documents:{verb}:{secret.id}:0", "disabled": False}
        press = curator.click(card, button["custom_id"])
        await fake.until(lambda press=press: press.response)  # type: ignore[misc]  # mypy does not infer it
        assert "canary" not in str([m.payload for m in fake.messages.values()])
        if press.response == 6:  # its message was edited: what it says now is all there is
            await pressed(fake, press, card, "no such document")
            card = await told(fake, curator.slash("knowledge add", file=_other(verb)))
    assert (await curating.find(secret.id, OTHER)).waits


def _other(text: str) -> Upload:
    return Upload("other.md", "text/markdown", f"Of {text}.".encode())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"size": 3 << 20}, "too large"),
        ({"filename": "note.exe"}, "none of these"),
        ({"url": "http://127.0.0.1:1/attachments/1/note.md"}, "from Discord only"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "from Discord only"),
        ({"url": "file:///etc/passwd"}, "from Discord only"),
    ],
)
async def test_s15_s17_what_is_wrong_with_a_file_is_told_before_it_is_fetched(
    fake: FakeDiscord,
    curator: Member,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, Any],
    words: str,
) -> None:
    made = fake.attachment
    monkeypatch.setattr(fake, "attachment", lambda file: made(file) | changed)
    refused = await told(fake, curator.slash("knowledge add", file=NOTE))
    assert words in refused.text
    assert fake.calls("GET", "/attachments/{id}/{name}") == []


async def test_a_hostile_file_is_one_sentence(fake: FakeDiscord, curator: Member) -> None:
    bomb = Upload("a.html", "text/html", b"<b>" * 600_000)
    refused = await told(fake, curator.slash("knowledge add", file=bomb))
    assert "nested too deep" in refused.text

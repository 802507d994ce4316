"""S9 in Discord: a server's lessons are listed, offered, read and shown there alone."""

from dataclasses import replace

import pytest

from bot.client.bot import StudyBot
from bot.events import Citation, Finished, SourcesFound
from bot.memory import KeptAnswer, Place
from bot.model import Delta
from knowledge.added import AddedLesson, AddedPassage, as_lesson
from knowledge.passages import Hit
from tests.bot.client.script import USAGE, Script, whole
from tests.bot.client.test_panel import GUILD, told
from tests.doubles.discord import FakeDiscord

OTHER = 4242
ADDED = {
    server: AddedLesson.model_validate(
        {"id": f"0000000{n}", "server": server, "title": title, "source": "a.md"}
        | {"added": "2026-11-25"}
        | {"passages": (AddedPassage(heading="", path=(), text=f"{title} here.", asks=()),)}
    )
    for n, (server, title) in enumerate([(GUILD, "Our canary"), (OTHER, "Their secret")])
}
LESSONS = {server: as_lesson(added) for server, added in ADDED.items()}
OURS, THEIRS = LESSONS[GUILD], LESSONS[OTHER]


@pytest.fixture(autouse=True)
def added(bot: StudyBot) -> None:
    """Let both servers have a lesson."""
    library = bot.services.library
    library.lessons = (*library.lessons, OURS, THEIRS)


async def listed(fake: FakeDiscord) -> str:
    """Return all that the pages of /lesson show."""
    ada = fake.member("ada")
    page = await told(fake, ada.slash("lesson"))
    seen = page.text
    while any(c.get("label") == "Next" and not c["disabled"] for c in _buttons(page.payload)):
        before, pressed = page.text, ada.click(page, "Next")
        await fake.until(lambda b=before, p=pressed: p.response and page.text != b)  # type: ignore[misc]  # mypy does not infer it
        seen += page.text
    return seen


def _buttons(payload: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    rows = [row for row in payload["components"] if row["type"] == 1]
    return [part for row in rows for part in row["components"] if part["type"] == 2]  # type: ignore[attr-defined]  # JSON


async def test_s9_lists_and_suggestions_hold_what_belongs_here(fake: FakeDiscord) -> None:
    ada = fake.member("ada")
    seen = await listed(fake)
    assert "Our canary" in seen
    assert "Their secret" not in seen
    ada.channel = fake.private_channel(ada.id)["id"]
    in_private = await listed(fake)
    assert "Our canary" not in in_private
    assert "Their secret" not in in_private
    for command, option in (("lesson", "name"), ("ask", "lesson")):
        for typed, channel, count in (("canary", "", 1), ("secret", "", 0), ("canary", "dm", 0)):
            eve = fake.member("eve")
            if channel:
                eve.channel = fake.private_channel(eve.id)["id"]
            more = {"question": "?"} if command == "ask" else {}
            asked = eve.autocomplete(command, option, **{option: typed}, **more)
            await fake.until(lambda asked=asked: asked.response)  # type: ignore[misc]  # as above
            assert len(asked.choices or ()) == count, (command, typed, channel)
            eve.channel = fake.member("bob").channel


async def test_s9_another_servers_lesson_is_neither_read_nor_asked_by_its_name(
    fake: FakeDiscord, script: Script
) -> None:
    ada = fake.member("ada")
    assert "canary here" in (await told(fake, ada.slash("lesson", name=OURS.slug))).text
    for name in (THEIRS.slug, THEIRS.title):
        assert "no such lesson" in (await told(fake, ada.slash("lesson", name=name))).text
        refused = await told(fake, ada.slash("ask", question="What?", lesson=name))
        assert "no such lesson" in refused.text
    page = await told(fake, ada.slash("lesson", name=OURS.slug))
    button = page.payload["components"][-1]["components"][0]
    button |= {"custom_id": f"lesson:{ada.id}:{THEIRS.slug}:0", "disabled": False}
    assert "expired" in (await told(fake, ada.click(page, button["custom_id"]))).text
    assert script.questions == []


async def test_s9_every_question_carries_where_it_was_asked(
    fake: FakeDiscord, script: Script
) -> None:
    ada = fake.member("ada")
    answer = await whole(fake, ada.slash("ask", question="Why?"))
    await whole(fake, ada.click(answer, "Retry"))
    ada.mention("Why so?")
    await fake.until(lambda: len(script.questions) == 3)
    assert {question.server for question in script.questions} == {GUILD}
    ada.dm("And here?")
    await fake.until(lambda: len(script.questions) == 4)
    assert script.questions[-1].server is None


async def test_s9_s10_sources_of_a_removed_or_foreign_lesson_are_not_shown(
    fake: FakeDiscord, script: Script, bot: StudyBot
) -> None:
    """The answer of this process, and one of an earlier."""
    (passage,) = OURS.passages
    cited = (Citation(1, passage, supported=True),)
    script.steps = [
        SourcesFound((Hit(passage, 0.9),)),
        Delta("So [1]."),
        Finished("So [1].", cited, USAGE),
    ]
    ada = fake.member("ada")
    answer = await whole(fake, ada.slash("ask", question="Why?"))
    assert "canary here" in (await told(fake, ada.click(answer, "Sources"))).text
    bot.services.library.lessons = bot.services.lessons_for(None)
    assert "canary here" not in (await told(fake, ada.click(answer, "Sources"))).text
    bot.services.library.lessons = (*bot.services.lessons_for(None), THEIRS)
    kept = KeptAnswer("abc", int(ada.id), Place(int(answer.channel_id), GUILD), 0.0, "Why?")
    foreign = replace(kept, open=False, passages=(THEIRS.passages[0].id,), cited=(1,))
    await bot.services.records.memory.answers.keep(foreign)
    for part in answer.payload["components"][-1]["components"]:
        if part["custom_id"].split(":")[1] == "sources":
            part["custom_id"] = "ask:sources:abc"
    shown = await told(fake, ada.click(answer, "ask:sources:abc"))
    assert "secret here" not in shown.text

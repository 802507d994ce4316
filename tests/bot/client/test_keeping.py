"""What outlives the process: follow-ups, and the buttons of answers after a restart."""

import asyncio
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.events import Declined, Delta, Finished, Notice, NoticeKind, SourcesFound
from bot.memory import Place
from bot.wiring import open_services
from knowledge.passages import Hit
from tests.bot.client.script import USAGE, Script, Step, answering, body, running_bot, whole
from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.discord.payloads import GENERAL


async def pressed(fake: FakeDiscord, press: Interaction) -> Message:
    """Wait for what a press is answered with."""
    await fake.until(lambda: press.response and press.original)
    assert fake.refused == []
    return fake.messages[press.original or ""]


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def hits_of(bot: StudyBot) -> tuple[Hit, ...]:
    passages = bot.services.lessons[0].passages[:2]
    return tuple(Hit(passage, 0.9) for passage in passages)


def said(script: Script) -> list[str]:
    """Return the earlier turns of the newest question."""
    return [turn.content for turn in script.questions[-1].history]


def here(bot: StudyBot) -> Place:
    return Place(int(GENERAL), bot.guilds[0].id)


async def answer_with_thinking(
    fake: FakeDiscord, script: Script, folder: Path, **options: object
) -> Message:
    """Let one process answer with two sources and a thought, and end."""
    async with running_bot(fake, script, folder) as bot:
        finished = Finished("So it is.", (), USAGE, "tiny:1b")
        found = SourcesFound(hits_of(bot))
        script.steps = [found, Delta(thinking="hm, well"), Delta("So it is."), finished]
        return await whole(fake, fake.member("ada").slash("ask", question="Why?", **options))


async def test_a_follow_up_brings_the_members_own_turns_of_this_place(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    """By command, mention and in private, each place for itself, and nobody else's."""
    ada, eve = fake.member("ada"), fake.member("eve")
    await whole(fake, ada.slash("ask", question="first"))
    await whole(fake, ada.slash("ask", question="second"))
    assert said(script) == ["first", "A token is a **piece** of text [1]."]
    await whole(fake, eve.slash("ask", question="third"))
    assert not said(script)
    ada.dm("fourth")
    await fake.until(lambda: len(script.questions) == 4)
    assert not said(script)
    await fake.until(lambda: bot.answers.running == 0)
    ada.mention("fifth")
    await fake.until(lambda: len(script.questions) == 5)
    assert said(script)[::2] == ["first", "second"]


async def test_private_turns_are_told_again_in_private_only(
    fake: FakeDiscord, script: Script, bot: StudyBot
) -> None:
    ada = fake.member("ada")
    await whole(fake, ada.slash("ask", question="secret", private=True))
    await whole(fake, ada.slash("ask", question="open"))
    assert not said(script)
    await whole(fake, ada.slash("ask", question="again", private=True))
    assert len(said(script)) == 4
    await fake.until(lambda: bot.answers.running == 0)


async def test_under_load_no_member_and_no_place_sees_anothers_history(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    """Twelve members in two channels at once, three questions each."""
    other = fake.add_channel("other")["id"]

    async def talk(name: str, channel: str) -> None:
        member = fake.member(name)
        for n in range(3):
            member.channel = channel
            await whole(fake, member.slash("ask", question=f"{name} {channel} {n}"))

    for channel in (GENERAL, other):
        await asyncio.gather(*[talk(f"member{i}", channel) for i in range(12)])
    assert len(script.questions) == 72
    for question in script.questions:
        mark = question.text.rpartition(" ")[0]
        asked = [t.content for t in question.history if t.role == "user"]
        assert asked == [f"{mark} {n}" for n in range(int(question.text[-1]))]
    await fake.until(lambda: bot.answers.running == 0)


async def test_buttons_work_after_a_restart(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    message = await answer_with_thinking(fake, script, tmp_path)
    async with running_bot(fake, script, tmp_path) as bot:
        ada, eve = fake.member("ada"), fake.member("eve")
        sources = await pressed(fake, ada.click(message, "Sources"))
        for hit in hits_of(bot):
            assert hit.passage.heading in body(sources)
        assert body(await pressed(fake, ada.click(message, "Thinking"))) == "hm, well"
        refused = await pressed(fake, eve.click(message, "Sources"))
        assert "belong to the member who asked" in refused.text
        again = await whole(fake, ada.click(message, "Retry"))
        assert again.id != message.id
        assert script.questions[-1].text == "Why?"
        assert not said(script)


async def test_a_private_answer_is_retried_in_private_after_a_restart(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    lesson = "base-models"
    message = await answer_with_thinking(fake, script, tmp_path, private=True, lesson=lesson)
    async with running_bot(fake, script, tmp_path):
        again = await whole(fake, fake.member("ada").click(message, "Retry"))
        assert again.ephemeral
        assert script.questions[-1].lesson == lesson


async def test_without_stored_text_sources_still_work_after_a_restart(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    async with running_bot(fake, script, tmp_path, memory=False) as bot:
        script.steps = [SourcesFound(hits_of(bot)), *answering("Canary-text.")[1:]]
        message = await whole(fake, fake.member("ada").slash("ask", question="Canary-question?"))
    assert b"anary" not in stored(tmp_path)
    async with running_bot(fake, script, tmp_path, memory=False) as bot:
        ada = fake.member("ada")
        sources = await pressed(fake, ada.click(message, "Sources"))
        assert hits_of(bot)[0].passage.heading in body(sources)
        assert "not stored" in (await pressed(fake, ada.click(message, "Retry"))).text


async def test_a_vote_of_any_member_counts_once_and_can_be_changed(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    (request_id,) = bot.answers._known
    votes = bot.services.records.memory.votes
    for name in ("ada", "eve", "eve"):
        told = await pressed(fake, fake.member(name).click(message, "👍"))
        assert told.ephemeral
        assert "noted" in told.text
    assert await votes.count(request_id) == (2, 0)
    down = fake.member("eve").click(message, "👎")
    await fake.until(lambda: down.modal)
    assert await votes.count(request_id) == (1, 1)
    sent = fake.member("eve").submit(down, "It is {wrong} @everyone")
    assert "noted" in (await pressed(fake, sent)).text
    assert await votes.count(request_id) == (1, 1)


async def test_votes_are_taken_after_a_restart(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    async with running_bot(fake, script, tmp_path) as bot:
        message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
        (request_id,) = bot.answers._known
        down = fake.member("eve").click(message, "👎")
        await fake.until(lambda: down.modal)
    async with running_bot(fake, script, tmp_path) as bot:
        await pressed(fake, fake.member("eve").submit(down, "because"))
        assert await bot.services.records.memory.votes.count(request_id) == (0, 1)


@pytest.mark.parametrize(
    "custom_id",
    [
        "ask:sources:ffffffff",
        "ask:up:../../x",
        "ask:down:",
        "ask",
        "ask:nonsense:1",
        "ask:up:%00",
        "ask:retry:" + "9" * 80,
        ":::",
        "ask:sources:' or 1=1 --",
    ],
)
async def test_a_forged_control_is_told_that_it_has_expired(
    fake: FakeDiscord, bot: StudyBot, custom_id: str
) -> None:
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    message.payload["components"][-1]["components"][0]["custom_id"] = custom_id
    told = await pressed(fake, fake.member("ada").click(message, custom_id))
    assert "expired" in told.text
    await fake.until(lambda: bot.answers.running == 0)


async def test_a_control_carried_into_another_channel_is_not_obeyed(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    message.channel_id = fake.add_channel("other")["id"]
    for label in ("Sources", "👍"):
        assert "expired" in (await pressed(fake, fake.member("eve").click(message, label))).text
    (request_id,) = bot.answers._known
    assert await bot.services.records.memory.votes.count(request_id) == (0, 0)


async def test_a_reply_after_a_restart_leans_on_the_answer_it_replies_to(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    async with running_bot(fake, script, tmp_path):
        fake.member("ada").mention("What is a token?")
        (answer,) = await fake.until(
            lambda: [m for m in fake.messages.values() if "Retry" in str(m.payload)]
        )
    async with running_bot(fake, script, tmp_path):
        fake.member("eve").reply(answer, "And why?")
        await fake.until(lambda: len(script.questions) == 2)
        assert said(script) == ["What is a token?", "A token is a **piece** of text [1]."]


async def test_questions_that_the_lessons_leave_open_are_kept(
    fake: FakeDiscord, bot: StudyBot, script: Script
) -> None:
    hits = hits_of(bot)
    unsupported = Notice(NoticeKind.UNSUPPORTED, "Nothing here is cited.")
    played: list[list[Step]] = [
        [SourcesFound(hits), Declined("The lessons do not cover this.", hits[0].passage)],
        [SourcesFound(hits), Delta("Perhaps."), unsupported, Finished("Perhaps.", (), USAGE, "m")],
        answering("Supported."),
    ]
    for steps in played:
        script.steps = steps
        await whole(fake, fake.member("ada").slash("ask", question="Why?"))
        await fake.until(lambda: bot.answers.running == 0)
    gaps = await bot.services.records.memory.gaps.newest(here(bot).guild, 9)
    assert [gap.kind for gap in gaps] == ["unsupported", "declined"]
    assert gaps[0].nearest == hits[0].passage.id


async def test_a_damaged_database_stops_no_answer_and_is_told(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    (tmp_path / "records.db").write_bytes(b"not a database" * 300)
    async with running_bot(fake, script, tmp_path) as bot:
        ada = fake.member("ada")
        message = await whole(fake, ada.slash("ask", question="Why?"))
        assert body(message)
        assert body(await pressed(fake, ada.click(message, "Sources")))
        vote = await pressed(fake, ada.click(message, "👍"))
        assert "records cannot be used now" in vote.text
        status = ada.slash("status")
        await fake.until(lambda: (m := fake.original(status)) and "records" in m.text)
        assert "their file is damaged" in fake.messages[status.original or ""].text
        assert not any(part.ok for part in await bot.services.health() if part.name == "records")


async def test_the_words_of_members_are_in_no_log(
    fake: FakeDiscord, bot: StudyBot, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    caplog.set_level("INFO", "discord")  # as the bot's own logging has it
    script.steps = answering("canary-answer")
    message = await whole(fake, fake.member("ada").slash("ask", question="canary-question"))
    down = fake.member("eve").click(message, "👎")
    await fake.until(lambda: down.modal)
    await pressed(fake, fake.member("eve").submit(down, "canary-reason"))
    await fake.until(lambda: bot.answers.running == 0)
    assert "canary" not in caplog.text


async def test_a_kill_right_after_an_answer_loses_nothing_of_it(
    fake: FakeDiscord, script: Script, tmp_path: Path
) -> None:
    """What a second process reads while the first still runs is what a kill would leave."""
    async with running_bot(fake, script, tmp_path) as bot:
        await whole(fake, fake.member("ada").slash("ask", question="Why?"))
        await fake.until(lambda: bot.answers.running == 0)
        (request_id,) = bot.answers._known
        async with open_services(bot.services.settings, load=False) as other:
            kept = await other.records.memory.answers.find(request_id)
            assert kept is not None
            assert kept.text == "A token is a **piece** of text [1]."
            assert not kept.open

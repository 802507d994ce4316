"""S9: what a server's own lesson says stays there, wherever its answer is carried to.

A control is moved by force, as a forwarded message or another client could: what was told in the
study group's server is asked for from a private chat, and from a server in which only the member
installed the bot.
"""

from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.events import Citation, Finished, SourcesFound
from bot.model import Delta
from bot.settings import Settings
from bot.wiring import open_services
from knowledge.added import shelve
from knowledge.passages import Hit
from tests.bot.client.script import USAGE, Script, messages, whole
from tests.bot.client.test_every_control import controls, outcome, use
from tests.bot.client.test_panel import GUILD
from tests.bot.client.test_servers_apart import ADDED, OURS
from tests.doubles.discord import FakeDiscord, Message, payloads
from tests.doubles.discord.limits import BUTTON
from tests.doubles.discord.member import Member
from tests.security.test_roles import OTHER_GUILD, ROLES, moved

CANARY = "canary here"
ABROAD = ["direct", "user install"]
DEMO = """title = "Why"
prompt = "Why?"
stages = ["base", "instruct"]
kind = "question"
notice = "This."
why = "That."
lesson = "{lesson}"
"""


def carry(fake: FakeDiscord, place: str) -> None:
    """Let all that members call and press from now on come from there."""
    emit = fake.gateway.dispatch
    fake.emit = lambda event, data: emit(
        event, moved(data, ROLES["member"], place) if event == "INTERACTION_CREATE" else data
    )


@pytest.fixture
def ada(fake: FakeDiscord, bot: StudyBot, script: Script) -> Member:
    """Return who asks, on a server whose own lesson answers."""
    bot.services.library.lessons = (*bot.services.library.lessons, OURS)
    (passage,) = OURS.passages
    cited = (Citation(1, passage, supported=True),)
    found = SourcesFound((Hit(passage, 0.9),))
    script.steps = [found, Delta(f"{CANARY} [1]."), Finished(f"{CANARY} [1].", cited, USAGE)]
    return fake.member("ada")


@pytest.mark.parametrize("place", ABROAD)
async def test_s9_where_only_a_member_installed_the_bot_no_servers_lesson_is_reached(
    fake: FakeDiscord, script: Script, ada: Member, place: str
) -> None:
    assert CANARY in await outcome(fake, ada.slash("lesson", name=OURS.slug))
    carry(fake, place)
    for command, options in (("lesson", {"name": OURS.slug}), ("lesson", {"name": OURS.title})):
        assert "no such lesson" in await outcome(fake, ada.slash(command, **options))
    refused = await outcome(fake, ada.slash("ask", question="Why?", lesson=OURS.slug))
    assert "no such lesson" in refused
    assert OURS.title not in await outcome(fake, ada.slash("lesson"))
    typed = ada.autocomplete("lesson", "name", name="canary")
    await fake.until(lambda: typed.response)
    assert typed.choices == []
    assert script.questions == []
    asked = ada.slash("ask", question="Why?")
    await fake.until(lambda: script.questions)
    wanted = int(OTHER_GUILD) if place == "user install" else None
    assert [question.server for question in script.questions] == [wanted]
    assert asked.response


@pytest.mark.parametrize("place", ABROAD)
async def test_s9_no_control_under_an_answer_or_lesson_works_where_it_was_carried(
    fake: FakeDiscord, script: Script, ada: Member, place: str
) -> None:
    """Sources, Retry, Ask on, Ask about this and the pages, pressed by who asked."""
    answer = await whole(fake, ada.slash("ask", question="Why?"))
    read = ada.slash("lesson", name=OURS.slug)
    await outcome(fake, read)
    shown = [answer, *messages(fake, read)]
    sources = await outcome(fake, ada.click(answer, "Sources"))
    assert CANARY in sources
    carry(fake, place)
    pressed = 0
    for message in shown:
        for control in reversed(controls(message)):  # the last button but one turns the page
            if control["type"] == BUTTON and control["label"] in ("👍", "👎"):
                continue
            seen = await outcome(fake, use(ada, message, control))
            assert CANARY not in seen, control
            pressed += 1
    assert pressed > 3
    assert len(script.questions) == 1


@pytest.mark.parametrize("where", ["direct", "another server"])
async def test_s9_a_reply_from_another_place_does_not_go_on_from_a_servers_answer(
    fake: FakeDiscord, script: Script, ada: Member, where: str
) -> None:
    """By the message's id, as the button for going on and a reply name it."""
    answer = await whole(fake, ada.slash("ask", question="Why?"))
    reply(fake, ada, answer, where)
    await fake.until(lambda: len(script.questions) == 2)
    asked = script.questions[-1]
    assert asked.server != GUILD
    assert asked.history == ()


def reply(fake: FakeDiscord, member: Member, answer: Message, where: str) -> None:
    """Reply to an answer with a reference that Discord itself would not let through."""
    reference = {"message_id": answer.id, "channel_id": answer.channel_id, "type": 0}
    extra = {"type": 19, "message_reference": reference, "referenced_message": answer.payload}
    channel = fake.private_channel(member.id)["id"]
    text = f"<@{payloads.BOT}> And then?"
    if where == "another server":
        extra |= {"guild_id": OTHER_GUILD, "member": payloads.made("member")}
    member.say(text, channel=channel, extra=extra)


async def test_s9_a_demo_explains_itself_by_everybodys_lessons_alone(tmp_path: Path) -> None:
    """A demo that points to one server's passage is a fault, and what Read why can show is not."""
    (passage,) = OURS.passages
    shelve(tmp_path / "library", ADDED[GUILD])
    demos = tmp_path / "own" / "demos"
    demos.mkdir(parents=True)
    (demos / "why.toml").write_text(DEMO.format(lesson=passage.id), "utf-8")
    settings = Settings(data_dir=tmp_path, demo_dir=tmp_path / "own")
    async with open_services(settings, load=False) as services:
        assert OURS.slug in {one.slug for one in services.library.lessons}
        fault = f"why.toml: lesson: there is no passage '{passage.id}'"
        assert services.demos.faults == (fault,)
        assert services.demos.curated.find("why") is None
        assert OURS.slug not in {one.slug for one in services.lessons}

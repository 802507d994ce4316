"""Predict first: members say what each contender will do, then it runs and says who was right."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.present import predict
from tests.bot.client.script import Script, running_bot
from tests.bot.client.test_blind import buttons
from tests.bot.client.test_demos import PROMPT, boxes, ended, laptop, shown
from tests.bot.client.test_front_door import checked
from tests.bot.client.test_privacy import told
from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.discord.limits import SELECT
from tests.doubles.discord.member import Member
from tests.doubles.discord.records import walk
from tests.doubles.ollama import FakeOllama

BASE, INSTRUCT, REASONING = range(3)
RIGHT = {BASE: "CONTINUES", INSTRUCT: "ANSWERS", REASONING: "THINKS"}


@pytest.fixture
async def ollama() -> AsyncIterator[FakeOllama]:
    async with FakeOllama(laptop(base=(" and on. ",)), num_parallel=8) as fake:
        yield fake


@pytest.fixture
async def bot(fake: FakeDiscord, ollama: FakeOllama, tmp_path: Path) -> AsyncIterator[StudyBot]:
    async with running_bot(fake, Script([]), tmp_path, ollama_host=ollama.url) as running:
        yield running


async def asked_for(fake: FakeDiscord, asked: Interaction) -> Message:
    """Wait until a demo waits for predictions; return its message."""
    await fake.until(lambda: "Predict first" in shown(fake, asked))
    return fake.messages[asked.original or ""]


async def opened(fake: FakeDiscord, member: Member, message: Message) -> Message:
    """Press Predict; return what only this member sees."""
    return await told(fake, member.click(message, "Predict"), "What will each of them do?")


def selects(panel: Message) -> list[dict[str, object]]:
    return [c for c in walk(panel.payload["components"]) if c["type"] == SELECT]


def chosen(panel: Message) -> list[str]:
    """Return what is marked as chosen in each list, "" where nothing is."""
    marked = [[o["value"] for o in s["options"] if o["default"]] for s in selects(panel)]  # type: ignore[attr-defined]  # JSON
    return ["".join(values) for values in marked]


def pick(member: Member, panel: Message, pane: int, outcome: str) -> Interaction:
    return member.select(panel, str(selects(panel)[pane]["custom_id"]), outcome)


@pytest.mark.usefixtures("bot")
async def test_members_predict_the_asker_starts_and_the_end_says_who_was_right(
    fake: FakeDiscord, ollama: FakeOllama
) -> None:
    ada, eve, bob = fake.member("ada"), fake.member("eve"), fake.member("bob")
    asked = ada.slash("demo", demo="bat-and-ball", predict=True)
    message = await asked_for(fake, asked)
    assert buttons(message) == ["Predict", "Start", "Stop"]
    assert boxes(message) == []
    assert "waiting" not in message.text
    panel = await opened(fake, eve, message)
    assert panel.ephemeral
    assert chosen(panel) == ["", "", ""]
    for pane, outcome in (BASE, "RUNS_ON"), *RIGHT.items():
        pick(eve, panel, pane, outcome)
        await fake.until(lambda p=pane, o=outcome: chosen(panel)[p] == o)  # type: ignore[misc]  # mypy does not infer it
    assert chosen(await opened(fake, eve, message)) == list(RIGHT.values())
    pick(bob, await opened(fake, bob, message), INSTRUCT, "ASKS")
    await fake.until(lambda: "2 members have predicted" in message.text)
    await told(fake, eve.click(message, "Start"), "Only who asked for this demo starts it")
    assert not ollama.generations
    ada.click(message, "Start")
    await ended(fake, asked)
    assert f"<@{eve.id}> 3 of 3, <@{bob.id}> 0 of 3." in message.text
    assert "It goes on with the text; 1 of 1 foresaw it." in message.text
    assert "It answers at once and stops; 1 of 2 foresaw it." in message.text
    assert "What to notice" in message.text
    assert message.text.count("Predict first") == 0
    checked(fake)


async def test_25_members_who_predict_at_once_have_one_prediction_each(
    fake: FakeDiscord, bot: StudyBot
) -> None:
    """And presses that come after the start change nothing and are told so."""
    ada, members = fake.member("ada"), [fake.member(f"m{n}") for n in range(25)]
    asked = ada.slash("demo", prompt=PROMPT, predict=True)
    message = await asked_for(fake, asked)
    panels = await asyncio.gather(*(opened(fake, member, message) for member in members))
    pressed = [
        pick(member, panel, pane, outcome)
        for member, panel in zip(members, panels, strict=True)
        for pane, outcome in ((BASE, "SILENT"), *RIGHT.items())
    ]
    await fake.until(lambda: all(p.response for p in pressed))
    (run,) = bot.demos._known.values()
    assert run.show.forecast is not None
    predictions = run.show.forecast.predictions
    assert predictions.members == 25
    assert all(len(predictions.of(int(member.id))) == 3 for member in members)
    ada.click(message, "Start")
    await fake.until(lambda: predictions.closed)
    late = pick(members[0], panels[0], BASE, "ASKS")
    await told(fake, late, "takes no predictions")
    await ended(fake, asked)
    assert message.text.count("3 of 3") == 8
    assert "and 17 more" in message.text
    assert len(message.text) <= 4000
    checked(fake)


@pytest.mark.usefixtures("bot")
async def test_it_starts_by_itself_when_nobody_does(
    fake: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "PREDICT_SECONDS", 0.2)
    message = await ended(fake, fake.member("ada").slash("demo", prompt=PROMPT, predict=True))
    assert "Nobody predicted" in message.text
    checked(fake)


async def test_stop_ends_a_demo_that_waits_and_forget_takes_a_prediction_away(
    fake: FakeDiscord, bot: StudyBot, ollama: FakeOllama
) -> None:
    ada, eve = fake.member("ada"), fake.member("eve")
    asked = ada.slash("demo", prompt=PROMPT, predict=True)
    message = await asked_for(fake, asked)
    panel = await opened(fake, eve, message)
    pick(eve, panel, BASE, "ASKS")
    await fake.until(lambda: "1 member has predicted" in message.text)
    sure = await told(fake, eve.slash("forget"), "Shall I erase")
    eve.click(sure, "Forget me")
    await fake.until(lambda: "has predicted" not in message.text)
    await told(fake, ada.slash("demo", prompt=PROMPT, predict=True, blind=True), "Choose one")
    ada.click(message, "Stop")
    await fake.until(lambda: "You stopped this demo" in message.text)
    await told(fake, pick(eve, panel, BASE, "ASKS"), "takes no predictions")
    await fake.until(lambda: not bot.demos.running)
    assert not ollama.generations
    checked(fake)


@pytest.mark.usefixtures("bot")
async def test_a_forged_prediction_gets_a_sentence(fake: FakeDiscord) -> None:
    ada = fake.member("ada")
    message = await asked_for(fake, ada.slash("demo", prompt=PROMPT, predict=True))
    panel = await opened(fake, ada, message)
    for changed in ({"custom_id": "9"}, {"value": "WINS"}):
        select = selects(panel)[BASE]
        _, _, demo = str(select["custom_id"]).split(":")
        if "custom_id" in changed:
            select["custom_id"] = f"predict:9:{demo}"
        select["options"] = [
            {"label": "x", "value": changed.get("value", "ASKS"), "default": False}
        ]
        forged = ada.select(panel, str(select["custom_id"]), changed.get("value", "ASKS"))
        await told(fake, forged, "cannot be predicted here")

"""The unmodified discord.py lives on the fake Discord."""

import discord
import pytest

from tests.doubles.conftest import SmallBot
from tests.doubles.discord import FakeDiscord, Upload
from tests.doubles.discord.payloads import GENERAL


async def test_a_command_is_deferred_edited_and_followed_up(
    fake: FakeDiscord, bot: SmallBot
) -> None:
    """The history tells each state with its time, and the file's bytes are kept."""
    assert bot.is_ready()
    asked = fake.member("ada").slash("ask", question="why?")
    await fake.until(lambda: asked.followups)
    original = fake.original(asked)
    assert original is not None
    states = [payload["content"] for _, payload in original.history]
    assert states == ["", "You asked: why?"]
    assert original.history[1][0] > original.history[0][0]
    note = fake.messages[asked.followups[0]]
    assert (note.text, note.file.data) == ("the question", b"why?")
    assert fake.refused == []
    assert fake.too_many == 0


@pytest.mark.usefixtures("bot")
async def test_a_press_edits_the_message(fake: FakeDiscord) -> None:
    """A button's interaction reaches the view that was sent with the message."""
    ada = fake.member("ada")
    asked = ada.slash("ask", question="why?")
    await fake.until(lambda: asked.followups)
    original = fake.messages[asked.original or ""]
    pressed = ada.click(original, "Again")
    await fake.until(lambda: pressed.response)
    assert original.text == "pressed"
    with pytest.raises(LookupError):
        ada.click(original, "There is no such button")


@pytest.mark.usefixtures("bot")
async def test_autocomplete_answers_with_choices(fake: FakeDiscord) -> None:
    """The choices are those of the bot for what was typed."""
    typed = fake.member("ada").autocomplete("ask", "question", question="x")
    await fake.until(lambda: typed.response)
    assert [choice["value"] for choice in typed.choices or ()] == ["xa", "xb"]


@pytest.mark.usefixtures("bot")
async def test_a_command_of_a_group_gets_a_file_that_the_cdn_serves(fake: FakeDiscord) -> None:
    """The option names the attachment, and its bytes are read where its address says."""
    ada, note = fake.member("ada"), Upload("ö &.txt", "text/plain", b"hi")
    asked = ada.slash("files measure", file=note, times=2)
    await fake.until(lambda: asked.response)
    original = fake.messages[asked.original or ""]
    assert original.text == "ö &.txt: 2 bytes, hihi"
    for wrong in ("files", "files gauge", "ask measure"):
        with pytest.raises(LookupError):
            ada.slash(wrong, file=note)
    fake.faults.status("GET", "/attachments", 404)
    broken = ada.slash("files measure", file=note)
    await fake.until(lambda: fake.calls("GET", "/attachments/{id}/{name}")[1:])
    assert broken.response is None


async def test_only_what_mentions_the_bot_is_readable(fake: FakeDiscord, bot: SmallBot) -> None:
    """Without the Message Content intent, others' words arrive empty."""
    ada = fake.member("ada")
    ada.say("among ourselves")
    mention = ada.mention("hello")
    ada.dm("in private")
    await fake.until(lambda: len(bot.heard) == 3)
    assert bot.heard == ["", mention.text, "in private"]
    (answer,) = await fake.until(lambda: [m for m in fake.messages.values() if m.text == "heard"])
    ada.reply(answer, "thanks")
    ada.reply(answer, "quietly", ping=False)
    await fake.until(lambda: len(bot.heard) == 5)
    assert bot.heard[3:] == ["thanks", ""]


async def test_a_reply_to_an_interaction_response_is_not_readable(
    fake: FakeDiscord, bot: SmallBot
) -> None:
    """Such a reply pings, but carries its words only with a mention in them."""
    ada = fake.member("ada")
    asked = ada.slash("ask", question="why?")
    await fake.until(lambda: asked.followups)
    ada.reply(fake.messages[asked.original or ""], "more please")
    await fake.until(lambda: bot.heard)
    assert bot.heard == [""]


async def test_threads_and_private_messages(fake: FakeDiscord, bot: SmallBot) -> None:
    """A thread from a message and one without; a private message, edited and deleted."""
    ada = fake.member("ada")
    channel = bot.get_channel(int(GENERAL))
    assert isinstance(channel, discord.TextChannel)
    async with channel.typing():
        message = await channel.send("start")
    thread = await message.create_thread(name="more")
    said = await thread.send("in the thread", file=discord.File(__file__))
    assert said.channel.id == thread.id == message.id
    assert (await thread.fetch_message(said.id)).content == "in the thread"
    alone = await channel.create_thread(name="alone", type=discord.ChannelType.public_thread)
    fake.channels[str(alone.id)]["thread_metadata"]["archived"] = True
    with pytest.raises(discord.HTTPException) as archived:
        await alone.send("too late")
    assert archived.value.code == 50083
    user = await bot.fetch_user(int(ada.id))
    private = await user.send("psst")
    await private.edit(content="pssst")
    await private.delete()
    (call,) = fake.calls("POST", "/channels/{channel_id}/typing")
    assert GENERAL in call.path
    assert fake.refused == []


async def test_a_nonce_sent_twice_is_one_message(fake: FakeDiscord, bot: SmallBot) -> None:
    """discord.py retries a send whose answer was lost; there is one message all the same."""
    fake.faults.status("POST", r"/messages$", 500, act_first=True)
    channel = bot.get_partial_messageable(int(GENERAL))
    await channel.send("once")
    assert [m.text for m in fake.messages.values()] == ["once"]


async def test_an_unknown_route_is_told_when_the_fake_ends() -> None:
    """A call that the fake cannot serve fails the test that made it."""
    fake = FakeDiscord()
    await fake.__aenter__()
    with fake.install():
        async with discord.Client(intents=discord.Intents.none()) as client:
            await client.login(fake.token)
            with pytest.raises(discord.NotFound):
                await client.http.request(discord.http.Route("POST", "/guilds/1/bans"))
    with pytest.raises(AssertionError, match="POST /guilds/1/bans"):
        await fake.__aexit__(None, None, None)

"""A fake Discord for tests and benches: real HTTP and WebSocket on loopback.

It serves the unmodified discord.py 2.7 and refuses what Discord refuses. Import it absolutely
(`from tests.doubles.discord import FakeDiscord`): `import discord` must stay the library.

    async with FakeDiscord() as fake:
        with fake.install():  # start a discord.Client here
            asked = fake.member("ada").slash("ask", question="What is a token?")
"""

from tests.doubles.discord.buckets import Rate
from tests.doubles.discord.records import Interaction, Message
from tests.doubles.discord.server import FakeDiscord
from tests.doubles.discord.wire import Upload

__all__ = ["FakeDiscord", "Interaction", "Message", "Rate", "Upload"]

"""The fake Discord and the real bot on it, as for the client's own tests."""

from tests.bot.client.conftest import bot, fake, script

__all__ = ["bot", "fake", "script"]

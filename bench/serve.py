"""The Discord front end as its own process, so that a bench measures it apart from the doubles."""

from __future__ import annotations

import asyncio
import logging

from bot.client.run import run_discord
from bot.settings import read_settings

if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(run_discord(read_settings()))

"""The real bot as a process that counts what it holds whenever a line comes on its standard input.

It is the program itself (`run_discord`); nothing is changed but how old an event may be, for a
machine that is busy with other tests. Each answer is one line of JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from bot.client.bot import StudyBot
from bot.client.logs import begin_logging
from bot.client.run import run_discord
from bot.present import intake, writer
from bot.settings import read_settings

OWN = re.compile(r"/bot/(?!.*tests)|site-packages/discord/")


def own_tasks() -> Counter[str]:
    """Count the running tasks of the program and of discord.py, by what they run."""
    names = []
    for task in asyncio.all_tasks():
        code = getattr(task.get_coro(), "cr_code", None)
        if code is not None and OWN.search(code.co_filename):
            names.append(f"{Path(code.co_filename).stem}.{code.co_name}")
    return Counter(names)


def resident() -> float:
    """Return the memory that this process holds, in MiB (Linux)."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def census() -> dict[str, Any]:
    """Count what this process holds now."""
    gc.collect()
    objects = gc.get_objects()
    bot = next(thing for thing in objects if type(thing) is StudyBot)
    return {
        "rss": resident(),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "objects": len(objects),
        "tasks": own_tasks(),
        "running": bot.answers.running + bot.demos.running,
        "views": len(bot._connection._view_store._views),
        "writers": sum(type(thing) is writer.Writer for thing in objects),
        "known": len(bot.answers._known),
        "streams": len(bot.answers._streams),
        "pastes": len(bot.hearing._pastes),
    }


async def main() -> None:
    """Run the bot, and answer lines."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    serving = asyncio.create_task(run_discord(read_settings()))
    asked = asyncio.create_task(_answer(lines))
    await serving
    asked.cancel()


async def _answer(lines: asyncio.StreamReader) -> None:
    while await lines.readline():
        sys.stdout.write(json.dumps(census()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    intake.FRESH_SECONDS = 60.0
    begin_logging("INFO", [])
    asyncio.run(main())

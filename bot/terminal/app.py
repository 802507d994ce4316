"""`python -m bot`: the terminal front end. Each command is a file in `commands/`, found by name."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, ParamSpec

import click

from bot.characters import plain_characters
from bot.errors import BotError, ContentInvalid
from bot.terminal.hangup import while_read
from bot.version import VERSION

P = ParamSpec("P")

COMMANDS = Path(__file__).parent / "commands"


class CommandFiles(click.Group):
    """The commands are the files of a folder; a file is imported when its command is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the names of the files."""
        return sorted(path.stem for path in COMMANDS.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import `commands/<name>.py` and return its `command`."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"bot.terminal.commands.{cmd_name}").command
        return command


@click.group(cls=CommandFiles, invoke_without_command=True)
@click.version_option(VERSION, prog_name="LLM landscape bot")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Answers about the LLM landscape from lessons, with citations you can check.

    Without a command: `run`.
    """
    if ctx.invoked_subcommand is None:
        run = CommandFiles.get_command(main, ctx, "run")
        if run is not None:
            ctx.invoke(run)


class _Unawaited(ThreadPoolExecutor):
    """The loop's threads. The end waits for none of them: one may be asking for an address."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  the library's signature
        """Take no more work."""
        super().shutdown(wait=False, cancel_futures=True)


async def _run(work: Coroutine[None, None, int]) -> int:
    asyncio.get_running_loop().set_default_executor(_Unawaited())
    return await while_read(work)


def run_async(work: Callable[P, Coroutine[Any, Any, int]]) -> Callable[P, None]:
    """Turn an async command into one click can call; its result is the exit code.

    The one place of this front end where failures are turned into a sentence.
    """

    @wraps(work)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = asyncio.run(_run(work(*args, **kwargs)))
        except ContentInvalid as error:
            for fault in error.faults:
                click.echo(plain_characters(fault), err=True)
            code = 1
        except BotError as error:
            click.echo(plain_characters(error.sentence), err=True)
            code = error.exit_code
        except KeyboardInterrupt:
            code = 130
        except BrokenPipeError:
            # The reader left; nothing more can be told, and Python must not try at exit.
            sys.stdout = None
            code = 141
        raise SystemExit(code)

    return command


def leave(code: object) -> NoReturn:
    """End the process now.

    A thread that is loading the embedding model, or asking for an address, can be neither
    interrupted nor left behind in any other way: Python waits for it.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # its reader may have left
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))

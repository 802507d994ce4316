"""The terminal chat: a conversation with history, or a line a question from a pipe."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from bot.asking import Question, Turn
from bot.events import Failed, Finished
from bot.levels import LEVELS, Level
from bot.terminal.screen import Screen
from bot.wiring import Services

SAMPLE = "What does a base model do when I ask it a question?"
TURNS_KEPT = 12

HELP = """Ask about the LLM landscape, in any words. A follow-up may lean on what was said before.
  /new     forget this conversation
  /level   newcomer, practitioner or expert: for whom a model writes; none: for everybody
  /lessons what the lessons are
  /help    this
  Ctrl-C stops an answer; Ctrl-D or /quit leaves."""


@dataclass(slots=True)
class _Conversation:
    """What was said so far, oldest first, and at which level it goes on."""

    level: Level | None = None
    turns: list[Turn] = field(default_factory=list)

    def add(self, question: str, answer: str) -> None:
        self.turns += [Turn("user", question), Turn("assistant", answer)]
        del self.turns[:-TURNS_KEPT]


async def chat(services: Services, screen: Screen, level: Level | None = None) -> int:
    """Talk until the person leaves; return the exit code."""
    for fault in services.library.faults:
        screen.fail(fault)
    if not sys.stdin.isatty():
        return await _from_pipe(services, screen, level)
    screen.tell(f"{len(services.lessons)} lessons. /help says what you can do.")
    conversation = _Conversation(level)
    session: PromptSession[str] = PromptSession()
    while True:
        try:
            with patch_stdout():  # what the background tells appears above the prompt
                line = (await session.prompt_async("you › ")).strip()
        except KeyboardInterrupt:
            screen.tell("Ctrl-D leaves.")
            continue
        except EOFError:
            return 0
        if line in ("/quit", "/exit"):
            return 0
        if line.startswith("/"):
            _command(line, conversation, services, screen)
        elif line:
            await _turn(line, conversation, services, screen)


def _command(line: str, conversation: _Conversation, services: Services, screen: Screen) -> None:
    if line == "/new":
        conversation.turns.clear()
        screen.tell("Forgotten.")
    elif line.split(maxsplit=1)[0] == "/level":
        screen.tell(_levelled(line, conversation))
    elif line == "/lessons":
        for lesson in services.lessons:
            screen.say(f"{lesson.slug}: {lesson.title}")
    else:
        screen.tell(HELP)


def _levelled(line: str, conversation: _Conversation) -> str:
    """Take a level if one is named; return what holds now."""
    named = line.removeprefix("/level").strip()
    level = next((each for each in LEVELS if each == named), None)
    if level is None and named not in ("", "none"):
        return f"I know these levels: {', '.join(LEVELS)}, none."
    if named:
        conversation.level = level
    if conversation.level is None:
        return "No level: the model writes for everybody."
    told = LEVELS[conversation.level]
    return f"{conversation.level}: {told}. Quoted passages stay as they are."


async def _turn(line: str, conversation: _Conversation, services: Services, screen: Screen) -> None:
    """Answer one question; Ctrl-C stops the answer and not the chat."""
    question = Question(line, "terminal", tuple(conversation.turns), level=conversation.level)
    answering = asyncio.ensure_future(_answer(question, services, screen))
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows: Ctrl-C then leaves the chat
        loop.add_signal_handler(signal.SIGINT, answering.cancel)
    try:
        ending = await answering
    except asyncio.CancelledError:
        screen.tell("\nStopped.")
        return
    finally:
        with suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGINT)
    if isinstance(ending, Finished):
        conversation.add(line, ending.answer)


async def _answer(question: Question, services: Services, screen: Screen) -> object:
    async with aclosing(services.asking.ask(question)) as events:
        return await screen.show(events)


async def _from_pipe(services: Services, screen: Screen, level: Level | None) -> int:
    """Answer each line of standard input by itself; with none, show a sample and what is next."""
    asked = failed = 0
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip():
            asked += 1
            question = Question(line.strip(), "terminal", level=level)
            ending = await _answer(question, services, screen)
            failed += isinstance(ending, Failed)
            screen.say("")
    if not asked:
        screen.say(f"Nothing was asked, so here is a sample. {SAMPLE}\n")
        ending = await _answer(Question(SAMPLE, "terminal", level=level), services, screen)
        failed += isinstance(ending, Failed)
        screen.say(
            "\nWhat next: run `make run` in a terminal to chat, pipe questions into it a line "
            "each, or set DISCORD_TOKEN to start the Discord bot. "
            "`.venv/bin/python -m bot doctor` says what is there and what is missing."
        )
    return 1 if failed else 0

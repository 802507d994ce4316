"""Reborn: after a kill the bot is begun again, and what members were told is compared with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from itertools import count, cycle
from typing import Any, TypeVar

from bench.lives import Asked, Lives
from tests.doubles.discord import Message

CLOSED_WITHIN = 30.0

T = TypeVar("T")
Faults = list[str]


async def reborn(lives: Lives, asked: list[Asked]) -> Faults:
    """Kill, start, and tell what of these questions was lost or left open."""
    fake = lives.fake
    await lives.kill()
    await asyncio.sleep(0.3)  # until what was under way has arrived
    words = {each.case: each.words(fake) for each in asked}
    whole = [each for each in asked if each.finished(fake)]
    faults = await begun(lives)
    # The others came in the last moment: the bot never knew of them, or had not acknowledged a
    # command yet, and then Discord itself tells the member that nobody responded.
    asked = [
        each
        for each in asked
        if each.messages(fake) or (isinstance(each.by, Message) and kept(lives, each))
    ]
    with suppress(TimeoutError):
        await fake.until(lambda: all(each.ended(fake) for each in asked), within=CLOSED_WITHIN)
    for each in asked:
        if not each.ended(fake):
            faults.append(f"{each} is left open: {each.shown(fake)}")
        if each.words(fake) < words[each.case]:
            faults.append(f"{each} lost some of its {words[each.case]} words")
    for each in whole:
        row = kept(lives, each)
        turns = lives.rows("select 1 from turns where content like ?", f"%(case {each.case})%")
        if not turns or row is None or row["open"] or not row["text"]:
            faults.append(f"{each} was finished and is not kept")
    return faults


def kept(lives: Lives, asked: Asked) -> dict[str, Any] | None:
    """Return what the records hold of an answer."""
    query = "select * from answers where question like ?"
    return next(iter(lives.rows(query, f"%(case {asked.case})%")), None)


async def begun(lives: Lives) -> Faults:
    """Start, and tell what the log calls an error."""
    try:
        await lives.start()
    except TimeoutError:
        return ["it is not ready after a minute"]
    return [f"the log tells of an error: {line[:300]}" for line in lives.errors()]


async def running(lives: Lives) -> None:
    """Have a bot that answers; every other time, one that has only just begun."""
    if lives.bot is None or lives.bot.returncode is not None:
        await lives.start()
    if lives.rng.random() < 0.5:
        await answered(lives, lives.ask("ask"))


async def answered(lives: Lives, asked: Asked, lesson: str = "base-models") -> Faults:
    """Wait until a question is answered, and tell when it does not rest on this lesson."""
    try:
        await lives.fake.until(lambda: asked.finished(lives.fake), within=90.0)
    except TimeoutError:
        return [f"{asked} is not answered: {asked.shown(lives.fake)}"]
    row = kept(lives, asked)
    first = next(iter(json.loads(row["passages"])), "") if row else ""
    return [] if first.startswith(f"{lesson}#") else [f"{asked} rests on {first!r}"]


class Told:
    """What members were told is done. A press that came too late to be taken is made again."""

    def __init__(self, lives: Lives) -> None:
        self.lives = lives
        self.asked: list[Asked] = []
        self.voted: list[tuple[str, str]] = []
        self.days = 0
        self.tried: set[int] = set()
        self.forgotten: list[tuple[str, int]] = []

    async def votes(self, answer: Asked) -> None:
        """Let one member after the other vote."""
        fake = self.lives.fake
        message = answer.messages(fake)[0]
        (request,) = {i.rpartition(":")[2] for i in _custom_ids(message.payload) if ":up:" in i}
        for n in count():
            member = fake.member(f"voter{answer.case}-{n}")
            pressed = member.click(message, "👍")
            if await self._seen(lambda p=pressed: (m := fake.original(p)) and "noted" in m.text):  # type: ignore[misc]  # mypy does not infer it
                self.voted.append((request, member.id))

    async def settings(self) -> None:
        """Change a setting again and again."""
        fake, ada = self.lives.fake, self.lives.fake.member("ada")
        panel: Message | None = None
        while panel is None:
            opened = ada.slash("settings")
            panel = await self._seen(lambda o=opened: fake.original(o))  # type: ignore[misc]  # as above
        for days in cycle(range(31, 366)):
            form = ada.select(panel, "settings:choose", "retention_days")
            if not await self._seen(lambda f=form: f.modal):  # type: ignore[misc]  # as above
                continue
            self.tried.add(days)
            ada.submit(form, str(days))
            if await self._seen(lambda d=days: f"is kept**: {d}\n" in panel.text):  # type: ignore[misc]  # as above
                self.days, self.tried = days, set()

    async def forgets(self) -> None:
        """Ask and be forgotten, one member after the other."""
        fake = self.lives.fake
        while True:
            asked = self.lives.ask("ask")
            member = fake.member(f"member{asked.case}")
            if not await self._seen(lambda a=asked: a.finished(fake)):  # type: ignore[misc]  # as above
                continue
            wish = member.slash("forget")
            card = await self._seen(lambda w=wish: fake.original(w))  # type: ignore[misc]  # as above
            if card is None:
                continue
            member.click(card, "Forget me")
            if await self._seen(lambda c=card: "Done." in c.text):  # type: ignore[misc]  # as above
                self.forgotten.append((member.id, asked.case))

    async def turns(self) -> None:
        """Talk on and on."""
        while True:
            asked = self.lives.ask("dm", "talker")
            self.asked.append(asked)
            await self._seen(lambda a=asked: a.ended(self.lives.fake))  # type: ignore[misc]  # as above

    async def _seen(self, wanted: Callable[[], T]) -> T | None:
        try:
            return await self.lives.fake.until(wanted, within=20.0)
        except TimeoutError:
            return None

    def lost(self) -> Faults:
        """Tell what does not hold any more."""
        rows, faults = self.lives.rows, []
        kept = {
            (row["request_id"], str(row["member"])) for row in rows("select * from votes where up")
        }
        faults += [f"the vote {vote} is lost" for vote in self.voted if vote not in kept]
        for row in rows("select retention_days from servers"):
            if row["retention_days"] not in {self.days, *self.tried}:
                faults.append(f"the setting {self.days} is lost: {row}")
        for member, case in self.forgotten:
            for table in ("turns", "answers", "votes", "gaps", "blind_votes"):
                if rows(f"select 1 from {table} where member = ?", int(member)):  # noqa: S608  ours
                    faults.append(f"{table} knows a member who was forgotten")
            words = f"(case {case})".encode()
            for path in self.lives.data.rglob("*"):
                if path.is_file() and words in path.read_bytes():
                    faults.append(f"{path.name} holds words of a member who was forgotten")
        return faults


def _custom_ids(payload: object) -> list[str]:
    if isinstance(payload, dict):
        own = [payload["custom_id"]] if "custom_id" in payload else []
        return own + [i for value in payload.values() for i in _custom_ids(value)]
    return [i for value in payload for i in _custom_ids(value)] if isinstance(payload, list) else []

"""S18, S19, S27: under every fault the doubles know, with debug on, nothing leaves that should not.

Looked at are the log, the page of figures and every body sent to Discord.
"""

import asyncio
import io
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest

from bot.client.bot import StudyBot
from bot.client.pages import Pages
from bot.client.remedies import release_cancelled_locks
from bot.client.serving import logged_in, serve
from bot.engines.patience import Patience
from bot.meters import Meters
from bot.settings import Settings
from bot.wiring import open_services
from tests.bot.client.script import BOT_TOKEN
from tests.doubles.discord import FakeDiscord
from tests.doubles.discord.faults import Fault as DiscordFault
from tests.doubles.ollama import FakeModel, FakeOllama, Fault
from tests.doubles.ollama.script import FaultKind

CANARY = "canarywordsofamember"
ANSWER = "canarywordsofamodel"
ENGINE = "/root/.ollama/models/blobs/canarypath"
QUESTION = f"What does a base model do when I ask it a question? {CANARY}"
EDITS, POSTS, CALLBACKS = r"/messages/(@original|\d+)$", r"/messages$", r"/callback$"
QUICK = Patience(connect=1.0, first_token=1.0, gap=0.3, loading=0.05, pause=0.01)


def discord_faults() -> list[DiscordFault]:
    """Return one of each kind; some carry what must not be repeated."""
    limited = {"Content-Type": "application/json", "Via": "1.1 google"}
    page = {"Content-Type": "text/html", "Via": "1.1 google"}
    told = json.dumps({"message": f"{CANARY} {ANSWER}", "code": 0}).encode()
    waits = [
        json.dumps({"message": "", "retry_after": 0.1, "global": each}).encode()
        for each in (False, True)
    ]
    refusals = [(400, code) for code in (200000, 240000, 50035)]
    refusals += [(403, 50013), (403, 50001), (404, 10008), (404, 10003), (401, 50027)]
    return [
        *(
            DiscordFault("PATCH", EDITS, 1, status=429, body=body, headers=limited)
            for body in waits
        ),
        *(DiscordFault("POST", POSTS, 1, status=s, body=told) for s in (500, 502, 503, 520)),
        *(DiscordFault("POST", CALLBACKS, 1, act_first=True, status=s) for s in (500, 503)),
        DiscordFault("POST", CALLBACKS, 1),
        *(DiscordFault("PATCH", EDITS, 1, act_first=each) for each in (False, True)),
        DiscordFault("PATCH", EDITS, 1, hang=0.2),
        DiscordFault("PATCH", EDITS, 1, status=200, body=CANARY.encode(), headers=page),
        DiscordFault("PATCH", EDITS, 1, act_first=True, status=200, body=b"{}"),
        *(
            DiscordFault(
                "PATCH", EDITS, 1, status=s, body=told.replace(b'"code": 0', b'"code": %d' % code)
            )
            for s, code in refusals
        ),
    ]


@dataclass
class Stage:
    """The bot between the two doubles, and its page of figures."""

    fake: FakeDiscord
    ollama: FakeOllama
    bot: StudyBot
    pages: Pages

    async def ask_until(self, over: list[DiscordFault], kinds: list[FaultKind]) -> None:
        """Let members ask, a dozen at once, until every fault has happened."""
        self.fake.faults.rules += over
        for kind in kinds:
            text = self.ollama.url if kind == "redirect" else f"{ENGINE} {CANARY} {ANSWER}"
            data = f'{{"{CANARY}'.encode() * 3
            self.ollama.fail_next(Fault(kind, seconds=0.6, text=text, data=data))
        asked = 0
        while any(rule.times for rule in over) or any(p.times for p in self.ollama._planned):
            assert asked < 12 * len(over), "some faults never happened"
            for door in range(12):
                asked += 1
                member = self.fake.member(f"member{asked}")
                if door % 3:
                    member.slash("ask", question=QUESTION, private=door % 3 == 1)
                else:
                    member.mention(QUESTION)
            await self.fake.until(lambda asked=asked: self._over(asked), within=60.0)  # type: ignore[misc]  # mypy does not infer it

    def _over(self, asked: int) -> bool:
        """Say whether so many questions were taken and none is being answered."""
        taken = len(self.bot.intake._taken) >= asked and not self.bot.hearing._pastes
        return taken and not self.bot.answers.running


@asynccontextmanager
async def staged(fake: FakeDiscord, data: Path) -> AsyncIterator[Stage]:
    """Run the real bot, with its own engine and index."""
    release_cancelled_locks()
    fake.token = BOT_TOKEN
    tokens = [f"{ANSWER} " for _ in range(8)]
    async with FakeOllama([FakeModel("tiny:1b", tokens)], num_parallel=16) as ollama:
        settings = Settings(
            data_dir=data, ollama_host=ollama.url, ask_model="tiny:1b", engine_slots=16
        )
        async with open_services(settings, meters=Meters("1")) as services:
            with fake.install():
                async with logged_in(services, fake.token) as bot:
                    serving = asyncio.create_task(serve(bot))
                    await bot.wait_until_ready()
                    pages = Pages(services)
                    pages.bot = bot
                    yield Stage(fake, ollama, bot, pages)
                    await bot.close()
                    await serving


async def test_s18_s19_s27_no_fault_makes_the_bot_tell_what_it_must_not(
    fake: FakeDiscord,
    shipped_data: Path,
    tmp_path: Path,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.engines.ollama.Patience", lambda: QUICK)
    for rest in ("REST", "REST_AFTER_CRASH"):
        monkeypatch.setattr(f"bot.engines.breaker.{rest}", 0.0)
    monkeypatch.setattr("bot.present.writer.PATIENCE", (0.05, 0.1))
    shutil.copytree(shipped_data, tmp_path / "data")
    fake.buckets.channel = fake.buckets.posts = fake.buckets.overall = None
    monkeypatch.setattr("bot.present.intake.FRESH_SECONDS", 60.0)
    async with staged(fake, tmp_path / "data") as stage:
        await stage.ask_until(discord_faults(), list(get_args(FaultKind)))
        fake.gateway.dispatch("MESSAGE_CREATE", {"content": CANARY, "id": "no number"})
        fake.gateway.abort()
        await fake.until(lambda: fake.gateway.resumed)
        figures = (await stage.pages.metrics(None)).body  # type: ignore[arg-type]  # it reads nothing
    tokens = [BOT_TOKEN, *fake.interactions]
    told = log.getvalue()
    assert "a malformed event was left out" in told
    assert isinstance(figures, bytes)
    assert b"bot_interactions_total" in figures
    bodies = "\n".join(json.dumps(call.body, ensure_ascii=False) for call in fake.log)
    assert ANSWER in bodies
    folders = [str(tmp_path), str(Path(__file__).parents[3]), "canarypath", stage.ollama.url]
    for where, text, secrets in (
        ("the log", told, [CANARY, ANSWER, "canarypath"]),
        ("the figures", figures.decode(), [CANARY, ANSWER, *folders, "member"]),
        ("a body", bodies, [*folders, "Traceback", "Error:", "aiohttp", "discord."]),
    ):
        assert [secret for secret in (*tokens, *secrets) if secret in text] == [], where

"""The pages of whoever runs the bot: alive, ready or degraded, and figures without ids (S29)."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from bot.asking import Asking
from bot.client.bot import StudyBot
from bot.client.pages import LAG_LIMIT, Pages, open_pages
from bot.client.remedies import release_cancelled_locks
from bot.client.serving import ACK_SLACK, logged_in, serve
from bot.client.trace import route_of
from bot.errors import SettingsInvalid
from bot.meters import Meters
from bot.settings import Settings
from bot.wiring import Services, open_services
from tests.bot.client.script import Script, answering, whole
from tests.doubles.discord import FakeDiscord
from tests.doubles.ollama import FakeModel, FakeOllama

WEBHOOK = "/webhooks/{id}/{token}"


@asynccontextmanager
async def served(
    data: Path, *, script: Script | None = None, **settings: Any
) -> AsyncIterator[tuple[Pages, Services, aiohttp.ClientSession]]:
    """Serve the pages of real services at a free port."""
    chosen = Settings(data_dir=data, health_port=0, ask_model="tiny:1b", **settings)
    async with open_services(chosen, load=False, meters=Meters("1")) as real:
        services = replace(real, asking=cast("Asking", script)) if script else real
        pages = Pages(services)
        runner = aiohttp.web.AppRunner(pages.app())
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(base) as session:
            yield pages, services, session
        await runner.cleanup()


@asynccontextmanager
async def connected(fake: FakeDiscord, services: Services) -> AsyncIterator[StudyBot]:
    """Connect the real bot."""
    release_cancelled_locks()
    with fake.install():
        async with logged_in(services, fake.token) as bot:
            serving = asyncio.create_task(serve(bot))
            await bot.wait_until_ready()
            yield bot
            await bot.close()
            await serving


@pytest.fixture
def data(shipped_data: Path, tmp_path: Path) -> Path:
    """Return a copy of a data folder with an index."""
    shutil.copytree(shipped_data, tmp_path / "data")
    return tmp_path / "data"


async def read(session: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    """Return the status and the JSON of a page."""
    async with session.get(path) as response:
        return response.status, await response.json()


async def test_the_process_is_alive_whatever_is_missing_until_its_loop_is_held_up(
    tmp_path: Path,
) -> None:
    async with served(tmp_path, ollama_host="127.0.0.1:1") as (pages, _, session):
        assert (await read(session, "/livez"))[0] == 200
        pages.lag = LAG_LIMIT
        assert await read(session, "/livez") == (503, {"alive": False, "loop_lag_s": LAG_LIMIT})


async def test_the_lag_is_what_the_loop_was_late(tmp_path: Path) -> None:
    times = iter([10.0, 17.5])
    async with served(tmp_path) as (_, services, _session):
        ended = asyncio.Event()

        def clock() -> float:
            moment = next(times, None)
            if moment is None:
                ended.set()
                return 0.0
            return moment

        pages = Pages(replace(services, meters=None), clock=clock)
        looking = asyncio.create_task(pages.look())
        await asyncio.wait_for(ended.wait(), 10.0)
        looking.cancel()
        assert pages.lag == 7.0


async def test_ready_with_everything_degraded_without_the_model_and_unable_without_discord(
    fake: FakeDiscord, data: Path
) -> None:
    async with FakeOllama([FakeModel("tiny:1b")]) as ollama:
        whole_one = served(data, ollama_host=ollama.url, discord_token="t")
        async with whole_one as (pages, services, session):
            status, told = await read(session, "/readyz")
            assert (status, told["status"]) == (503, "unable")
            assert not told["parts"]["gateway"]["ok"]
            async with connected(fake, services) as bot:
                pages.bot = bot
                status, told = await read(session, "/readyz")
                assert (status, told["status"]) == (200, "ok")
                assert told["heartbeat_ack_s"] >= 0
                assert {"gateway", "engine", "model", "index", "records"} <= told["parts"].keys()
                bot.calls._until = bot.calls._clock() + 60.0  # D3: shut out by Discord's edge
                assert (await read(session, "/readyz"))[0] == 503
    alone = served(data, ollama_host="127.0.0.1:1")
    async with alone as (pages, services, session), connected(fake, services) as bot:
        pages.bot = bot
        status, told = await read(session, "/readyz")
        assert (status, told["status"]) == (200, "degraded")
        assert not told["parts"]["engine"]["ok"]


async def test_d8_a_lost_gateway_and_a_heartbeat_without_acknowledgement_are_not_ready(
    fake: FakeDiscord, data: Path
) -> None:
    alone = served(data, ollama_host="127.0.0.1:1")
    async with alone as (pages, services, session), connected(fake, services) as bot:
        pages.bot = bot
        interval = bot.heartbeat()[1]
        beat = bot.ws._keep_alive
        assert beat is not None
        beat._last_ack -= interval + ACK_SLACK
        status, told = await read(session, "/readyz")
        assert (status, told["parts"]["gateway"]["ok"]) == (503, False)
        assert told["heartbeat_ack_s"] >= interval + ACK_SLACK
        beat.ack()
        assert (await read(session, "/readyz"))[0] == 200
        fake.gateway.refuses = 4000
        await fake.gateway.close(4009)
        await fake.until(lambda: not pages.connected())
        assert bot.is_ready()  # says the library, which is why it is not asked alone
        assert (await read(session, "/readyz"))[0] == 503
        async with session.get("/metrics") as response:
            assert 'discord_connected{shard="0"} 0.0' in await response.text()
        assert (await read(session, "/livez"))[0] == 200


async def test_events_that_were_not_taken_are_counted(fake: FakeDiscord, tmp_path: Path) -> None:
    async with served(tmp_path) as (pages, services, session), connected(fake, services) as bot:
        pages.bot = bot
        late = fake.member("late")
        late.age = 5.0
        late.slash("ask", question="What is a token?")
        await fake.until(lambda: bot.intake.dropped)
        async with session.get("/metrics") as response:
            assert 'bot_interactions_dropped_total{reason="stale"} 1.0' in await response.text()


async def test_without_an_index_nobody_can_be_answered(fake: FakeDiscord, tmp_path: Path) -> None:
    async with served(tmp_path) as (pages, services, session), connected(fake, services) as bot:
        pages.bot = bot
        assert (await read(session, "/readyz"))[0] == 503


async def test_s29_the_figures_are_real_and_hold_no_id(fake: FakeDiscord, tmp_path: Path) -> None:
    script = Script(answering("Yes [1]."))
    pages_of = served(tmp_path, script=script)
    async with pages_of as (pages, services, session), connected(fake, services) as bot:
        pages.bot = bot
        await whole(fake, fake.member("ada").slash("ask", question="What is a token?"))
        async with session.get("/metrics") as response:
            text = await response.text()
    ids = {*fake.users, *fake.channels, *fake.messages, *fake.interactions, fake.guild()["id"]}
    assert len(ids) > 5
    assert not [known for known in ids if known in text]
    assert not [label for label in re.findall(r'"([^"\n]*)"', text) if re.search(r"\d{15}", label)]
    for line in (
        'discord_connected{shard="0"} 1.0',
        "discord_identify_total 1.0",
        'discord_gateway_reconnects_total{kind="new"} 1.0',
        'bot_interactions_total{command="ask",outcome="ok"} 1.0',
        "bot_interaction_ack_seconds_count 1.0",
        'bot_discord_requests_total{route="POST /interactions/{id}/{token}/callback",status="200"}',
        "bot_discord_invalid_requests_10m 0.0",
        "bot_queue_depth 0.0",
        "bot_event_loop_lag_seconds",
        "bot_build_info{",
        "process_resident_memory_bytes",
    ):
        assert line in text


async def test_a_model_and_a_search_are_measured(data: Path) -> None:
    """Through the real services, by one answer of the real client against the fake Ollama."""
    from bot.asking import Question  # noqa: PLC0415  only here

    async with FakeOllama([FakeModel("tiny:1b", tokens=["Yes", " [1, 2]", "."])]) as ollama:
        chosen = Settings(data_dir=data, ask_model="tiny:1b", ollama_host=ollama.url)
        meters = Meters("1")
        async with open_services(chosen, meters=meters) as services:
            asked = services.asking.ask(Question("What is a base model?", "1"))
            assert [event async for event in asked]
    text = meters.text().decode()
    assert 'bot_llm_ttft_seconds_count{model="tiny:1b"} 1.0' in text
    assert 'bot_llm_duration_seconds_count{model="tiny:1b",outcome="stop"} 1.0' in text
    assert 'bot_llm_tokens_total{kind="answer",model="tiny:1b"}' in text
    assert 'bot_breaker_state{model="tiny:1b"} 0.0' in text
    assert 'bot_retrieval_seconds_count{stage="search"} 1.0' in text
    assert 'bot_retrieval_seconds_count{stage="check"}' in text
    assert "bot_retrieval_empty_total 0.0" in text
    assert "bot_queue_wait_seconds_count 1.0" in text
    assert 'bot_generations_running{model="tiny:1b"} 0.0' in text
    assert "bot_index_selftest_ok 1.0" in text
    assert not re.search(r"bot_index_chunks 0\.0", text)


NAMES = """
discord_connected discord_latency_seconds discord_gateway_reconnects_total discord_identify_total
bot_interactions_total bot_interaction_ack_seconds bot_interactions_dropped_total
bot_discord_requests_total bot_discord_ratelimited_total bot_discord_invalid_requests_10m
bot_edit_seconds bot_edit_interval_seconds
bot_queue_depth bot_queue_wait_seconds bot_generations_running
bot_llm_ttft_seconds bot_llm_tokens_total bot_llm_duration_seconds bot_llm_errors_total
bot_breaker_state bot_retrieval_seconds bot_retrieval_empty_total bot_index_chunks
bot_index_selftest_ok bot_ingest_total bot_event_loop_lag_seconds bot_tasks bot_build_info
"""


async def test_every_figure_is_there_under_its_name_from_the_start(tmp_path: Path) -> None:
    """Dashboards and alarms rest on these names."""
    async with served(tmp_path) as (_, _services, session), session.get("/metrics") as response:
        text = await response.text()
    families = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
    assert not set(NAMES.split()) - families


async def test_a_port_that_is_taken_is_told_in_a_sentence(tmp_path: Path) -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    settings = Settings(data_dir=tmp_path, health_port=port)
    async with open_services(settings, load=False) as services:
        with pytest.raises(SettingsInvalid, match="HEALTH_PORT"):
            async with open_pages(services):
                pass
    taken.close()


async def test_without_a_port_nothing_listens(tmp_path: Path) -> None:
    async with (
        open_services(Settings(data_dir=tmp_path), load=False) as services,
        open_pages(services) as pages,
    ):
        assert services.settings.health_port is None
        assert services.settings.health_host == "127.0.0.1"
        assert not pages.connected()


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/api/v10/webhooks/12/aW50-_x/messages/@original", f"{WEBHOOK}/messages/@original"),
        ("/api/v10/interactions/34/abcdef/callback", "/interactions/{id}/{token}/callback"),
        ("/api/v10/channels/5/messages/67", "/channels/{id}/messages/{id}"),
        ("/api/v10/users/@me", "/users/@me"),
        ("/api/v10/applications/1/guilds/2/commands", "/applications/{id}/guilds/{id}/commands"),
    ],
)
def test_s29_a_route_is_a_template(path: str, route: str) -> None:
    assert route_of("GET", path) == f"GET {route}"

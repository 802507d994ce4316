"""S26: the running bot speaks to Discord and to Ollama, and to nobody else on earth.

A process of the real program, with a guard in its interpreter that notes every address and every
name it asks for, and with proxies set that would note what a library in another language calls.
The environment asks for each library's telemetry and tracing as loudly as it can.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.bot.client.script import whole
from tests.bot.client.test_demos import ended, laptop
from tests.doubles.discord import FakeDiscord
from tests.doubles.ollama import FakeModel, FakeOllama

ROOT = Path(__file__).parents[2]
GUARD = """
import json, os, sys

def note(event, args):
    if event == "socket.getaddrinfo":
        told = [str(args[0])]
    elif event in ("socket.connect", "socket.sendto"):
        if not isinstance(args[1], tuple):
            return
        told = [str(args[1][0]), args[1][1]]
    elif event in ("subprocess.Popen", "os.system"):
        told = [event, str(args[0])]
    else:
        return
    with open(os.environ["GUARD_NOTES"], "a") as notes:
        notes.write(json.dumps(told) + "\\n")

sys.addaudithook(note)
"""
LOUD = {
    "ANONYMIZED_TELEMETRY": "True",
    "CHROMA_OTEL_COLLECTION_ENDPOINT": "http://collector.example:4317",
    "LANGCHAIN_TRACING_V2": "true",
    "LANGSMITH_TRACING": "true",
    "LANGSMITH_API_KEY": "key",
    "LANGSMITH_ENDPOINT": "https://tracing.example",
    "HF_HUB_OFFLINE": "0",
    "HF_HUB_DISABLE_TELEMETRY": "0",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example:4318",
}
HERE = {"127.0.0.1", "::1", "localhost", "None"}


@pytest.fixture
async def proxy() -> AsyncIterator[tuple[str, list[str]]]:
    """Yield the address of a proxy that lets nothing through, and what it was asked for."""
    asked: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode("latin-1").strip())
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}", asked


async def answered(fake: FakeDiscord) -> None:
    """Ask until a model answers: while it starts on a busy machine, a bot may be too slow to."""
    for n in range(9):
        asked = fake.member(f"ada{n}").slash("ask", question="What does a base model do?")
        with suppress(TimeoutError):
            if "It continues text" in (await whole(fake, asked)).text:
                return
    raise AssertionError("nothing was answered")


async def test_s26_the_running_bot_calls_discord_and_ollama_and_nobody_else(
    fake: FakeDiscord, shipped_data: Path, tmp_path: Path, proxy: tuple[str, list[str]]
) -> None:
    """It starts, finds passages, lets a model write, runs a demo, tells its health, and ends."""
    address, called = proxy
    shutil.copytree(shipped_data, tmp_path / "data")
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD, "utf-8")
    notes = tmp_path / "notes.jsonl"
    models = [FakeModel("tiny:1b", ("It continues text [1].",)), *laptop()]
    async with FakeOllama(models, num_parallel=4) as ollama:
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"), address)
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},  # noqa: TID251  a child's environment
            **LOUD,
            **proxies,
            "NO_PROXY": "127.0.0.1,localhost",
            "GUARD_NOTES": str(notes),
            "PYTHONPATH": f"{tmp_path / 'guard'}:{ROOT}",
            "DISCORD_TOKEN": fake.token,
            "DISCORD_API_BASE": fake.api_base,
            "DISCORD_GATEWAY_URL": fake.gateway_url,
            "OLLAMA_HOST": ollama.url,
            "ASK_MODEL": "tiny:1b",
            "DATA_DIR": str(tmp_path / "data"),
        }
        run = (sys.executable, "-m", "bot", "run")
        devnull = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *run, cwd=tmp_path, env=environment, stdout=devnull, stderr=devnull
        )
        try:
            await fake.until(lambda: fake.commands, within=90)
            await answered(fake)
            await ended(fake, fake.member("eve").slash("demo", prompt="Why?"))
        finally:
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(60):
                code = await process.wait()
        ports = {int(url.rpartition(":")[2]) for url in (f"http://{fake.host}", ollama.url)}
    told = [json.loads(line) for line in notes.read_text("utf-8").splitlines()]
    # Where nothing was drawn yet, matplotlib asks the machine for its fonts before the first chart.
    told = [note for note in told if note != ["subprocess.Popen", "fc-list"]]
    assert code == 0
    assert {host for host, *_ in told} <= HERE
    assert {port for _, *rest in told for port in rest} <= ports
    assert {port for _, *rest in told for port in rest} == ports
    assert called == []

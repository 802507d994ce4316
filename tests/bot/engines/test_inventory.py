"""What a server has is told whole, or fails with a sentence."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.engines.inventory import full_name
from bot.engines.ollama import OllamaEngine
from bot.errors import EngineUnreachable, ModelMissing
from bot.model import ModelEntry
from tests.doubles.ollama import FakeModel, FakeOllama

SMALL = FakeModel("qwen3", size=523_000_000, parameter_size="0.6B", family="qwen3", loaded=False)
LARGE = FakeModel("llama3.2:3b", capabilities=("completion", "thinking"))


@pytest.fixture
async def fake() -> AsyncIterator[FakeOllama]:
    async with FakeOllama([SMALL, LARGE]) as running:
        yield running


@pytest.fixture
async def engine(fake: FakeOllama) -> AsyncIterator[OllamaEngine]:
    engine = OllamaEngine(fake.url)
    yield engine
    await engine.aclose()


async def test_models_are_listed_with_their_state(engine: OllamaEngine) -> None:
    """Installed and loaded are joined by name; what is not loaded has no place in memory."""
    small, large = await engine.models()
    assert (small.name, small.size_bytes) == ("qwen3:latest", 523_000_000)
    assert (small.parameter_size, small.quantization, small.family) == ("0.6B", "Q4_K_M", "qwen3")
    assert small.digest == SMALL.digest
    assert (small.loaded, small.vram_bytes, small.expires) == (False, 0, None)
    assert large.loaded
    assert large.vram_bytes == LARGE.size
    assert large.expires is not None
    assert large.expires > datetime.now(UTC)


async def test_a_preloaded_model_stays_half_an_hour(fake: FakeOllama, engine: OllamaEngine) -> None:
    """After a preload the model is in memory under its full name, for about 30 minutes."""
    await engine.model(ModelEntry("qwen3", fake.url, num_ctx=2048)).preload()
    assert await engine.inventory.holds("qwen3")
    small, _ = await engine.models()
    assert small.expires is not None
    assert timedelta(minutes=29) < small.expires - datetime.now(UTC) < timedelta(minutes=31)


async def test_a_model_for_ever_has_a_readable_date(engine: OllamaEngine) -> None:
    """keep_alive −1 is a date centuries away, and is read as such."""
    await engine.client.generate(model="qwen3", prompt="", keep_alive=-1)
    small, _ = await engine.models()
    assert small.expires is not None
    assert small.expires.year > 2200


async def test_a_card_says_what_a_model_can(engine: OllamaEngine) -> None:
    """Capabilities, template and the trained context come from the card."""
    card = await engine.show("llama3.2:3b")
    assert card.capabilities == ("completion", "thinking")
    assert card.template == LARGE.template
    assert "stop" in card.parameters
    assert (card.family, card.quantization) == ("llama", "Q4_K_M")
    assert card.context_length == 131_072


async def test_the_card_of_a_missing_model_names_the_remedy(engine: OllamaEngine) -> None:
    """An unknown tag is a missing model."""
    with pytest.raises(ModelMissing, match="ollama pull nothing:1b"):
        await engine.show("nothing:1b")


async def test_the_version_is_told(engine: OllamaEngine) -> None:
    """The version is the server's own."""
    assert await engine.version() == "0.33.0"


async def test_a_closed_port_is_unreachable(fake: FakeOllama, engine: OllamaEngine) -> None:
    """Every question about a server that is down fails with the same error."""
    await fake.go_down()
    for question in (engine.models, engine.version):
        with pytest.raises(EngineUnreachable) as caught:
            await question()
        assert "http" not in caught.value.sentence


@pytest.mark.parametrize(
    ("tag", "full"),
    [
        ("qwen3", "qwen3:latest"),
        ("qwen3:0.6b", "qwen3:0.6b"),
        ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
    ],
)
def test_a_name_always_has_a_tag(tag: str, full: str) -> None:
    """Ollama lists `foo` as `foo:latest`, and a port in a name is not a tag."""
    assert full_name(tag) == full

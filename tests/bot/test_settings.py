"""Settings: what the environment may say, and what is told when it says nonsense."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engines.address import checked_address
from bot.errors import SettingsInvalid
from bot.settings import Settings, read_settings, whole_address
from bot.wiring import open_services


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away every setting of this machine."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)


def test_everything_has_a_default() -> None:
    settings = read_settings()
    assert settings.discord_token is None
    assert (settings.engine_slots, settings.queue_bound) == (1, 256)
    assert settings.index_dir == Path("data/index")
    assert settings.ask_entry.base_url == "http://127.0.0.1:11434"
    assert settings.ask_entry.num_ctx == settings.num_ctx


def test_renting_is_off_until_it_is_allowed_and_each_lack_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert all("HOSTED=yes" in provider.lack for provider in read_settings().providers)
    monkeypatch.setenv("HOSTED", "yes")
    lacks = {provider.name: provider.lack for provider in read_settings().providers}
    assert lacks == {
        "openai": "",
        "anthropic": "ANTHROPIC_API_KEY is not set.",
        "compatible": "COMPATIBLE_BASE_URL is not set.",
    }


def test_every_key_is_a_secret_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [name for name in Settings.model_fields if name.endswith(("_key", "_token"))]
    for name in keys:
        monkeypatch.setenv(name.upper(), f"secret-{name}")
    settings = read_settings()
    assert set(settings.secrets) == {f"secret-{name}" for name in keys}
    assert "secret-" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://generativelanguage.googleapis.com/v1beta/openai/", True),
        ("http://127.0.0.1:8000/v1", True),
        ("http://vllm.lan:8000/v1", True),
        ("http://api.example.com/v1", False),
        ("https://user@api.example.com/v1", False),
        ("api.example.com/v1", False),
    ],
)
def test_no_key_goes_unencrypted_over_the_internet(url: str, *, fine: bool) -> None:
    """S26."""
    if fine:
        (compatible,) = [
            provider
            for provider in read_settings(hosted=True, compatible_base_url=url).providers
            if provider.name == "compatible"
        ]
        assert (compatible.base_url, compatible.lack) == (url.rstrip("/"), "")
    else:
        with pytest.raises(SettingsInvalid, match="COMPATIBLE_BASE_URL"):
            read_settings(compatible_base_url=url)


def test_the_environment_wins_over_the_file_and_empty_means_unset(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("ENGINE_SLOTS=2\nQUEUE_BOUND=7\nDISCORD_TOKEN=\n", "utf-8")
    monkeypatch.setenv("ENGINE_SLOTS", "3")
    monkeypatch.setenv("NUM_CTX", "")
    settings = read_settings()
    assert (settings.engine_slots, settings.queue_bound, settings.num_ctx) == (3, 7, 8192)
    assert settings.discord_token is None


def test_every_setting_that_cannot_be_used_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ENGINE_SLOTS", "none-of-it")
    monkeypatch.setenv("NUM_CTX", "64")
    monkeypatch.setenv("DISCORD_TOKEN", "very-secret")
    with pytest.raises(SettingsInvalid) as found:
        read_settings()
    assert "ENGINE_SLOTS" in found.value.sentence
    assert "NUM_CTX" in found.value.sentence
    assert "none-of-it" not in found.value.sentence
    assert "very-secret" not in found.value.sentence


def test_a_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "very-secret")
    settings = read_settings()
    assert "very-secret" not in f"{settings!r} {settings} {settings.model_dump()}"


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),  # noqa: S104  what Ollama's own setting often says
        ("0.0.0.0:9000", "http://127.0.0.1:9000"),
        ("gpu-box", "http://gpu-box:11434"),
        ("http", "http://http:11434"),
        ("h", "http://h:11434"),
        ("gpu-box:8080", "http://gpu-box:8080"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("https://models.example.org/", "https://models.example.org"),
        ("http://box:11434/ollama", "http://box:11434/ollama"),
        ("box/ollama", "http://box:11434/ollama"),
    ],
)
def test_an_address_is_completed_as_ollamas_own_tools_do(given_: str, meant: str) -> None:
    assert whole_address(given_) == meant
    assert checked_address(meant) == meant


@given(st.from_regex(r"[a-z][a-z0-9.-]{0,15}", fullmatch=True))
def test_every_bare_host_gets_scheme_and_port(host: str) -> None:
    assert whole_address(host) == f"http://{host}:11434"


@pytest.mark.parametrize(
    ("model", "tag", "url"),
    [
        ("qwen3:4b", "qwen3:4b", "http://127.0.0.1:11434"),
        ("qwen3:4b@http://gpu:1234", "qwen3:4b", "http://gpu:1234"),
        ("qwen3:4b@gpu", "qwen3:4b", "http://gpu:11434"),
        ("llama3.2", "llama3.2:latest", "http://127.0.0.1:11434"),
        ("hf.co:443/org/model", "hf.co:443/org/model:latest", "http://127.0.0.1:11434"),
    ],
)
def test_a_model_is_named_as_ollama_lists_it_and_may_live_elsewhere(
    model: str, tag: str, url: str
) -> None:
    entry = read_settings(ask_model=model).ask_entry
    assert (entry.tag, entry.base_url) == (tag, url)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "ollama", "gpu-box:8080", "[::1]", "10.0.0.5", "192.168.1.9:1"),
        *("gpu.local", "box.home.arpa", "100.64.0.1", "http://169.254.1.1:1", "[fd00::1]"),
    ],
)
def test_s26_an_ollama_in_the_house_needs_no_permission(host: str) -> None:
    assert read_settings(ollama_host=host).engine_address(None) == whole_address(host)


@pytest.mark.parametrize(
    "host",
    [
        *("8.8.8.8", "models.example.org", "https://models.example.org", "models.example.org."),
        *("[2606:4700::1111]:11434", "http://local.evil.example", "http://mylocal.example:80"),
    ],
)
def test_s26_an_ollama_on_the_internet_is_refused_unless_it_is_meant(host: str) -> None:
    with pytest.raises(SettingsInvalid, match="OLLAMA_PUBLIC=yes"):
        read_settings(ollama_host=host).engine_address(None)
    with pytest.raises(SettingsInvalid, match="OLLAMA_PUBLIC=yes"):
        read_settings().engine_address(host)
    allowed = read_settings(ollama_host=host, ollama_public=True)
    assert allowed.engine_address(None) == whole_address(host)


async def test_s26_the_program_does_not_start_with_such_an_address(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path, ask_model="m:1b@models.example.org")
    with pytest.raises(SettingsInvalid):
        async with open_services(settings, load=False):
            pass

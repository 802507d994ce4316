"""Settings: one frozen object, made from the environment and `.env`; nothing else reads either."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsInvalid
from bot.model import ModelEntry
from bot.provider import Provider, ProviderName

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PRIVATE_NAMES = ("localhost", "local", "lan", "internal", "home", "home.arpa", "intranet", "svc")
"""Endings of names that no public name server knows."""


class Settings(BaseSettings):
    """What an organiser may choose. Every field is an environment variable of the same name."""

    model_config = SettingsConfigDict(
        frozen=True, env_file=".env", extra="ignore", env_ignore_empty=True
    )

    discord_token: SecretStr | None = Field(
        default=None, description="The bot's token. Without it, the terminal chat starts."
    )
    discord_guild: int | None = Field(
        default=None, description="A development server: commands appear there at once."
    )
    discord_api_base: str | None = Field(
        default=None, description="Another address of Discord's HTTP API, for tests."
    )
    discord_gateway_url: str | None = Field(
        default=None, description="Another address of Discord's gateway, for tests."
    )
    discord_message_content: bool = Field(
        default=False,
        description="Ask for the message content intent, which answering every post needs.",
    )
    data_dir: Path = Field(default=Path("data"), description="Where the index and records live.")
    records_url: str | None = Field(
        default=None,
        description="The database of what is remembered; default: SQLite in the data folder.",
    )
    memory: bool = Field(
        default=True, description="Off: no text of members or models is ever stored."
    )
    lessons_dir: Path | None = Field(
        default=None, description="A folder of your own lessons, beside the shipped ones."
    )
    embedding_model: str = Field(
        default="all-MiniLM-L6-v2",
        description="A sentence-transformers model: a name on the hub, or a folder.",
    )
    chroma_url: str | None = Field(
        default=None,
        description="A Chroma server for the vectors; without it they lie in the data folder.",
    )
    ollama_host: str = Field(default="http://127.0.0.1:11434", description="Where Ollama listens.")
    ollama_public: bool = Field(
        default=False, description="Allow an Ollama at an address of the internet."
    )
    ollama_models: Path | None = Field(
        default=None, description="Where Ollama keeps its models, if not in its usual folder."
    )
    ask_model: str = Field(
        default="llama3.2:3b-instruct-q4_K_M",
        description="The model that writes answers; `tag@http://host:port` for another host.",
    )
    engine_slots: int = Field(
        default=1, ge=1, description="Answers the engine writes at once (OLLAMA_NUM_PARALLEL)."
    )
    demo_dir: Path | None = Field(
        default=None,
        description="A folder of your own `demos/*.toml` and `lineups/*.toml`.",
    )
    demo_slots: int = Field(default=1, ge=1, description="Demos that run at once.")
    demo_memory_gb: float = Field(
        default=12.0,
        gt=0,
        description="Memory in GB that models of a demo may take together; else they take turns.",
    )
    hosted: bool = Field(
        default=False,
        description="Allow line-ups that rent models; their prompts go to a provider.",
    )
    openai_api_key: SecretStr | None = Field(default=None, description="The key of OpenAI.")
    openai_base_url: str = Field(
        default="https://api.openai.com/v1",
        description="Where OpenAI's API is; the key goes there.",
    )
    anthropic_api_key: SecretStr | None = Field(default=None, description="The key of Anthropic.")
    anthropic_base_url: str = Field(
        default="https://api.anthropic.com",
        description="Where Anthropic's API is; the key goes there.",
    )
    compatible_api_key: SecretStr | None = Field(
        default=None, description="The key of the server at `compatible_base_url`, if it has one."
    )
    compatible_base_url: str | None = Field(
        default=None, description="A server that speaks OpenAI's format, with its path: …/v1."
    )
    queue_bound: int = Field(default=256, ge=1, description="Questions that may wait in all.")
    num_ctx: int = Field(
        default=8192,
        # With less, the rules and the answer leave no room for a single passage.
        ge=2048,
        description="Tokens of context the model is loaded with.",
    )

    health_host: str = Field(
        default="127.0.0.1", description="Where /livez, /readyz and /metrics listen."
    )
    health_port: int | None = Field(
        default=None, ge=0, le=65535, description="Their port; without it there are none."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much the Discord bot's log tells of its own work."
    )

    @field_validator("data_dir", "lessons_dir", "demo_dir", "ollama_models")
    @classmethod
    def _whole_path(cls, path: Path | None) -> Path | None:
        """Read `~` as the home folder."""
        return path.expanduser() if path else path

    @field_validator("discord_api_base", "discord_gateway_url")
    @classmethod
    def _only_here(cls, url: str | None) -> str | None:
        """Refuse an address that is not this machine: whoever has the token is the bot."""
        if url and urlsplit(url).hostname not in LOOPBACK:
            raise ValueError(
                "only an address of this machine will do, such as http://127.0.0.1:8080"
            )
        return url

    @field_validator("ollama_host")
    @classmethod
    def _whole_address(cls, host: str) -> str:
        """Give a bare host the scheme and port that Ollama's own tools assume."""
        return whole_address(host)

    @field_validator("openai_base_url", "anthropic_base_url", "compatible_base_url")
    @classmethod
    def _no_open_key(cls, url: str | None) -> str | None:
        """Refuse an address to which a key would go unencrypted over the internet."""
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise ValueError("an address looks like https://api.example.com/v1")
        if parts.scheme == "http" and is_public(url):
            raise ValueError("an address of the internet needs https: the key goes there")
        return url.rstrip("/")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return every token and key, so that none stands in a log."""
        held = (getattr(self, name) for name in type(self).model_fields)
        return tuple(value.get_secret_value() for value in held if isinstance(value, SecretStr))

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Who rents models out, each with what keeps it from being used here."""
        return (
            self._provider("openai", self.openai_base_url, self.openai_api_key),
            self._provider("anthropic", self.anthropic_base_url, self.anthropic_api_key),
            self._provider("compatible", self.compatible_base_url, self.compatible_api_key),
        )

    def _provider(self, name: ProviderName, url: str | None, key: SecretStr | None) -> Provider:
        key_name, lack = f"{name.upper()}_API_KEY", ""
        if not self.hosted:
            lack = "Renting models is off here; HOSTED=yes allows it."
        elif url is None:
            lack = f"{name.upper()}_BASE_URL is not set."
        elif key is None and name != "compatible":
            lack = f"{key_name} is not set."
        return Provider(name, url or "", key_name, key, lack)

    @property
    def records(self) -> str:
        """The URL of the database of what is remembered, with an asynchronous driver."""
        if self.records_url is None:
            return f"sqlite+aiosqlite:///{self.data_dir / 'records.db'}"
        scheme, mark, rest = self.records_url.partition("://")
        drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
        return f"{drivers.get(scheme, scheme)}{mark}{rest}"

    @property
    def index_dir(self) -> Path:
        """Where the generations of the index lie."""
        return self.data_dir / "index"

    @property
    def library_dir(self) -> Path:
        """Where the documents lie that curators approved."""
        return self.data_dir / "library"

    @property
    def ask_entry(self) -> ModelEntry:
        """The model that writes answers, and where it lives."""
        tag, _, host = self.ask_model.partition("@")
        if ":" not in tag.rpartition("/")[2]:
            tag = f"{tag}:latest"  # as Ollama lists it
        return ModelEntry(tag, whole_address(host) if host else self.ollama_host, self.num_ctx)

    def engine_address(self, host: str | None) -> str:
        """Return the base URL of the Ollama at `host`, by default the one of `ollama_host`.

        Raises SettingsInvalid for an address of the internet unless `ollama_public`: Ollama asks
        nobody for a password, and what members ask would leave the house.
        """
        url = whole_address(host) if host else self.ollama_host
        if not self.ollama_public and is_public(url):
            raise SettingsInvalid(
                f"{urlsplit(url).hostname} is an address of the internet, and Ollama asks nobody "
                "for a password. If you mean it, set OLLAMA_PUBLIC=yes."
            )
        return url


def is_public(url: str) -> bool:
    """Say whether `url` leads to the internet, as far as its host tells without asking anybody."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ip_address(host).is_global
    except ValueError:
        _, dot, ending = host.partition(".")
        return bool(dot) and not any(f".{ending}".endswith(f".{end}") for end in _PRIVATE_NAMES)


def whole_address(host: str) -> str:
    """Return `host` as a base URL: http and port 11434 where they are left out.

    A server's listening address 0.0.0.0 is dialled as 127.0.0.1.
    """
    bare = "://" not in host
    url = f"http://{host}" if bare else host
    url = url.rstrip("/").replace("://0.0.0.0", "://127.0.0.1")
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    if bare and ":" not in authority.rsplit("]", 1)[-1]:
        authority = f"{authority}:11434"
    return f"{scheme}://{authority}{slash}{path}"


def read_settings(**given: Any) -> Settings:
    """Read the environment and `.env`; `given` fields win over both.

    Raises SettingsInvalid, naming each setting that cannot be used.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
            for fault in error.errors(include_input=False)
        ]
        raise SettingsInvalid("These settings cannot be used: " + "; ".join(faults)) from error

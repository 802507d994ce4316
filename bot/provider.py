"""Providers: who rents models out over a network, and whether they can be reached from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

ProviderName = Literal["openai", "anthropic", "compatible"]
"""`compatible`: a server that speaks OpenAI's format, such as Gemini, Grok, vLLM or LiteLLM."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a provider's API is, and the key that opens it.

    `key_name` is the setting that holds the key. `lack` says in a sentence why it cannot be used;
    empty where it can.
    """

    name: ProviderName
    base_url: str
    key_name: str
    key: SecretStr | None = None
    lack: str = ""

    @property
    def host(self) -> str:
        """Where a prompt goes, as a person reads it."""
        return urlsplit(self.base_url).netloc or self.name

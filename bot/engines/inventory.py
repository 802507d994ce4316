"""What an Ollama server has: installed models, loaded models, one model's card, its version.

Plain HTTP and not the ollama library, which drops `capabilities` from the list
and has no call for the version.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict

from bot.engines.faults import LIBRARY_ERRORS, from_library, from_status
from bot.errors import EngineUnreachable
from bot.model import InstalledModel, ModelCard

_NOBODY = "the models"  # stands where a sentence names a model and none was asked for


class _Wire(BaseModel):
    model_config = ConfigDict(protected_namespaces=())


class _Details(_Wire):
    family: str = ""
    parameter_size: str = ""
    quantization_level: str = ""


class _Listed(_Wire):
    name: str
    size: int = 0
    digest: str = ""
    details: _Details | None = None
    capabilities: list[str] | None = None
    size_vram: int = 0
    expires_at: datetime | None = None


class _Listing(_Wire):
    models: list[_Listed] | None


class _Shown(_Wire):
    capabilities: list[str] | None = None
    template: str = ""
    parameters: str = ""
    details: _Details | None = None
    model_info: Mapping[str, Any] | None = None


class _Version(_Wire):
    version: str


_W = TypeVar("_W", bound=_Wire)


def full_name(tag: str) -> str:
    """Return `tag` as Ollama lists it: with `:latest` where it has no part after a colon."""
    return tag if ":" in tag.rpartition("/")[2] else f"{tag}:latest"


class Inventory:
    """Questions about a server that need no model to answer.

    `limit` is the time for one question, seconds. Every method raises
    `EngineError`.
    """

    def __init__(self, http: httpx.AsyncClient, *, limit: float = 10.0) -> None:
        self._http = http
        self._limit = limit

    async def models(self) -> tuple[InstalledModel, ...]:
        """List the installed models, newest first, each with its state in memory."""
        listed = await self._listing("/api/tags")
        loaded = {entry.name: entry for entry in await self._listing("/api/ps")}
        return tuple(_installed(entry, loaded.get(entry.name)) for entry in listed)

    async def holds(self, tag: str) -> bool:
        """Say whether `tag` is in memory. A model that is still loading counts as there."""
        return full_name(tag) in {entry.name for entry in await self._listing("/api/ps")}

    async def show(self, tag: str) -> ModelCard:
        """Return the card of `tag`."""
        shown = await self._ask("POST", "/api/show", _Shown, tag, {"model": tag})
        details = shown.details or _Details()
        info = shown.model_info or {}
        length = info.get(f"{info.get('general.architecture')}.context_length")
        return ModelCard(
            tag=tag,
            capabilities=tuple(shown.capabilities or ()),
            template=shown.template,
            parameters=shown.parameters,
            family=details.family,
            parameter_size=details.parameter_size,
            quantization=details.quantization_level,
            context_length=length if isinstance(length, int) else None,
        )

    async def version(self) -> str:
        """Return the server's version."""
        return (await self._ask("GET", "/api/version", _Version)).version

    async def _listing(self, path: str) -> list[_Listed]:
        return (await self._ask("GET", path, _Listing)).models or []

    async def _ask(
        self,
        method: str,
        path: str,
        shape: type[_W],
        model: str = _NOBODY,
        body: Mapping[str, str] | None = None,
    ) -> _W:
        try:
            async with asyncio.timeout(self._limit):
                response = await self._http.request(method, path, json=body)
            if not response.is_success:
                raise from_status(response.status_code, response.text, model)
            return shape.model_validate_json(response.content)
        except TimeoutError as error:
            raise EngineUnreachable(model) from error
        except LIBRARY_ERRORS as error:
            raise from_library(error, model, self._limit) from error


def _installed(entry: _Listed, running: _Listed | None) -> InstalledModel:
    details = entry.details or _Details()
    return InstalledModel(
        name=entry.name,
        size_bytes=entry.size,
        parameter_size=details.parameter_size,
        quantization=details.quantization_level,
        digest=entry.digest,
        family=details.family,
        capabilities=tuple(entry.capabilities or ()),
        loaded=running is not None,
        memory_bytes=running.size if running else 0,
        vram_bytes=running.size_vram if running else 0,
        expires=running.expires_at if running else None,
    )

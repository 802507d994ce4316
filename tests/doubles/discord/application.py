"""Routes of the application itself: who am I, where is the gateway, which commands exist."""

import re

from tests.doubles.discord import payloads
from tests.doubles.discord.limits import Problems
from tests.doubles.discord.wire import Incoming, Json, Reply, Route
from tests.doubles.discord.world import World

SUBCOMMANDS = (1, 2)
_NAME = re.compile(r"[-_'\w]{1,32}")
_MOST = {1: 100, 2: 15, 3: 15}
_CHARACTERS = 8000


class Application:
    """Answers what the client asks of itself. Commands are kept per scope: "" is global."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """List the routes with their handlers."""
        everywhere = "/applications/{application_id}/commands"
        guild = "/applications/{application_id}/guilds/{guild_id}/commands"
        routes = [
            Route("GET", "/users/@me", lambda _call: Reply(self._world.bot)),
            Route("GET", "/oauth2/applications/@me", lambda _call: Reply(payloads.application())),
            Route("GET", "/applications/@me", lambda _call: Reply(payloads.application())),
            Route("GET", "/gateway/bot", self._gateway),
        ]
        for template in (everywhere, guild):
            routes += [
                Route("GET", template, self._list_commands),
                Route("PUT", template, self._put_commands),
            ]
        return routes

    def _gateway(self, _call: Incoming) -> Reply:
        limit = {"total": 1000, "remaining": 999, "reset_after": 1, "max_concurrency": 1}
        url = self._world.gateway_url
        return Reply({"url": url, "shards": 1, "session_start_limit": limit})

    def _list_commands(self, call: Incoming) -> Reply:
        return Reply(self._world.commands.get(call.params.get("guild_id", ""), []))

    def _put_commands(self, call: Incoming) -> Reply:
        return Reply(self._store(call.params.get("guild_id", ""), call.body))

    def _store(self, scope: str, commands: list[Json]) -> list[Json]:
        check_commands(commands)
        fixed = {"application_id": payloads.BOT, "default_member_permissions": None}
        self._world.commands[scope] = [
            {"id": payloads.snowflake(), "version": payloads.snowflake(), "type": 1, "options": []}
            | fixed
            | command
            for command in commands
        ]
        return self._world.commands[scope]


def check_commands(commands: list[Json]) -> None:
    """Check the commands of one scope. Raises ApiError 50035."""
    problems = Problems()
    keys = [(c.get("type", 1), c.get("name")) for c in commands]
    for kind, most in _MOST.items():
        if sum(k == kind for k, _ in keys) > most:
            text = f"Maximum number of application commands reached ({most})"
            problems.add("commands", "APPLICATION_COMMAND_TOO_MANY", text)
    for i, command in enumerate(commands):
        if keys.index(keys[i]) != i:
            text = "Application command names must be unique"
            problems.add(f"{i}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", text)
        if command.get("type", 1) == 1:
            size = _check_slash(problems, str(i), command)
            if size > _CHARACTERS:
                text = f"Command exceeds maximum size ({_CHARACTERS})"
                problems.add(str(i), "APPLICATION_COMMAND_TOO_LARGE", text)
        else:
            problems.text(f"{i}.name", command.get("name"), 32, least=1)
    problems.settle()


def _check_slash(problems: Problems, path: str, command: Json) -> int:
    """Check a command or option and all inside; its number of characters that count."""
    name, description = str(command.get("name")), command.get("description") or ""
    if not _NAME.fullmatch(name) or name != name.lower():
        text = "Command name is invalid"
        problems.add(f"{path}.name", "APPLICATION_COMMAND_INVALID_NAME", text)
    problems.text(f"{path}.description", description, 100, least=1)
    options = command.get("options") or []
    problems.count(f"{path}.options", options, 25)
    choices = command.get("choices") or []
    problems.count(f"{path}.choices", choices, 25)
    if choices and command.get("autocomplete"):
        text = "Choices and autocomplete exclude each other"
        problems.add(f"{path}.choices", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE", text)
    needed = [bool(o.get("required")) for o in options if o.get("type") not in SUBCOMMANDS]
    if needed != sorted(needed, reverse=True):
        text = "Required options must be placed before non-required options"
        problems.add(f"{path}.options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
    size = len(name) + len(description)
    size += sum(len(str(c.get("name"))) + len(str(c.get("value"))) for c in choices)
    for i, option in enumerate(options):
        size += _check_slash(problems, f"{path}.options.{i}", option)
    return size

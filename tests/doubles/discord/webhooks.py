"""An interaction's webhook: the original response and followups, for 15 minutes."""

import time

from tests.doubles.discord import messages
from tests.doubles.discord.interactions import write
from tests.doubles.discord.records import LOADING, Interaction, Message
from tests.doubles.discord.wire import ApiError, Incoming, Reply, Route, not_found
from tests.doubles.discord.world import World

_HOOK = "/webhooks/{webhook_id}/{webhook_token}"


class Webhooks:
    """Answers the routes below `/webhooks`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """List the routes with their handlers."""
        routes = [Route("POST", _HOOK, self._follow_up, "token", bot=False)]
        for last in ("@original", "{message_id}"):
            template = f"{_HOOK}/messages/{last}"
            routes += [
                Route("GET", template, self._get, "token", bot=False),
                Route("PATCH", template, self._edit, "token", bot=False),
                Route("DELETE", template, self._delete, "token", bot=False),
            ]
        return routes

    def _follow_up(self, call: Incoming) -> Reply:
        """Write a further message; directly after a defer it fills the deferred one instead."""
        interaction = self._find(call)
        original = self._world.original(interaction)
        body = call.body or {}
        if original is not None and original.payload["flags"] & LOADING:
            messages.edit(self._world, original, body, call.files, webhook=True)
            return Reply(original.payload)
        message = write(self._world, interaction, body, call)
        interaction.followups.append(message.id)
        return Reply(message.payload)

    def _get(self, call: Incoming) -> Reply:
        return Reply(self._message(call).payload)

    def _edit(self, call: Incoming) -> Reply:
        message = self._message(call)
        messages.edit(self._world, message, call.body or {}, call.files, webhook=True)
        return Reply(message.payload)

    def _delete(self, call: Incoming) -> Reply:
        messages.delete(self._world, self._message(call))
        return Reply(status=204)

    def _find(self, call: Incoming) -> Interaction:
        interaction = self._world.interactions.get(call.params["webhook_token"])
        if interaction is None:
            raise not_found(10015, "Webhook")
        if time.monotonic() - interaction.born > self._world.token_life:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if interaction.response is None:
            raise not_found(10015, "Webhook")
        return interaction

    def _message(self, call: Incoming) -> Message:
        interaction = self._find(call)
        message_id = call.params.get("message_id", interaction.original)
        if message_id not in (interaction.original, *interaction.followups):
            raise not_found(10008, "Message")
        return self._world.message(message_id)

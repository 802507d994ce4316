"""The desk of predictions: presses before a demo that waits for them."""

from __future__ import annotations

from typing import Any

import discord

from bot.panes import Opened
from bot.predicting import Outcome
from bot.present.cards import say
from bot.present.demos import DemoRuns
from bot.present.predict import OPEN, START, Forecast, panel
from bot.present.responses import defer_update, respond, update

CLOSED = "This demo takes no predictions: it has started, or it is over."
NOT_YET = "Only who asked for this demo starts it. Press Predict meanwhile."


class PredictDesk:
    """Takes predictions, and starts the demos that wait for them."""

    def __init__(self, runs: DemoRuns) -> None:
        self._runs = runs

    async def press(self, interaction: discord.Interaction[Any], parts: tuple[str, ...]) -> None:
        """Answer a press. Raises MessageGone, Undelivered, MemoryUnavailable."""
        what, demo = (*parts, "", "")[:2]
        run = await self._runs.find(demo, interaction.channel_id)
        opened = run.show.board.opened if run is not None else None
        forecast = run.show.predicting if run is not None else None
        if run is None or opened is None or forecast is None:
            await say(interaction, CLOSED)
        elif what == OPEN:
            await respond(interaction, panel(opened, forecast, interaction.user.id, demo))
        elif what != START:
            await self._take(interaction, opened, forecast, what, demo)
        elif run.owner != interaction.user.id:
            await say(interaction, NOT_YET)
        else:
            forecast.start()
            await defer_update(interaction)

    async def _take(
        self,
        interaction: discord.Interaction[Any],
        opened: Opened,
        forecast: Forecast,
        what: str,
        demo: str,
    ) -> None:
        """Take what a member chose for one contender, and show all that they chose."""
        data: Any = interaction.data
        chosen = (data.get("values") or [""])[0]
        seats = {str(n): n for n, seat in enumerate(opened.seats) if seat.installed}
        if what not in seats or chosen not in Outcome.__members__:
            await say(interaction, "That cannot be predicted here.")
            return
        # Nothing is awaited since the look whether it is still open: what was taken counts.
        forecast.predictions.take(interaction.user.id, seats[what], Outcome[chosen])
        await update(interaction, panel(opened, forecast, interaction.user.id, demo))

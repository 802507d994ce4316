"""A demo as it comes about in Discord: one message, one pane for each contender.

A pane is a line of ours and, below it, the model's text alone in a container in its stage's
colour. The text of a message is limited, so while they write each pane shows the newest part of
its text; at the end each gets its share of the beginning, and the whole is in a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.board import Board, Pane, PaneState
from bot.captions import figures_line, figures_text, queue_line, recording_line, state_line
from bot.present.answer import one_line
from bot.present.blind import INVITATION, Blind, reveal_button, veiled
from bot.present.components import TEXT_LIMIT, Attached, Box, Button, Page, Select
from bot.present.demo_controls import (
    ended_buttons,
    lineup_select,
    stop_button,
    texts_button,
)
from bot.present.predict import Forecast
from bot.present.sanitise import sanitise
from bot.present.split import shown
from bot.report import as_markdown
from bot.runcard import Recorder
from knowledge.stage import Stage

COLOURS = {
    Stage.BASE: 0x5AA9E6,
    Stage.INSTRUCT: 0x59C98C,
    Stage.REASONING: 0xF2B134,
    Stage.FINE_TUNED: 0xB57EDC,
}
VEIL = 0x8B93A1
"""The colour of every pane of a blind demo."""
SPARE = 320
"""Characters of a message that stay free: a cut text needs marks to close what it opened, and a
line says which texts are shown in part."""
LEAST = 220
"""Characters a pane gets at least; a shorter text could not be cut well."""
_PROMPT, _NOTICES, _NOTICE, _HEAD, _FIGURES = 160, 420, 330, 110, 220


@dataclass(slots=True)
class Show:
    """One demo in Discord. `lineups` can be chosen for another run, as (name, title).

    With `blind`, panes have letters, and nothing that names a contender is shown before the reveal.
    With `forecast`, members predict before it runs.
    """

    request_id: str
    lineups: Sequence[tuple[str, str]] = ()
    blind: Blind | None = None
    forecast: Forecast | None = None
    recorder: Recorder = field(default_factory=Recorder)
    chart: bytes | None = None
    final: bool = False
    sentence: str = ""

    @property
    def board(self) -> Board:
        """What came so far."""
        return self.recorder.board

    @property
    def votable(self) -> bool:
        """Is it a blind demo that came to a fair end: whole, and with texts to choose from?"""
        board, blind = self.board, self.blind
        if blind is None or not board.ended or self.sentence or board.error is not None:
            return False
        return len(blind.choices(board)) > 1

    @property
    def hidden(self) -> bool:
        """Are the names still a secret? Where there is nothing to vote on, they come at the end."""
        if self.blind is None or self.blind.revealed:
            return False
        return not self.board.ended or self.votable

    @property
    def predicting(self) -> Forecast | None:
        """Return the forecast while the demo waits for predictions."""
        if self.forecast is None or self.forecast.predictions.closed or self.board.ended:
            return None
        return self.forecast

    @property
    def panes(self) -> list[tuple[str, Pane]]:
        """The panes in the order in which they are shown, each with its letter if it has one."""
        if self.blind is None:
            return [("", pane) for pane in self.board.panes]
        return self.blind.lettered(self.board)

    def stop(self, sentence: str) -> None:
        """End it before its stream did; what was written stays."""
        if not self.board.ended:
            self.sentence = sentence
            self.board.stop(sentence)
        if self.forecast is not None:
            self.forecast.start()

    def pages(self) -> tuple[Page, ...]:
        """Return the message that shows this moment."""
        board = self.board
        if board.opened is None:
            told = board.error.sentence if board.error else self.sentence
            line = f"⚠️ {sanitise(told)}" if told else "🔎 Looking at what the engine has …"
            return (Page((line,)),)
        above, below = self._above(), self._below()
        panes = [pane for _, pane in self.panes]
        heads = self._heads()
        ours = sum(map(len, (*above, *below, *heads)))
        room = TEXT_LIMIT - ours - SPARE
        texts = [sanitise(pane.text).strip() for pane in panes]
        shares = fair_shares([len(text) for text in texts], room)
        boxes = tuple(
            Box(head, self._part(text, share), self._colour(pane))
            for head, pane, text, share in zip(heads, panes, texts, shares, strict=True)
        )
        if board.ended and (partly := self._partly(texts, shares)):
            below = (partly, *below)
        page = Page(above, boxes=boxes, below=below, buttons=self._buttons(), select=self._select())
        return (replace(page, files=self._files()) if self.final and not self.hidden else page,)

    def cut(self, shown_pages: tuple[Page, ...], why: str, whole: bool) -> tuple[Page, ...]:  # noqa: FBT001  a callback
        """Return the message as it stands, with the sentence that says `why` it is not all."""
        page = shown_pages[0] if shown_pages else Page()
        below = (f"⚠️ {why}", *self._below()[-1:])
        files = self._files() if whole and not self.hidden else ()
        return (replace(page, below=below, buttons=self._buttons(), select=None, files=files),)

    def _part(self, text: str, share: int) -> str:
        if len(text) <= share:
            return text
        if self.board.ended:
            return shown(text, share, 2).pages[0]
        return f"… {shown(text, share, 1).pages[0]}"

    def _partly(self, texts: Sequence[str], shares: Sequence[int]) -> str:
        """Say whose text is not shown whole, and where it is."""
        named = zip(self.panes, texts, shares, strict=True)
        names = [
            letter or one_line(pane.seat.contender.name, 30)
            for (letter, pane), text, share in named
            if len(text) > share
        ]
        if not names:
            return ""
        where = "the whole is behind **Whole texts**."
        if not self.hidden:
            where = "the whole is in the file and behind **Whole texts**."
        return f"-# ✂️ Only the beginning is shown of {', '.join(names)}; {where}"

    def _above(self) -> tuple[str, ...]:
        board, opened = self.board, self.board.opened
        if opened is None:
            return ()
        lines = [f"-# {one_line(opened.prompt, _PROMPT)}"]
        if recording := recording_line(board):
            lines.append(f"🎞️ **{recording}**")
        if self.hidden:
            lines.append(INVITATION)
        elif notices := (*opened.fairness, *opened.notices):
            told = "\n".join(f"-# ⚖️ {one_line(notice, 200)}" for notice in notices)
            lines.append(told[:_NOTICES])
        if self.predicting is not None:
            lines.append(self.predicting.invitation())
        elif waiting := queue_line(board):
            seconds = board.panes[0].seconds
            lines.append(f"⏳ {waiting} Waiting for {seconds:.0f} s.")
        elif board.plan and not board.ended and not self.hidden:
            lines.append(f"-# {one_line(board.plan, 150)}")
        return tuple(lines)

    def _below(self) -> tuple[str, ...]:
        opened, board = self.board.opened, self.board
        lines = []
        if self.sentence:
            lines.append(f"⏹️ {one_line(self.sentence, 160)}")
        elif board.error is not None:
            lines.append(f"⚠️ {one_line(board.error.sentence, 300)}")
        if self.hidden:
            return (*lines, f"-# {self.request_id}") if board.ended else tuple(lines)
        if self.blind is not None and self.blind.result:
            lines.append(self.blind.result)
        if self.forecast is not None and board.ended and (told := self.forecast.summary(board)):
            lines.append(told)
        if opened is not None and opened.curated is not None and board.ended:
            lines.append(f"👀 **What to notice:** {one_line(opened.curated.notice, _NOTICE)}")
        if board.ended and opened is not None:
            lines.append(
                f"-# {one_line(opened.title, 60)} · seed {opened.seed} · {self.request_id}"
            )
        return tuple(lines)

    def _colour(self, pane: Pane) -> int:
        return VEIL if self.hidden else COLOURS[pane.seat.contender.stage]

    def _heads(self) -> list[str]:
        """Return the lines above each pane."""
        did = self.forecast.outcome_lines(self.board) if self.forecast and self.board.ended else {}
        at = {id(pane): n for n, pane in enumerate(self.board.panes)}
        return [
            "\n".join(line for line in (self._head(letter, pane), did.get(at[id(pane)])) if line)
            for letter, pane in self.panes
        ]

    def _head(self, letter: str, pane: Pane) -> str:
        if self.hidden:
            return veiled(letter, pane, self.board.seconds)
        contender = pane.seat.contender
        name = f"**{one_line(contender.name, 40)}** · {one_line(contender.tag, 60)}"
        if letter:
            name = f"{letter} · {name}"
        if self.predicting is not None:
            return name[:_HEAD]
        lines = [f"{name[:_HEAD]}\n{state_line(pane)}"]
        if pane.sentence and pane.state is PaneState.FAILED:
            lines.append(one_line(pane.sentence, 150))
        if pane.notices:
            lines.append(f"-# {one_line(' '.join(pane.notices), 150)}")
        if pane.figures is not None and pane.state is not PaneState.FAILED:
            lines.append(f"-# {figures_line(pane.figures)[:_FIGURES]}")
        return "\n".join(lines)

    def _buttons(self) -> tuple[Button, ...]:
        board, this = self.board, self.request_id
        if not board.ended:
            asks = self.predicting.buttons(this) if self.predicting else ()
            return (*asks, stop_button(this))
        if self.blind is not None and self.hidden:
            return (*self.blind.buttons(board, this), texts_button(this), reveal_button(this))
        return ended_buttons(board, this)

    def _select(self) -> Select | None:
        return None if self.hidden else lineup_select(self.board, self.request_id, self.lineups)

    def _files(self) -> tuple[Attached, ...]:
        page = as_markdown(self.board).encode("utf-8", "replace")
        whole = Attached(f"demo-{self.request_id}.md", page)
        if self.chart is None:
            return (whole,)
        alt = f"Seconds of load, prompt, thinking and answer. {figures_text(self.board)}"
        return (Attached(f"demo-{self.request_id}.png", self.chart, alt), whole)


def fair_shares(lengths: Sequence[int], room: int) -> list[int]:
    """Share `room` characters: what short texts leave goes to the longer ones, at least LEAST."""
    shares = [0] * len(lengths)
    left = room
    order = sorted(range(len(lengths)), key=lambda at: lengths[at])
    for done, at in enumerate(order):
        even = max(0, left) // (len(order) - done)
        shares[at] = max(LEAST, even) if lengths[at] > even else lengths[at]
        left -= shares[at]
    return shares

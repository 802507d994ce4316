"""An order: what a member wants to see in a demo."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

from bot.curated import Curated, Form
from bot.errors import QuestionInvalid
from knowledge.stage import Stage

LONGEST_PROMPT = 4_000
"""Characters of a prompt."""
SEED = 7
PREDICT = 400
"""Tokens a contender may write where nothing else is said; thinking counts."""
TEMPERATURE = 0.7


@dataclass(frozen=True, slots=True)
class Order:
    """What a member wants to see. `member` is the key under which they queue.

    Without a `lineup` the best one is used whose models are there. `curated` names the demo
    the prompt belongs to. `allowed` are the providers' hosts to which the prompt may go.
    """

    prompt: str
    member: str
    lineup: str | None = None
    stages: tuple[Stage, ...] = ()
    seed: int = SEED
    temperature: float = TEMPERATURE
    num_predict: int = PREDICT
    form: Form = "plain"
    curated: Curated | None = None
    allowed: frozenset[str] = frozenset()


BEYOND = "This demo is beyond these toys: what they write shows their limits, not the stages."
SCALED = "The toys get a prompt of their own field; the demo's own is beyond them."


def scaled(order: Order) -> tuple[Order, str]:
    """Return the order as toys can play it, and a line where that needs saying."""
    demo = order.curated
    if demo is None:
        return order, ""
    if demo.pocket is None:
        return order, BEYOND
    if order.prompt != demo.prompt:
        return order, ""
    notice = demo.pocket.notice or demo.notice
    told = demo.model_copy(update={"notice": notice})
    return replace(order, prompt=demo.pocket.prompt, curated=told), SCALED


def readable(prompt: str) -> str:
    """Drop what no model can read: controls, half surrogates, excess. Raises QuestionInvalid."""
    text = prompt[:LONGEST_PROMPT].encode("utf-8", "ignore").decode()
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    if not text.strip():
        raise QuestionInvalid("There is no prompt to show.")
    return text

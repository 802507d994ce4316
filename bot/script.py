"""What each contender of a demo is given: the prompt as its stage wants it.

A base model gets the words themselves, never a chat template: what it does with bare text is what
a demo shows. The others get them as a member's turn, with `think` said outright, since an engine
that is not told lets a model think.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.curated import Form
from bot.model import Engine, Message, Model, ModelCard, Sampling, Think
from bot.panes import Seat
from knowledge.roster import Price
from knowledge.stage import Stage
from prompts.loader import load_prompt

FRAME_STOPS = ("\nQ:", "\n\n")
"""Where a base model's answer within the frame ends: before the question it would ask next."""


@dataclass(frozen=True, slots=True)
class Part:
    """Who performs: a seat, the port to its model, and the model's card where it is known.

    A rented one has no engine of ours; `lack` says why it cannot be asked, `price` what it costs.
    """

    seat: Seat
    engine: Engine | None
    model: Model
    card: ModelCard | None
    cold: bool = False
    lack: str = ""
    price: Price | None = None

    @property
    def rented(self) -> bool:
        """Whether its model is a provider's."""
        return self.seat.contender.provider is not None


@dataclass(frozen=True, slots=True)
class Script:
    """What is performed: the same for every contender of a demo."""

    prompt: str
    form: Form
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Given:
    """What the model is given: raw text, or the member's words as a turn of a chat."""

    raw: str | None
    messages: tuple[Message, ...]
    think: Think
    sampling: Sampling
    deviations: tuple[str, ...]


def given_to(part: Part, script: Script) -> Given:
    """Return what a part's model is given."""
    if part.rented:
        return _rented(part, script)
    raw = raw_prompt(part.seat.contender.stage, script)
    think, doubt = _think(part, raw=raw is not None)
    sampling, stops = _sampling(part, script, raw=raw is not None)
    deviations = tuple(line for line in (doubt, stops) if line)
    return Given(raw, (Message("user", script.prompt),), think, sampling, deviations)


def _rented(part: Part, script: Script) -> Given:
    """Return what a rented model is given, and in which respects not the same as the others."""
    contender = part.seat.contender
    deviations = []
    if lacking := [what for what in ("temperature", "seed") if what not in contender.takes]:
        deviations.append(f"{contender.tag} is given no {' and no '.join(lacking)}.")
    if script.form == "swapped":
        deviations.append("Its provider takes no raw text: it got the prompt as a turn of a chat.")
    if budget := (contender.options.thinking or {}).get("budget_tokens"):
        deviations.append(f"It may think {budget} tokens beyond the bound of the others.")
    messages = (Message("user", script.prompt),)
    return Given(None, messages, contender.thinks, script.sampling, tuple(deviations))


def raw_prompt(stage: Stage, script: Script) -> str | None:
    """Return the prompt as raw text, or None where the model gets it as a turn of a chat."""
    if script.form == "swapped":
        if stage is not Stage.BASE:
            return script.prompt
        return load_prompt("chatml", prompt=script.prompt) + "\n"
    if stage is not Stage.BASE:
        return None
    framed = script.form == "framed"
    return load_prompt("frame", prompt=script.prompt) if framed else script.prompt


def _think(part: Part, *, raw: bool) -> tuple[Think, str]:
    """Return what to send as `think`, and a line where that is not what the line-up wants."""
    wanted = part.seat.contender.thinks
    if raw or not wanted or part.card is None or "thinking" in part.card.capabilities:
        return wanted, ""
    tag = part.seat.contender.tag
    return False, f"{tag} cannot be told to think; what it thinks by itself is read by its tags."


def _sampling(part: Part, script: Script, *, raw: bool) -> tuple[Sampling, str]:
    """Return the options, and a line where they are not those of the others."""
    contender = part.seat.contender
    framed = script.form == "framed" and contender.stage is Stage.BASE
    stop = (*contender.stop, *(FRAME_STOPS if framed else ())) if raw else ()
    if not stop:
        return script.sampling, ""
    common = script.sampling
    sampling = Sampling(common.num_predict, common.temperature, common.seed, stop)
    marks = ", ".join(repr(mark) for mark in stop)
    return sampling, f"It ends where it would write one of {marks}; the others have no such mark."

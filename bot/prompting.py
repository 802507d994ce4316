"""What the model is told: passages, earlier turns and the question, fenced as data and in budget.

Ollama cuts a prompt that is too long without a word, so the budget is ours.
Tokens are estimated, not counted, because the tokenizer belongs to the engine.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from bot.levels import Level
from bot.memory import Turn
from bot.model import Message
from knowledge.passages import Hit, Passage
from prompts.loader import load_prompt

NOT_IN_LESSONS = "NOT IN THE LESSONS"
"""What the model writes, and nothing else, when the passages do not answer."""

LETTERS = "ABCD"
"""What names the options of a question."""

BYTES_PER_TOKEN = 3.0
"""Fewer than the 4 or so of English and than the 3 of one Chinese character, so that the
estimate errs on the safe side."""

PASSAGES = 6
HISTORY_SHARE = 0.25
QUESTION_SHARE = 0.25
LONGEST_TURN = 2000
"""Characters of an earlier turn that are shown: its end, which a follow-up leans on."""

MARGIN = 64
"""Tokens left for the chat template's own marks."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Messages for the model; `hits` are those it was shown; `left_out` tells what did not fit.

    `ours` are our own words in it, and `boundary` is what marks its fences: no answer needs them.
    """

    messages: tuple[Message, ...]
    hits: tuple[Hit, ...]
    left_out: tuple[str, ...]
    ours: str
    boundary: str


def estimate_tokens(text: str) -> int:
    """Return about how many tokens `text` takes; seldom less than it really does."""
    return int(len(text.encode()) / BYTES_PER_TOKEN) + 1


def answer_prompt(
    question: str,
    history: Sequence[Turn],
    hits: Sequence[Hit],
    *,
    num_ctx: int,
    num_predict: int,
    level: Level | None = None,
) -> Prompt:
    """Build the prompt of an answer within `num_ctx` tokens, `num_predict` of them kept free."""
    boundary = secrets.token_hex(8)
    rules = load_prompt("answer_rules")
    if level is not None:
        rules = f"{rules}\n{load_prompt(f'level_{level}')}"
    frame = load_prompt("answer", boundary=boundary, passages="", history="", question="")
    room = num_ctx - num_predict - MARGIN - estimate_tokens(rules) - estimate_tokens(frame)
    left_out: list[str] = []
    asked = _cut(question, int(room * QUESTION_SHARE))
    if asked != question:
        left_out.append("the end of your question")
    room -= estimate_tokens(asked) + MARGIN
    turns = _recent(history, boundary, int(room * HISTORY_SHARE))
    if len(turns) < len(history):
        left_out.append(f"{len(history) - len(turns)} earlier turns")
    shortened = sum(len(turn.content) > LONGEST_TURN for turn in history[-len(turns) :] if turns)
    if shortened:
        left_out.append(f"the beginning of {shortened} long earlier turns")
    room -= sum(estimate_tokens(turn) for turn in turns)
    shown = _fitting(hits[:PASSAGES], boundary, room)
    if len(shown) < len(hits[:PASSAGES]):
        left_out.append(f"{len(hits[:PASSAGES]) - len(shown)} of the passages found")
    text = load_prompt(
        "answer",
        boundary=boundary,
        passages="\n\n".join(shown),
        history="\n\n".join(turns) or "(none)",
        question=_fenced("question", boundary, asked),
    )
    messages = (Message("system", rules), Message("user", text))
    return Prompt(
        messages, tuple(hits[: len(shown)]), tuple(left_out), f"{rules}\0{frame}", boundary
    )


def rewrite_prompt(question: str, history: Sequence[Turn], *, num_ctx: int) -> tuple[Message, ...]:
    """Build the prompt that asks for one clear English question."""
    boundary = secrets.token_hex(8)
    room = num_ctx // 3
    text = load_prompt(
        "rewrite",
        boundary=boundary,
        history="\n\n".join(_recent(history, boundary, room)) or "(none)",
        question=_fenced("question", boundary, _cut(question, room)),
    )
    return (Message("system", load_prompt("rewrite_rules")), Message("user", text))


def questions_prompt(passage: Passage, count: int) -> tuple[Message, ...]:
    """Build the prompt that asks for `count` quiz questions on `passage`, as JSON."""
    boundary = secrets.token_hex(8)
    text = load_prompt(
        "quiz_write",
        boundary=boundary,
        passage=_fenced("passage", boundary, f"{passage.heading}\n{passage.text}"),
        count=str(count),
    )
    return (Message("system", load_prompt("quiz_write_rules")), Message("user", text))


def choice_prompt(passage: Passage, text: str, options: Sequence[str]) -> tuple[Message, ...]:
    """Build the prompt that asks which one of `options`, lettered from A, `passage` bears out."""
    boundary = secrets.token_hex(8)
    lettered = [f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False)]
    text = load_prompt(
        "quiz_check",
        boundary=boundary,
        passage=_fenced("passage", boundary, f"{passage.heading}\n{passage.text}"),
        question=_fenced("question", boundary, "\n".join([text, *lettered])),
    )
    return (Message("system", load_prompt("quiz_check_rules")), Message("user", text))


def _fenced(name: str, boundary: str, text: str) -> str:
    """Put `text` between fences it cannot close: the boundary is random for each prompt."""
    return f"<{name} {boundary}>\n{text}\n</{name} {boundary}>"


def _recent(history: Sequence[Turn], boundary: str, room: int) -> list[str]:
    """Return the newest turns that fit, oldest first; a long answer keeps its end."""
    kept: list[str] = []
    for turn in reversed(history):
        content = turn.content[-LONGEST_TURN:]
        fenced = _fenced("earlier turn of the " + turn.role, boundary, content)
        room -= estimate_tokens(fenced)
        if room < 0:
            break
        kept.append(fenced)
    return kept[::-1]


def _fitting(hits: Sequence[Hit], boundary: str, room: int) -> list[str]:
    shown: list[str] = []
    for number, hit in enumerate(hits, start=1):
        passage = hit.passage
        head = f"[{number}] {passage.lesson_title} – {passage.heading}"
        fenced = _fenced("passage", boundary, f"{head}\n{passage.text}")
        room -= estimate_tokens(fenced)
        if room < 0:
            break
        shown.append(fenced)
    return shown


def _cut(text: str, tokens: int) -> str:
    """Return the beginning of `text` that fits into `tokens`."""
    if estimate_tokens(text) <= tokens:
        return text
    return text.encode()[: int(max(tokens, 1) * BYTES_PER_TOKEN)].decode(errors="ignore")

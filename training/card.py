"""A model card for each stage: what it was made from and saw, what it can do, and where it ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from pocket.grading import Grades
from training.batches import WIDTH
from training.loop import Diary
from training.recipe import Stage

_MADE = {
    "base": "Pretrained on this project's lessons and roster and on pages that grammars write: "
    "facts, exam sheets, registers of invented models, worked sums. No page holds a question with "
    "its answer. The trunk read them first, from random weights; base goes on with the ends of "
    "lines as tokens of their own on half of the pages, so that it goes on after a bare question.",
    "instruct": "Made from the trunk, as base is, with direct answers: to word problems, to "
    "questions of the curriculum, and a plain “I know only this field” to others. First a drill on "
    "problems in few wordings, then many wordings.",
    "reasoning": "Made from the trunk, as base is, with the same word problems as instruct, "
    "answered behind written steps between think tags. First a drill on problems in few wordings, "
    "then many wordings.",
    "fine-tuned": "Made from the instruct model with one narrow task: a sentence about a model "
    "becomes a row of JSON.",
}
_LIMITS = """\
A toy: it shows what a training stage changes, and answers nothing that matters.
It knows about a hundred facts in the wordings of a grammar, word problems with two products of
numbers of two digits at most, and reads 512 tokens of English.
Whatever else it is asked, what it writes is made up. Do not use it to decide anything."""


Way = Sequence[tuple[Stage, Diary]]
"""The stages that a toy went through, from the trunk on, with their diaries."""


def write_card(way: Way, grades: Grades, parameters: int, folder: Path) -> None:
    """Write `README.md` and `loss.png` into the folder of the way's last stage."""
    stage = way[-1][0]
    _draw(way).savefig(folder / "loss.png", dpi=80, metadata={"Software": None})
    text = f"""\
# Pocket {stage.name}

A toy model trained by this project, {parameters / 1e6:.1f} million parameters.
Llama's architecture: {_shape(folder)}.

{_MADE[stage.name]}

## Trained

| stage by stage | updates | tokens | pages or examples | last loss (nats a token) |
|---|---|---|---|---|
{_rows(way)}

![loss by update](loss.png)

## Measured

On wordings, pairs of numbers and names that were never trained on, always the likeliest token;
with 95 % intervals (Wilson).

| | share |
|---|---|
| word problems, exact | {grades.exact} |
| questions of the curriculum, answered directly and rightly | {grades.right} |
| questions after whose answer it stopped by itself | {grades.stopped} |
| sentences made into the right row | {grades.rows} |

`python -m bench pocket` measures these anew, `make pocket` trains the weights anew.

## Limits

{_LIMITS}

## Licence

MIT, as the program. The training text is the project's own.
"""
    (folder / "README.md").write_text(text, "utf-8")


def _rows(way: Way) -> str:
    return "\n".join(
        f"| {stage.name} | {stage.course.steps:,} of {stage.rows * WIDTH:,} tokens "
        f"| {diary.tokens / 1e6:.1f} million | {diary.examples:,} | {diary.losses[-1][1]:.3f} |"
        for stage, diary in way
    )


def _shape(folder: Path) -> str:
    told = json.loads((folder / "config.json").read_text("utf-8"))
    return (
        f"hidden {told['hidden_size']}, {told['num_hidden_layers']} layers, "
        f"{told['num_attention_heads']} heads, {told['num_key_value_heads']} key-value heads, "
        f"feed-forward {told['intermediate_size']}, vocabulary {told['vocab_size']:,}"
    )


def _draw(way: Way) -> Figure:
    figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
    begun = 0
    for stage, diary in way:
        steps = [begun + step for step, _ in diary.losses]
        axes.plot(steps, [loss for _, loss in diary.losses], label=stage.name)
        begun += stage.course.steps
    axes.set(xlabel="update", ylabel="loss, nats a token", title=f"Pocket {way[-1][0].name}")
    axes.set_yscale("log")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    return figure

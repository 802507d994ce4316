"""The pocket lineage: what each training stage can do, on wordings and numbers never trained on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import click
import torch

from bench.tables import Table, show
from pocket.grading import SEED, Reader, exam, grade
from pocket.lineage import SHIPPED, read_lineage

PROMPT = (
    "A team sends 47 requests at 36 cents each. The fee is 58 cents more. How many cents is it?"
)


def measure(folder: Path, seed: int, temperature: float, scale: float) -> Table:
    """Return what each stage can do."""
    torch.manual_seed(seed)
    paper = exam(seed, scale)
    lines = []
    for stage, toy in read_lineage(folder).items():
        toy.check()
        reader = Reader(
            toy.folder, base=stage == "base", thinks=toy.thinks, temperature=temperature
        )
        got = grade(reader, paper)
        lines.append((stage, *map(str, (got.exact, got.right, got.stopped, got.rows))))
    return Table(
        "pocket",
        f"The pocket lineage on {len(paper.problems)} unseen word problems, "
        f"{len(paper.questions)} unseen wordings and {len(paper.rows)} unseen rows",
        ("stage", "problems, exact", "questions, right", "questions, stopped", "rows, exact"),
        tuple(lines),
    )


def speed() -> Table:
    """Return what a person has: a new process's demo of all four stages side by side."""
    begun = time.perf_counter()
    ended = subprocess.run(  # noqa: S603  # our own interpreter and program, no shell
        [sys.executable, "-m", "bot", "demo", "--json", "--lineup", "pocket", PROMPT],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - begun
    lines = [
        (one["stage"], one["usage"]["first_token_seconds"], one["usage"]["tokens_per_second"])
        for one in json.loads(ended.stdout)["contenders"]
    ]
    return Table(
        "speed",
        f"A demo from a cold start: {seconds:.1f} s to its end",
        ("stage", "first token, s", "tokens/s beside the others"),
        tuple(lines),
    )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Draws other cases.")
@click.option("--temperature", type=float, default=0.0, show_default=True)
@click.option("--scale", type=float, default=1.0, show_default=True, help="Cases, times this.")
@click.option(
    "--weights",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=SHIPPED,
    help="Another folder of toys, as `make pocket` writes it.",
)
def command(*, as_json: bool, seed: int, temperature: float, scale: float, weights: Path) -> None:
    """Grade the toys on cases that were never trained on, with 95 % intervals (Wilson)."""
    tables = [measure(weights, seed, temperature, scale)]
    if weights == SHIPPED:
        tables.append(speed())
    note = (
        "Word problems: the first number of the answer is the right one. 95 % intervals (Wilson)."
    )
    show(tables, as_json=as_json, notes=[note])

"""`python -m training`: train the pocket lineage, all stages or those that are named."""

from __future__ import annotations

from pathlib import Path

import click
import torch

from pocket.grading import SEED as EXAM
from pocket.grading import Reader, exam, grade
from pocket.lineage import read_lineage, write_manifest
from training.card import write_card
from training.publish import publish
from training.recipe import CONTEXT, STAGES, Recipe, named


@click.command()
@click.argument("stages", nargs=-1, type=click.Choice([stage.name for stage in STAGES]))
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data/training"),
    show_default=True,
    help="Where checkpoints are kept; a run that was broken off goes on from them.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where the finished toys go; WORK/weights without it.",
)
@click.option("--threads", type=int, default=2, show_default=True, help="Processor cores to use.")
def main(stages: tuple[str, ...], work: Path, out: Path | None, threads: int) -> None:
    """Train STAGES (all without one), each after the stage it is made from.

    When all four are there, they are graded and their cards written.
    """
    torch.set_num_threads(threads)
    recipe = Recipe(work, click.echo)
    for stage in [named(name) for name in stages] or STAGES:
        recipe.run(stage)
    if not stages:
        _finish(recipe, out or work / "weights")


def _finish(recipe: Recipe, out: Path) -> None:
    """Publish every stage, grade it and write its card."""
    tokenizer = recipe.tokenizer()
    told: dict[str, dict[str, object]] = {}
    for stage in STAGES:
        model = recipe.run(stage)
        publish(model, tokenizer, out / stage.name, stage.name)
        told[stage.name] = {
            "parameters": model.num_parameters(),
            "context": CONTEXT,
            "thinks": stage.name == "reasoning",
        }
    write_manifest(out, told)
    paper = exam(EXAM)
    for stage in STAGES:
        toy = read_lineage(out)[stage.name]
        reader = Reader(toy.folder, base=stage.name == "base", thinks=toy.thinks, temperature=0.0)
        grades = grade(reader, paper)
        click.echo(f"{stage.name}: problems {grades.exact}, questions {grades.right}")
        write_card(recipe.way(stage), grades, toy.parameters, toy.folder)


if __name__ == "__main__":
    main(prog_name="python -m training")

"""The toys as folders that `ollama create` and transformers take: a way from here to an engine."""

from __future__ import annotations

import shutil
from pathlib import Path

from bot.errors import ToysUnusable
from pocket.lineage import SHIPPED, Damaged, Toy, read_lineage

_RAW = "{{ .Prompt }}"
_TURNS = """\
{{- range .Messages }}<|{{ .Role }}|>
%s{{ .Content }}<|end|>
{{ end }}<|assistant|>
"""
_THOUGHT = "{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}"
_SWITCH = "{{ if .IsThinkSet }}{{ if .Think }}<think>{{ else }}<think></think>{{ end }}{{ end }}"


def export(folder: Path, source: Path = SHIPPED) -> tuple[Path, ...]:
    """Write a folder for each toy into `folder`, and return them. Blocks. Raises ToysUnusable."""
    try:
        return tuple(_written(toy, folder / toy.stage) for toy in read_lineage(source).values())
    except Damaged as error:
        raise ToysUnusable("pocket", f"The toy models cannot be used: {error}.") from error
    except OSError as error:
        raise ToysUnusable("pocket", f"That folder cannot be written: {error.strerror}.") from error


def modelfile(toy: Toy) -> str:
    """Return the Modelfile of a toy: in Go's template language the same text as its chat template.

    The tags around `.Thinking` tell Ollama that the model thinks, and how (its `thinking` package).
    """
    base = toy.stage == "base"
    template = _RAW if base else _TURNS % (_THOUGHT if toy.thinks else "")
    lines = [
        "FROM .",
        f'TEMPLATE """{template}{_SWITCH if toy.thinks else ""}"""',
        f"PARAMETER num_ctx {toy.context}",
    ]
    stops = ["<|endoftext|>"] if base else ["<|end|>"]
    return "\n".join([*lines, *(f"PARAMETER stop {stop}" for stop in stops)]) + "\n"


def _written(toy: Toy, folder: Path) -> Path:
    toy.check()
    folder.mkdir(parents=True, exist_ok=True)
    for name in toy.files:
        shutil.copyfile(toy.folder / name, folder / name)
    (folder / "Modelfile").write_text(modelfile(toy), "utf-8")
    return folder

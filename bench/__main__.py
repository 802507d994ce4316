"""`python -m bench NAME`: speed and quality tables. Each bench is a file here, found by name.

A file is a bench when it defines `command` (for click), or `main(as_json)`.
"""

from __future__ import annotations

import asyncio
import re
from importlib import import_module
from pathlib import Path

import click

FOLDER = Path(__file__).parent

_MARK = re.compile(r"^(?:async def main\(as_json|def command\(|command = )", re.MULTILINE)


class BenchFiles(click.Group):
    """The benches are files of this folder; one is imported when it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the names of the files that hold a bench."""
        files = sorted(FOLDER.glob("[a-z]*.py"))
        return [path.stem for path in files if _MARK.search(path.read_text("utf-8"))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import `bench/<name>.py` and return its command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"bench.{cmd_name}")
        command: click.Command | None = getattr(module, "command", None)
        if command is not None:
            return command

        def callback(as_json: bool) -> None:  # noqa: FBT001  click passes options by name
            asyncio.run(module.main(as_json))

        option = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object.")
        text = (module.__doc__ or "").partition("\n")[0]
        return click.Command(cmd_name, callback=callback, params=[option], help=text)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the names alone: their help would import every bench, which takes seconds."""
        with formatter.section("Benches"):
            formatter.write_text(", ".join(self.list_commands(ctx)))


@click.group(cls=BenchFiles)
def main() -> None:
    """Measure speed and quality, beside a plain baseline or the physical limit."""


if __name__ == "__main__":
    main(prog_name="python -m bench")

"""`vram`, `cost` and `tokens` in a pipe."""

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.terminal.app import main
from tests.bot.test_landscape import size


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("vram 8B", "weights 4.9 GB = 8 billion × 4.89 bits (Q4_K_M) ÷ 8"),
        ("cost 5000 --in 1500 --out 400 --machine 2500 --price-in 1 --price-out 5", "rented $19"),
        ("tokens tokenization", "2 tokens by all-MiniLM-L6-v2, for 12 characters and 12 bytes."),
    ],
    ids=["vram", "cost", "tokens"],
)
def test_it_says_its_lines_and_draws_them(words: str, said: str, tmp_path: Path) -> None:
    plot = tmp_path / "plot.png"
    done = CliRunner().invoke(main, [*words.split(), "--plot", str(plot)])
    assert done.exit_code == 0
    assert said in done.stdout
    assert size(plot.read_bytes())[0] == 1200


def test_tokens_reads_standard_input_and_puts_bars_between_tokens() -> None:
    done = CliRunner().invoke(main, ["tokens"], input="tokenization\n")
    assert done.stdout.splitlines()[-1] == "token|ization"


@pytest.mark.parametrize(
    "words", ["vram nonsense", "cost 1 --machine 1", "cost 1 --machine -1 --model x", "tokens ''"]
)
def test_bad_input_ends_with_2_and_a_sentence(words: str) -> None:
    done = CliRunner().invoke(main, shlex.split(words))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.strip().endswith(".")

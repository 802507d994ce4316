"""The toys that ship: whole, small, apart, and refused where a file is not the one trained."""

import shutil
from pathlib import Path

import pytest

from bot.lineup import SHIPPED as LINEUPS
from bot.lineup import read_lineups
from pocket.lineage import SHIPPED, WEIGHTS, Damaged, read_lineage

STAGES = ["base", "instruct", "reasoning", "fine-tuned"]


def test_four_toys_ship_whole_with_their_cards_in_40_megabytes() -> None:
    toys = read_lineage()
    assert list(toys) == STAGES
    for toy in toys.values():
        toy.check()
        assert toy.size <= 10_000_000
        card = (toy.folder / "README.md").read_text("utf-8")
        assert "## Measured" in card
        assert (toy.folder / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*")) <= 40_000_000
    assert len({toy.digest for toy in toys.values()}) == 4


def test_the_line_up_says_how_large_the_toys_are() -> None:
    lineup = read_lineups([LINEUPS]).find("pocket")
    assert lineup is not None
    for toy in read_lineage().values():
        assert (
            f"Toy models trained by this project, {toy.parameters / 1e6:.1f} million"
            in lineup.title
        )


@pytest.mark.parametrize("harm", ["changed", "missing", "manifest"])
def test_a_file_that_is_not_the_one_trained_is_named(tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "toys"
    shutil.copytree(SHIPPED, folder)
    weights = folder / "base" / WEIGHTS
    if harm == "manifest":
        (folder / "manifest.json").write_text("{}")
        with pytest.raises(Damaged, match=r"manifest\.json"):
            read_lineage(folder)
        return
    if harm == "changed":
        data = bytearray(weights.read_bytes())
        data[-1] ^= 1
        weights.write_bytes(data)
    else:
        weights.unlink()
    with pytest.raises(Damaged, match=r"base/model\.safetensors"):
        read_lineage(folder)["base"].check()

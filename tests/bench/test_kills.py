"""A kill while records are written and answers stream, with the real bot and the real model."""

from pathlib import Path

from bench.kills import measure


async def test_what_members_were_told_outlives_a_kill(shipped_data: Path) -> None:
    """More of them, and at other moments: `python -m bench kills`."""
    table, notes = await measure(("records",), rounds=1, seed=1, keep=None, data=shipped_data)
    assert notes == []
    assert table.records()[0]["clean"] == 1

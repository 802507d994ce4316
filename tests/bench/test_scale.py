"""The bench of size: on a small index it finds what an exact search finds, and loses no work."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.scale import Scale
from bench.synthetic import Synthetic
from knowledge.index import Index


def test_scale_measures_an_index_as_it_grows(tmp_path: Path) -> None:
    """A stopped ingest computes nothing twice, and each change is taken up."""
    real = np.random.default_rng(5).normal(size=(50, Synthetic.dimension)).astype(np.float32)
    real /= np.linalg.norm(real, axis=1, keepdims=True)
    scale = Scale(Index(tmp_path), Synthetic(real, 4))
    scale.grow(300)
    scale.ask()
    scale.change()
    ingest, query, _, change = (table.records() for table in scale.tables())
    assert [row["embedded twice"] for row in ingest] == [0]
    assert [row["passages"] for row in query] == [290, 300]
    assert [row["recall@8"] for row in query] == [1, 1]
    assert len(change) == 3
    manifest = scale.index.manifest()
    assert manifest is not None
    assert manifest.passages == 300

"""The embedder: many callers at once get their own rows."""

from __future__ import annotations

import asyncio

import numpy as np

from knowledge.embedding import Embedder


async def test_texts_asked_for_at_once_get_the_rows_they_get_alone(embedder: Embedder) -> None:
    texts = [f"model number {n} answers" for n in range(12)]
    together = await asyncio.gather(*(embedder.encode([text, text]) for text in texts))
    for text, rows in zip(texts, together, strict=True):
        assert rows.shape == (2, embedder.dimension)
        np.testing.assert_allclose(rows[0], embedder.encode_now([text])[0], atol=1e-5)


async def test_a_caller_who_leaves_costs_the_others_nothing(embedder: Embedder) -> None:
    leaving = [asyncio.ensure_future(embedder.encode([f"left {n}"])) for n in range(3)]
    staying = asyncio.ensure_future(embedder.encode(["stayed"]))
    await asyncio.sleep(0)
    for task in leaving:
        task.cancel()
    rows = await asyncio.wait_for(staying, 60)
    np.testing.assert_allclose(rows[0], embedder.encode_now(["stayed"])[0], atol=1e-5)


async def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert (await embedder.encode([])).shape == (0, embedder.dimension)

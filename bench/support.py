"""How well the support measure tells true citations from false ones.

`bench/labels/support.jsonl` pairs sentences, written the way small local models
write, with a passage of `support_passages.jsonl`. The weights are fitted on half
of the passages ("tune"); the table printed here is of the other half ("report").
The lexicon and the features were shaped with errors of both halves in view, so on
topics they have never seen expect less (first reading of six then new passages:
0.78 of true citations kept, 0.91 of false ones refuted).

`bench/labels/support_lessons.jsonl` ("blind") pairs sentences with the shipped
lessons' own passages. It was written without sight of the measure, and nothing
was tuned on it: this is the figure that counts for the lessons as they ship.
`python -m bench.support fit` prints fresh weights.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.evidence import Evidence, evidence_of, nearness
from bot.support import THRESHOLD, features, plainly, score
from knowledge.door import Door
from knowledge.embedding import load_embedder
from knowledge.identity import identify
from knowledge.lesson import SHIPPED, survey
from knowledge.passages import Passage
from knowledge.sentences import split_sentences

LABELS = Path(__file__).parent / "labels"
OTHERS = 4
"""How many other passages are at hand, as retrieved: the nearest to the sentence, the hardest."""
PENALTY = 1.0
"""The weight of squared (standardised) weights in the fit."""


@dataclass(frozen=True, slots=True)
class Label:
    """One sentence that cites one passage: true or false, and of which kind."""

    split: str
    passage: str
    kind: str
    supported: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A label, its features and what judging it took (seconds).

    `plain` is the verdict of the words alone; None where the sentence had to be embedded.
    """

    label: Label
    features: dict[str, float]
    plain: bool | None
    seconds: float

    @property
    def kept(self) -> bool:
        """Whether the citation would be kept."""
        return score(self.features) >= THRESHOLD if self.plain is None else self.plain


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: how many of a kind, and which share was judged rightly."""

    kind: str
    supported: bool
    pairs: int
    right: float


def load_labels() -> tuple[Label, ...]:
    """Read the labelled pairs. Raises TypeError or ValueError on a malformed line."""
    shaped = [Label(**entry) for entry in _lines("support.jsonl")]
    blind = [
        Label("blind", entry["passage"], entry["kind"], entry["supported"], entry["sentence"])
        for entry in _lines("support_lessons.jsonl")
    ]
    return (*shaped, *blind)


def load_passages() -> tuple[Passage, ...]:
    """Read the passages the labels name: those written for them, and the shipped ones."""
    written = [
        Passage(entry["id"], "labels", "Labels", entry["heading"], (), entry["id"], entry["text"])
        for entry in _lines("support_passages.jsonl")
    ]
    shipped = [passage for lesson in survey([SHIPPED]).lessons for passage in lesson.passages]
    return (*written, *shipped)


def _lines(name: str) -> Iterable[dict[str, Any]]:
    text = (LABELS / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line]


def measure(labels: Iterable[Label]) -> list[Measured]:
    """Embed and measure `labels` one by one, as sentences of an answer come."""
    door = Door()
    encode = load_embedder(identify("all-MiniLM-L6-v2"), door).encode_now
    evidence: dict[str, Evidence] = {}
    for passage in load_passages():
        texts = split_sentences(passage.text)
        evidence[passage.id] = evidence_of(passage, texts, encode(texts))
    found = []
    for label in labels:
        cited = evidence[label.passage]
        vector = encode([label.sentence])[0]
        others = [
            item
            for name, item in evidence.items()
            if name != label.passage and ("#" in name) == ("#" in label.passage)
        ]
        others.sort(key=lambda item: -nearness(vector, item))
        begun = time.perf_counter()
        plain = plainly(label.sentence, cited, others[:OTHERS])
        if plain is None:
            encode([label.sentence])
        seen = features(label.sentence, vector, cited, others[:OTHERS])
        found.append(Measured(label, seen, plain, time.perf_counter() - begun))
    door.close()
    return found


def table(found: list[Measured]) -> list[Row]:
    """Count by kind; the lines "all true" and "all false" come last."""
    kinds = dict.fromkeys((item.label.kind, item.label.supported) for item in found)
    rows = [
        _row(kind, [item for item in found if item.label.kind == kind], supported=supported)
        for kind, supported in kinds
    ]
    for supported in (True, False):
        chosen = [item for item in found if item.label.supported == supported]
        rows.append(_row(f"all {str(supported).lower()}", chosen, supported=supported))
    return rows


def _row(kind: str, chosen: list[Measured], *, supported: bool) -> Row:
    right = sum(item.kept == supported for item in chosen) / len(chosen)
    return Row(kind, supported, len(chosen), right)


def fit(found: list[Measured]) -> tuple[dict[str, float], float]:
    """Fit the logistic weights to `found`: Newton's method on standardised features."""
    names = list(found[0].features)
    x = np.array([[item.features[name] for name in names] for item in found])
    y = np.array([item.label.supported for item in found], dtype=float)
    mean, spread = x.mean(0), x.std(0) + 1e-9
    z = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    penalty = np.append(np.full(len(names), PENALTY), 1e-9)
    w: NDArray[np.float64] = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ w))
        slope = z.T @ (p - y) + penalty * w
        w -= np.linalg.solve((z.T * (p * (1 - p))) @ z + np.diag(penalty), slope)
    weights = w[:-1] / spread
    return dict(zip(names, weights.tolist(), strict=True)), float(w[-1] - weights @ mean)


def precision_recall(found: list[Measured]) -> tuple[float, float]:
    """Return precision and recall of "kept" for true citations."""
    kept = [item for item in found if item.kept]
    right = sum(item.label.supported for item in kept)
    true = sum(item.label.supported for item in found)
    return right / max(len(kept), 1), right / max(true, 1)


async def main(as_json: bool) -> None:  # noqa: FBT001  # the signature every bench shares
    """Print precision and recall on the labels nothing was fitted on."""
    result = {}
    for split in ("report", "blind"):
        labels = [label for label in load_labels() if label.split == split]
        found = await asyncio.to_thread(measure, labels)
        precision, recall = precision_recall(found)
        cost = 1000 * float(np.median([item.seconds for item in found]))
        embedded = sum(item.plain is None for item in found) / len(found)
        kinds = [asdict(row) for row in table(found)]
        result[split] = {
            "precision": precision,
            "recall": recall,
            "milliseconds": cost,
            "embedded": embedded,
            "kinds": kinds,
        }
        if not as_json:
            _print(split, table(found))
            kept = f"precision {precision:.2f}, recall {recall:.2f}"
            print(f"kept citations: {kept}; {cost:.1f} ms a claim, {embedded:.0%} embedded\n")
    if as_json:
        print(json.dumps(result, indent=2))


def _print(split: str, rows: list[Row]) -> None:
    print(f"citation support, {split}: share judged rightly")
    for row in rows:
        wanted = "keep" if row.supported else "refute"
        print(f"  {row.kind:<14}{wanted:<8}{row.pairs:>4}  {row.right:.2f}")


def print_fit() -> None:
    """Print weights for `bot.support`, fitted on the tuning half."""
    weights, bias = fit(measure(label for label in load_labels() if label.split == "tune"))
    for name, weight in weights.items():
        print(f'    "{name}": {weight:.2f},')
    print(f"BIAS = {bias:.2f}")


if __name__ == "__main__":
    if sys.argv[1:] == ["fit"]:
        print_fit()
    else:
        asyncio.run(main(as_json="--json" in sys.argv))

"""The recipe: a run that was broken off goes on as if it had not been."""

import itertools
import random
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from knowledge.curriculum import curriculum
from knowledge.lesson import SHIPPED
from pocket.facts import Curriculum
from training.batches import IGNORED, exchanges, pages
from training.corpus import Corpus
from training.examples import Examples
from training.loop import Course, train
from training.tokens import END_OF_TURN, SIZE, id_of, train_tokenizer

SMALL = LlamaConfig(
    vocab_size=SIZE,
    hidden_size=32,
    intermediate_size=32,
    num_hidden_layers=1,
    num_attention_heads=2,
    num_key_value_heads=1,
    tie_word_embeddings=True,
)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(curriculum([SHIPPED]).lessons, Curriculum())


def begun() -> LlamaForCausalLM:
    torch.manual_seed(3)
    return LlamaForCausalLM(SMALL)


def test_a_run_goes_on_from_its_checkpoint_with_the_batches_it_would_have_had(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(1)
    tokenizer = train_tokenizer(corpus.page(rng) for _ in range(200))
    batches, course = pages(corpus, tokenizer, 2, "7"), Course(6, 1e-3)
    monkeypatch.setattr("training.loop.CHECKPOINT_EVERY", 2)
    (tmp_path / "whole").mkdir()
    (tmp_path / "broken").mkdir()
    whole = begun()
    train(whole, batches, course, tmp_path / "whole", lambda _: None)

    class Broken(Exception):
        pass

    def breaking(step: int) -> object:
        if step == 4:
            raise Broken
        return batches(step)

    with pytest.raises(Broken):
        train(begun(), breaking, course, tmp_path / "broken", lambda _: None)  # type: ignore[arg-type]  # raises
    resumed = begun()
    told: list[str] = []
    diary = train(resumed, batches, course, tmp_path / "broken", told.append)
    assert told[0] == "goes on from step 4"
    assert diary.tokens == 6 * 2 * 256
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_only_what_the_model_is_to_write_is_learnt(corpus: Corpus) -> None:
    """Each exchange is whole in its row; its labels begin after the assistant's mark."""
    rng = random.Random(1)
    tokenizer = train_tokenizer(corpus.page(rng) for _ in range(200))
    batch = exchanges(Examples(Curriculum()).instruct, tokenizer, 3, "seed")(0)
    learnt = batch.labels != IGNORED
    assert torch.equal(batch.labels[learnt], batch.tokens[learnt])
    ends = int((batch.labels == id_of(tokenizer, END_OF_TURN)).sum())
    assert ends == batch.examples
    assert batch.positions is not None
    assert int(batch.positions[:, 0].max()) == 0
    text = tokenizer.decode(batch.tokens[0][learnt[0]].tolist(), skip_special_tokens=False)
    assert "<|user|>" not in text


def test_a_bare_question_is_followed_by_the_end_of_its_line_on_half_of_the_pages(
    corpus: Corpus,
) -> None:
    rng = random.Random(1)
    tokenizer = train_tokenizer(corpus.page(rng) for _ in range(200))
    mark, line = tokenizer.token_to_id("?"), tokenizer.encode("\n").ids[0]

    def followed(*, apart: bool) -> int:
        tokens = pages(corpus, tokenizer, 30, "7", apart=apart)(0).tokens.flatten().tolist()
        return sum(one == mark and after == line for one, after in itertools.pairwise(tokens))

    assert followed(apart=False) == 0
    assert followed(apart=True) > 20

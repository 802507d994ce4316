"""How much memory a model needs: worked examples, published files, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calculators import vram
from bot.errors import FigureInvalid
from knowledge.hardware import Architecture, read_hardware

HARDWARE = read_hardware()


def test_llama_31_8b_in_4_bits_at_8192_tokens_is_the_worked_example() -> None:
    wanted = vram.load(HARDWARE, "llama-3.1-8b")
    needed = vram.memory(wanted)
    assert needed.weights == pytest.approx(8.03e9 * 4.8944 / 8)
    # A token: keys and values, 32 layers, 8 heads of 128, 2 bytes: 128 KiB; 8192 of them: 1 GiB.
    assert needed.cache == 1 << 30
    assert needed.whole == pytest.approx(4.913e9 + (1 << 30) + 1e9, rel=1e-3)


@pytest.mark.parametrize("model", HARDWARE.models, ids=lambda model: model.name)
def test_weights_are_within_a_tenth_of_the_published_file(model: Architecture) -> None:
    wanted = vram.load(HARDWARE, model.name, bits=model.published.stored)
    size = vram.memory(wanted).weights / 1e9
    assert size == pytest.approx(model.published.gigabytes, rel=0.1)


def test_at_least_ten_models_are_held_against_their_files() -> None:
    assert len(HARDWARE.models) >= 10


@given(
    st.floats(0.1, 1000),
    st.integers(1, 1_000_000),
    st.integers(1, 64),
    st.sampled_from(list(vram.CACHE_BITS)),
)
def test_twice_the_context_or_the_requests_is_twice_the_cache(
    parameters: float, context: int, together: int, cache: str
) -> None:
    def need(context: int, together: int) -> vram.Memory:
        return vram.memory(
            vram.load(HARDWARE, str(parameters), context=context, cache=cache, together=together)
        )

    once = need(context, together)
    assert need(2 * context, together).cache == pytest.approx(2 * once.cache)
    assert need(context, 2 * together).cache == pytest.approx(2 * once.cache)
    assert need(2 * context, together).weights == once.weights


def test_a_card_fits_from_what_is_needed_on() -> None:
    fitting = [card for card in HARDWARE.cards if vram.Memory(12e9, 0, 0).fits(card)]
    assert min(card.gigabytes for card in fitting) == 12  # 12 GB of memory are 12.9 billion bytes


def test_a_number_of_parameters_says_whose_layers_it_borrows() -> None:
    wanted = vram.load(HARDWARE, "9b", bits="4.5")
    told = "\n".join(vram.told(wanted, vram.memory(wanted), HARDWARE))
    assert "weights 5.1 GB = 9 billion × 4.50 bits (4.5 bits) ÷ 8" in told
    assert "the cache is that of Qwen3 8B" in told


def test_more_context_than_a_model_was_made_for_is_said() -> None:
    wanted = vram.load(HARDWARE, "Mistral 7B", context=100_000)
    told = "\n".join(vram.told(wanted, vram.memory(wanted), HARDWARE))
    assert "Mistral 7B was made for at most 32,768 tokens of context." in told


@pytest.mark.parametrize(
    ("model", "figures", "said"),
    [
        ("no such model", {}, "Name the billions"),
        ("0", {}, "must lie between"),
        ("-8", {}, "Name the billions"),
        ("1e99", {}, "Name the billions"),
        ("8", {"bits": "many"}, "Bits a weight are a number"),
        ("8", {"bits": "nan"}, "must lie between"),
        ("8", {"bits": "64"}, "must lie between"),
        ("8", {"context": 0}, "must lie between"),
        ("8", {"together": 0}, "must lie between"),
        ("8", {"cache": "f32"}, "one of f16, q8_0, q4_0"),
    ],
)
def test_what_cannot_be_reckoned_with_is_a_sentence(
    model: str, figures: dict[str, Any], said: str
) -> None:
    with pytest.raises(FigureInvalid, match=said):
        vram.load(HARDWARE, model, **figures)

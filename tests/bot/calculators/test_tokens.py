"""How a tokenizer cuts a text: all of it comes back, each part with its tokens."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from bot.calculators import tokens
from bot.calculators.tokens import Tokenizers, pieces, told
from bot.errors import FigureInvalid
from bot.settings import Settings


@pytest.fixture(scope="module")
def bytewise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a tokenizer that makes a token of each byte."""
    letters = pre_tokenizers.ByteLevel.alphabet()
    made = Tokenizer(models.BPE({letter: n for n, letter in enumerate(sorted(letters))}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    path = tmp_path_factory.mktemp("tokenizers") / "bytewise.json"
    made.save(str(path))
    return path


@pytest.fixture(scope="module")
def at_hand(bytewise: Path) -> Tokenizers:
    """Return the embedder's tokenizer beside one in the folder."""
    shipped = Tokenizers.at_hand(Settings())
    return Tokenizers(shipped._shipped, bytewise.parent)


@given(text=st.text(min_size=1, max_size=200))
@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "bytewise"])
def test_the_pieces_are_the_text_and_hold_every_token(
    at_hand: Tokenizers, name: str, text: str
) -> None:
    cut = at_hand.cut(text, name)
    found = pieces(cut)
    assert "".join(piece.text for piece in found) == cut.text
    assert sum(piece.tokens for piece in found) == len(cut.tokens)


def test_a_character_of_several_bytes_is_one_piece_of_several_tokens(at_hand: Tokenizers) -> None:
    cut = at_hand.cut("a🙂é", "bytewise")
    assert [(piece.text, piece.tokens) for piece in pieces(cut)] == [("a", 1), ("🙂", 4), ("é", 2)]
    assert next(iter(told(cut))) == "7 tokens by bytewise, for 3 characters and 7 bytes."


def test_the_embedding_models_own_is_the_first_and_cuts_long_texts_whole(
    at_hand: Tokenizers,
) -> None:
    assert at_hand.names() == ("all-MiniLM-L6-v2", "bytewise")
    assert len(at_hand.cut("word " * 2000).tokens) == 2000  # the model itself reads 256 of them


def test_half_a_character_is_none(at_hand: Tokenizers) -> None:
    assert at_hand.cut("a\ud83d").text == "a?"


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("", "", "Give a text"),
        ("a" * (tokens.LONGEST + 1), "", "longer than 20,000"),
        ("a", "../../etc/passwd", "no tokenizer of this name"),
        ("a", "no such", "At hand: all-MiniLM-L6-v2, bytewise"),
    ],
)
def test_what_cannot_be_cut_is_a_sentence(
    at_hand: Tokenizers, text: str, name: str, said: str
) -> None:
    with pytest.raises(FigureInvalid, match=said):
        at_hand.cut(text, name)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"version": "1.0"}'])
def test_a_file_that_is_no_tokenizer_is_a_sentence(
    at_hand: Tokenizers, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    with pytest.raises(FigureInvalid, match=r"is no tokenizer\.json"):
        at_hand.cut("a", path=path)
    with pytest.raises(FigureInvalid, match="cannot be read"):
        at_hand.cut("a", path=tmp_path / "absent.json")

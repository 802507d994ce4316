"""Tokens: how a named tokenizer cuts a text.

At hand are the embedding model's, each `tokenizer.json` in the data folder's `tokenizers/`, and in
the terminal any by its path. The format is that of Hugging Face's tokenizers library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import FigureInvalid
from bot.settings import Settings
from knowledge.identity import locate

LONGEST = 20_000
"""Characters of a text."""
LARGEST = 64 << 20
"""Bytes of a tokenizer's file."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its number and name in the vocabulary, and the part of the text it stands for.

    Tokens of bytes may share a character; then each has the whole of it.
    """

    id: int
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A text as the tokenizer `by` cuts it, without the markers that a model adds."""

    by: str
    text: str
    tokens: tuple[Token, ...]
    vocabulary: int


class Tokenizers:
    """The tokenizers at hand: files by name, and the folder an organiser puts more into."""

    def __init__(self, shipped: Mapping[str, Path], folder: Path) -> None:
        self._shipped = {name: path for name, path in shipped.items() if path.is_file()}
        self._folder = folder

    @classmethod
    def at_hand(cls, settings: Settings) -> Tokenizers:
        """Return the embedding model's, and those in the data folder."""
        name, source = locate(settings.embedding_model)
        shipped = {Path(name).name: Path(source) / "tokenizer.json"}
        return cls(shipped, settings.data_dir / "tokenizers")

    def names(self) -> tuple[str, ...]:
        """Return what can be asked for; the first is taken where nothing is. Blocks."""
        own = sorted(path.stem for path in self._folder.glob("*.json"))
        return tuple(dict.fromkeys((*self._shipped, *own)))

    def cut(self, text: str, name: str = "", path: Path | None = None) -> Cut:
        """Cut a text, by the tokenizer of a name or of a file. Blocks. Raises FigureInvalid."""
        text = text.encode("utf-8", "replace").decode()  # half a character is none
        if not text:
            raise FigureInvalid("Give a text to cut.")
        if len(text) > LONGEST:
            raise FigureInvalid(f"The text is longer than {LONGEST:,} characters.")
        if path is None:
            name, path = self._find(name)
        tokenizer = _read(path)
        found = tokenizer.encode(text, add_special_tokens=False)
        cut = zip(found.ids, found.tokens, found.offsets, strict=True)
        tokens = tuple(Token(number, word, start, end) for number, word, (start, end) in cut)
        return Cut(name or path.stem, text, tokens, tokenizer.get_vocab_size())

    def _find(self, name: str) -> tuple[str, Path]:
        own = {path.stem: path for path in self._folder.glob("*.json")}
        known = {**own, **self._shipped}
        names = self.names()
        wanted = name.strip() or (names[0] if names else "")
        if wanted not in known:
            at_hand = ", ".join(names) or "none"
            raise FigureInvalid(f"There is no tokenizer of this name. At hand: {at_hand}.")
        return wanted, known[wanted]


def _read(path: Path) -> Any:
    from tokenizers import Tokenizer  # noqa: PLC0415  only this needs it

    try:
        content = path.read_text("utf-8") if path.stat().st_size <= LARGEST else ""
        tokenizer = Tokenizer.from_str(content)
    except Exception as error:  # noqa: BLE001  the library raises this very class
        cause = "cannot be read" if isinstance(error, OSError) else "is no tokenizer.json"
        raise FigureInvalid(f"The file of the tokenizer {cause}.") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def told(cut: Cut) -> Iterator[str]:
    """Say how many tokens a text is, a line at a time."""
    characters, count = len(cut.text), len(cut.tokens)
    size = len(cut.text.encode())
    yield f"{count:,} tokens by {cut.by}, for {characters:,} characters and {size:,} bytes."
    if count:
        yield f"{characters / count:.2f} characters a token; its vocabulary has {cut.vocabulary:,}."


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text and how many tokens it is: several where one character is more than one.

    None is what the tokenizer leaves out, such as the spaces between words for some.
    """

    text: str
    tokens: int


def pieces(cut: Cut) -> tuple[Piece, ...]:
    """Return the whole text in parts, in its order."""
    found: list[Piece] = []
    at = 0
    for token in cut.tokens:
        if token.start > at:
            found.append(Piece(cut.text[at : token.start], 0))
        new = cut.text[max(at, token.start) : token.end]
        if new or not found:
            found.append(Piece(new, 1))
        else:
            found[-1] = Piece(found[-1].text, found[-1].tokens + 1)
        at = max(at, token.end)
    rest = cut.text[at:]
    return tuple(found) if not rest else (*found, Piece(rest, 0))

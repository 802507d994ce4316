"""The tokenizer: a byte-level BPE of the corpus, with single digits and tokens for turns."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SIZE = 1536
END_OF_PAGE = "<|endoftext|>"
END_OF_TURN = "<|end|>"
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
THINK = ("<think>", "</think>")

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""Qwen2's way to cut text before merging: each digit alone. Importers of models (llama.cpp,
Ollama) know it by its hash, so that the exported toys are tokenized there as they are here."""

_TURN = (
    "{% for turn in messages %}<|{{ turn.role }}|>\n"
    "{% THOUGHT %}{{ turn.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% SWITCH %}{% endif %}"
)
_THOUGHT = "{% if turn.thinking %}<think>{{ turn.thinking }}</think>{% endif %}"
_SWITCH = (
    "{% if enable_thinking is defined %}"
    "{% if enable_thinking %}<think>{% else %}<think></think>{% endif %}{% endif %}"
)


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Return a tokenizer whose merges are those of `texts`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        show_progress=False,
        special_tokens=[END_OF_PAGE, END_OF_TURN, *ROLES, *THINK],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def id_of(tokenizer: Tokenizer, token: str) -> int:
    """Return the id of a token that is there."""
    found = tokenizer.token_to_id(token)
    if found is None:
        raise KeyError(token)
    return int(found)


def chat_template(*, thinks: bool) -> str:
    """Return the chat template (Jinja); one that thinks has a switch for it."""
    return _TURN.replace("{% THOUGHT %}", _THOUGHT if thinks else "").replace(
        "{% SWITCH %}", _SWITCH if thinks else ""
    )


def write_tokenizer(tokenizer: Tokenizer, folder: Path, *, chats: bool, thinks: bool) -> None:
    """Write the files by which transformers and importers know the tokenizer."""
    whole = json.loads(tokenizer.to_str())
    for token in whole["added_tokens"]:
        token["special"] = token["content"] not in THINK  # importers show these as text
    (folder / "tokenizer.json").write_text(json.dumps(whole, ensure_ascii=False), "utf-8")
    told = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 512,
        "bos_token": None,
        "eos_token": END_OF_TURN if chats else END_OF_PAGE,
        "pad_token": END_OF_PAGE,
        "add_bos_token": False,
        "clean_up_tokenization_spaces": False,
    }
    if chats:
        told["chat_template"] = chat_template(thinks=thinks)
    text = json.dumps(told, indent=2) + "\n"
    (folder / "tokenizer_config.json").write_text(text, "utf-8")

"""What is shipped of a trained stage: half-precision weights, config, tokenizer."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer
from transformers import LlamaForCausalLM
from transformers.utils import logging as transformers_logging

from training.tokens import write_tokenizer


def publish(model: LlamaForCausalLM, tokenizer: Tokenizer, folder: Path, stage: str) -> None:
    """Write a stage's files into `folder`, as transformers and importers of models read them."""
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # ships no types
    folder.mkdir(parents=True, exist_ok=True)
    half = LlamaForCausalLM(model.config)
    half.load_state_dict(model.state_dict())
    half.half().save_pretrained(folder)  # type: ignore[no-untyped-call]  # ships no types
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config["rope_theta"] = config["rope_parameters"]["rope_theta"]  # where older readers look
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    write_tokenizer(tokenizer, folder, chats=stage != "base", thinks=stage == "reasoning")

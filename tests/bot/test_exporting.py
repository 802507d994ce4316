"""Exported toys: folders that transformers loads, with a Modelfile that says what the bot says."""

import re
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from bot.engines.pocket import PocketEngine, tag_of
from bot.errors import ToysUnusable
from bot.exporting import export
from bot.model import Message, ModelEntry, Sampling


def go(template: str, messages: list[Message], *, think: bool | None) -> str:
    """Render the few forms of Go's templates that the Modelfiles use, as Ollama would."""
    head, body, tail = re.fullmatch(
        r"(?s)(\{\{- range \.Messages \}\})(.*)\{\{ end \}\}(<\|assistant\|>.*)", template
    ).groups()  # type: ignore[union-attr]  # a template of another form fails the test
    assert head
    body = re.sub(r"\{\{ if \.Thinking \}\}.*?\{\{ end \}\}", "", body)  # no turn here has any
    said = "".join(
        body.replace("{{ .Role }}", turn.role).replace("{{ .Content }}", turn.content)
        for turn in messages
    )
    switch = re.search(
        r"\{\{ if \.IsThinkSet \}\}\{\{ if \.Think \}\}"
        r"(.*?)\{\{ else \}\}(.*?)\{\{ end \}\}\{\{ end \}\}",
        tail,
    )
    if switch:
        tail = tail[: switch.start()] + (switch[1] if think else switch[2])
    return said + tail


async def test_every_folder_loads_and_its_templates_render_what_the_bot_sends(
    tmp_path: Path,
) -> None:
    turns = [Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "What is {x}?")]
    engine = PocketEngine()
    try:
        for folder in export(tmp_path):
            model = AutoModelForCausalLM.from_pretrained(folder)
            tokenizer = AutoTokenizer.from_pretrained(folder)
            assert model.config.vocab_size == len(tokenizer)
            text = (folder / "Modelfile").read_text("utf-8")
            template = re.search(r'(?s)TEMPLATE """(.*?)"""', text)[1]  # type: ignore[index]  # as above
            assert text.startswith("FROM .\n")
            if folder.name == "base":
                assert template == "{{ .Prompt }}"
                assert tokenizer.chat_template is None
                continue
            thinks = folder.name == "reasoning"
            assert ("{{ .Thinking }}" in template) is thinks
            for think in (True, False) if thinks else (False,):
                entry = ModelEntry(tag_of(folder.name), "pocket", 512)
                sent = await engine.render(entry, turns, think=think, sampling=Sampling(9))
                assert go(template, turns, think=think) == sent
                switch: dict[str, Any] = {"enable_thinking": think} if thinks else {}
                told = [{"role": turn.role, "content": turn.content} for turn in turns]
                assert sent == tokenizer.apply_chat_template(
                    told, tokenize=False, add_generation_prompt=True, **switch
                )
    finally:
        await engine.aclose()


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ToysUnusable, match="cannot be written"):
        export(tmp_path / "file")

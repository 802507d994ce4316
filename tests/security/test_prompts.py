"""S6, S8: what a model is told holds no secret, and nobody's text gets out of its fences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.memory import Turn
from bot.prompting import answer_prompt, rewrite_prompt
from bot.settings import Settings
from knowledge.passages import Hit, Passage
from prompts.loader import load_prompt
from tests.security.injections import INJECTIONS

ROOT = Path(__file__).parents[2]
CANARY = "canary-7f3a"
SECRET = re.compile(
    r"[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"  # a bot token
    r"|(?:api[_-]?key|secret|password|token)\s*[:=]\s*['\"]?[\w-]{12,}"
    r"|-----BEGIN|AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,}|sk-\w{20,}",
    re.IGNORECASE,
)
BOUNDARY = re.compile(r"marked ([0-9a-f]{16})")


def hit(text: str) -> Hit:
    """Return a passage with this text."""
    return Hit(Passage("fox#den", "fox", "The fox", "The den", (), "den", text), 0.9)


def test_s6_there_are_at_least_sixty_injections() -> None:
    assert len(set(INJECTIONS)) >= 60


@pytest.mark.parametrize("text", INJECTIONS)
def test_s6_an_injection_stays_data_wherever_it_stands(text: str) -> None:
    """In question, earlier turn and passage: whole, unevaluated, inside fences; never a rule."""
    text = text.encode("utf-8", "ignore").decode()
    prompt = answer_prompt(
        text, (Turn("user", text),), (hit(f"{CANARY} {text}"),), num_ctx=8192, num_predict=800
    )
    system, user = prompt.messages
    assert (system.role, user.role) == ("system", "user")
    assert system.content == load_prompt("answer_rules")
    found = BOUNDARY.search(user.content)
    assert found is not None
    mark = found[1]
    assert mark not in text
    assert f"<question {mark}>\n{text}\n</question {mark}>" in user.content
    assert f"{CANARY} {text}\n</passage {mark}>" in user.content
    assert user.content.count(mark) == 1 + 3 * 2
    # Our own rules stand after everything that others wrote.
    assert user.content.rindex("Answer the question") > user.content.rindex(f"</question {mark}>")


def test_s6_no_two_prompts_share_a_boundary() -> None:
    marks = [
        BOUNDARY.search(message.content)
        for _ in range(100)
        for message in rewrite_prompt("Why?", (), num_ctx=4096)[1:]
    ]
    assert len({found[1] for found in marks if found}) == 100


@pytest.mark.parametrize(
    "path", sorted((ROOT / "prompts").rglob("*.md")), ids=lambda path: path.name
)
def test_s8_a_prompt_file_holds_no_secret(path: Path) -> None:
    assert not SECRET.search(path.read_text("utf-8"))


def test_s8_no_setting_reaches_a_prompt() -> None:
    """A token that is set is in no message to the model."""
    settings = Settings(discord_token=CANARY)  # type: ignore[arg-type]  # pydantic makes it a secret
    assert settings.discord_token is not None
    prompt = answer_prompt("Token?", (), (hit("A fox."),), num_ctx=8192, num_predict=800)
    again = rewrite_prompt("Token?", (), num_ctx=8192)
    assert not [m for m in (*prompt.messages, *again) if CANARY in m.content]
    asked = [*(ROOT / "prompts").rglob("*.py"), ROOT / "bot" / "prompting.py"]
    assert not [path for path in asked if "settings" in path.read_text("utf-8")]

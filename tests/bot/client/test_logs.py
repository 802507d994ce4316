"""S18 and observability: the log names requests, and never a token or what somebody wrote."""

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from bot.client.logs import Line
from bot.errors import EngineUnreachable, QuestionInvalid
from bot.reference import begin_request
from tests.bot.client.script import BOT_TOKEN, Script, answering, running_bot, whole
from tests.doubles.discord import FakeDiscord, payloads

CANARY = "canary-words-of-a-member"
ANSWER = "canary-words-of-a-model"


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Read every line as an object of its own."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def conversation(fake: FakeDiscord, tmp_path: Path, script: Script) -> str:
    """Ask by command and by mention, press a button, fail once; return the first footer."""
    fake.token = BOT_TOKEN
    async with running_bot(fake, script, tmp_path):
        ada = fake.member("ada")
        message = await whole(fake, ada.slash("ask", question=f"{CANARY}?"))
        fake.faults.status("PATCH", "@original", 500, times=1)
        await whole(fake, ada.click(message, "Retry"))
        said = ada.mention(f"{CANARY}??")
        await fake.until(
            lambda: any(
                m.payload.get("message_reference", {}).get("message_id") == said.id
                and "Retry" in str(m.payload)
                for m in fake.messages.values()
            )
        )
        return message.text


async def test_s18_no_token_no_member_and_no_message_is_logged_with_debug_on(
    fake: FakeDiscord, tmp_path: Path, log: io.StringIO
) -> None:
    await conversation(fake, tmp_path, Script(answering(f"{ANSWER} [1].")))
    text = log.getvalue()
    assert "answer done" in text
    members = [user for user in fake.users if user != payloads.BOT]
    tokens = [*fake.interactions, BOT_TOKEN, *members]
    assert len(tokens) > 2
    assert not [secret for secret in (*tokens, CANARY, ANSWER) if secret in text]


async def test_s18_even_where_a_library_is_made_to_tell_everything_no_token_is_logged(
    fake: FakeDiscord, tmp_path: Path, log: io.StringIO
) -> None:
    """discord.py prints addresses with interaction tokens, and payloads, below INFO."""
    logging.getLogger("discord").setLevel(logging.DEBUG)
    await conversation(fake, tmp_path, Script(answering("Yes [1].")))
    text = log.getvalue()
    assert "discord.webhook" in text
    assert not [token for token in (*fake.interactions, BOT_TOKEN) if token in text]


async def test_an_answers_lines_carry_the_reference_that_its_footer_shows(
    fake: FakeDiscord, tmp_path: Path, log: io.StringIO
) -> None:
    shown = await conversation(fake, tmp_path, Script(answering("Yes [1].")))
    ended = next(line for line in lines(log) if line["event"] == "answer done")
    assert ended["request_id"] in shown.splitlines()[-1]
    assert {"ts", "level", "logger", "outcome", "duration_s", "model"} <= ended.keys()


async def test_s27_an_error_card_shows_the_reference_of_its_line_and_nothing_else(
    fake: FakeDiscord, tmp_path: Path, log: io.StringIO
) -> None:
    async def broken() -> None:
        raise RuntimeError(f"{CANARY} in /etc/passwd")

    async with running_bot(fake, Script([broken]), tmp_path):
        message = await whole(fake, fake.member("ada").slash("ask", question="Why?"))
    (line,) = [line for line in lines(log) if line["level"] == "ERROR"]
    assert f"Tell an organiser: {line['request_id']}" in message.text
    assert "RuntimeError" in line["exc_info"]
    for forbidden in ("Traceback", "RuntimeError", "/etc", "passwd", CANARY, ".py"):
        assert forbidden not in message.text
    assert CANARY not in log.getvalue()


def test_of_an_exception_the_place_and_the_class_are_told_and_only_our_own_words() -> None:
    """What another library says of its failure may quote what somebody wrote."""

    def told(error: BaseException) -> str:
        record = logging.LogRecord("bot", 40, "x.py", 1, "failed", None, None)
        try:
            try:
                int(CANARY)
            except ValueError as cause:
                raise error from cause
        except BaseException as caught:  # noqa: BLE001  it is what is looked at
            record.exc_info = (type(caught), caught, caught.__traceback__)
        made: str = json.loads(Line().format(record))["exc_info"]
        return made

    text = told(EngineUnreachable("tiny:1b"))
    assert "tiny:1b cannot be reached" in text
    assert "ValueError" in text
    assert "test_logs.py" in text
    assert CANARY not in text
    assert "No space left" in told(OSError(28, "No space left on device"))
    assert CANARY not in told(KeyError(CANARY))
    assert "words" in told(QuestionInvalid("Please ask a question in words."))


@pytest.mark.parametrize(
    "text",
    [
        "PATCH https://discord.com/api/v10/webhooks/12/aW50ZXJ-_x/messages/@original has 200",
        "POST /interactions/34/c2VjcmV0LXRva2Vu/callback?with_response=1",
        "{'id': '1', 'token': 'c2VjcmV0LXRva2Vu', 'type': 2}",
        '{"id": "1", "token": "c2VjcmV0LXRva2Vu", "type": 2}',
        f"Authorization: Bot {BOT_TOKEN}",
    ],
)
def test_s18_tokens_are_cut_out_of_every_line(text: str) -> None:
    record = logging.LogRecord("bot", 20, "x.py", 1, text, None, None)
    line = Line().format(record)
    event = json.loads(line)["event"]
    assert "…" in event
    for token in ("aW50ZXJ-_x", "c2VjcmV0LXRva2Vu", BOT_TOKEN):
        assert token not in line


def test_what_is_logged_outside_of_a_request_has_no_reference(log: io.StringIO) -> None:
    logging.getLogger("bot.test").info("one")
    logging.getLogger("httpx").info("GET http://127.0.0.1 of a library")
    assert [(line["event"], line.get("request_id")) for line in lines(log)] == [("one", None)]


async def test_a_request_is_known_in_the_tasks_it_starts(log: io.StringIO) -> None:
    request = begin_request()
    logging.getLogger("bot.test").info("two")
    assert lines(log)[-1]["request_id"] == request.reference

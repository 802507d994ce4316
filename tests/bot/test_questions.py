"""Questions that a model writes: what is kept, what is dropped and why, over the fake Ollama."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.engines.ollama import OllamaEngine
from bot.engines.patience import Patience
from bot.errors import EngineError, IndexUnavailable
from bot.model import ModelEntry
from bot.questions import Generated, Questions
from bot.queue import FairQueue
from knowledge.embedding import Embedder
from knowledge.lesson import Lesson
from knowledge.passages import Passage, SearchUnavailable, Vectors
from tests.doubles.ollama import FakeModel, FakeOllama, FakeRequest, Fault

TAG = "llama3.2:3b-instruct-q4_K_M"
PASSAGE = "glossary#glossary-agent-tool-calling-and-mcp"
KEY = "a program in which a model chooses tools and steps in a loop"
AGENT: dict[str, Any] = {
    "question": "What is an agent?",
    "answer": KEY,
    "wrong": ["a person who labels data", "a server that stores passages", "a list of votes"],
    "why": "The model itself never runs the tool.",
}


def letter_of(key: str, request: FakeRequest) -> str:
    """Return the letter before `key` in the options that the model reads."""
    found = re.search(rf"^([A-D])\. {re.escape(key)}$", request.prompt, re.MULTILINE)
    return found[1] if found else "NONE"


@dataclass
class Author:
    """The service on a fake model, and what that model writes and chooses."""

    questions: Questions
    fake: FakeOllama
    passage: Passage
    sheet: str = ""
    choice: Callable[[FakeRequest], str] = field(default=lambda request: letter_of(KEY, request))

    def says(self, request: FakeRequest) -> Sequence[str]:
        """Write the sheet, or choose an option."""
        return [self.sheet if "as JSON:" in request.prompt else self.choice(request)]

    async def write(self, *written: dict[str, Any], count: int = 4) -> Generated:
        """Let the model write these."""
        self.sheet = self.sheet or json.dumps({"questions": written})
        return await self.questions.write(self.passage, "m", count)


@pytest.fixture
def passage(shipped: tuple[Lesson, ...]) -> Passage:
    every = (passage for lesson in shipped for passage in lesson.passages)
    return next(passage for passage in every if passage.id == PASSAGE)


@pytest.fixture
async def author(embedder: Embedder, passage: Passage) -> AsyncIterator[Author]:
    async with FakeOllama() as fake:
        engine = OllamaEngine(fake.url, patience=Patience(connect=1.0, first_token=2.0, gap=0.5))
        model = engine.model(ModelEntry(TAG, fake.url, 4096))
        made = Author(Questions(FairQueue(1), model, embedder), fake, passage)
        fake.models[TAG] = FakeModel(TAG, made.says)
        yield made
        await engine.aclose()


async def test_a_sound_question_is_kept_with_the_passage_it_rests_on(author: Author) -> None:
    found = await author.write(AGENT)
    (question,) = found.questions
    assert (question.lesson, question.passage) == ("glossary", PASSAGE)
    assert question.options == (KEY, *AGENT["wrong"])
    assert (question.answer, question.why) == (KEY, AGENT["why"])
    assert found.dropped == ()


async def test_the_model_is_held_to_a_form_and_then_asked_its_own_question_without_one(
    author: Author,
) -> None:
    await author.write(AGENT)
    wrote, chose, again = author.fake.generations
    assert letter_of(KEY, chose) != letter_of(KEY, again)
    assert wrote.body["format"]["properties"]["questions"]["type"] == "array"
    assert not chose.body.get("format")
    assert all(request.body["think"] is False for request in (wrote, chose))
    assert all(author.passage.text in request.prompt for request in (wrote, chose))
    assert KEY in chose.prompt
    assert AGENT["why"] not in chose.prompt.replace(author.passage.text, "")


@pytest.mark.parametrize("choice", [*"ABCDZ", "NONE", "A and B", "", "The answer is an agent."])
async def test_what_the_model_does_not_answer_itself_is_dropped(
    author: Author, choice: str
) -> None:
    author.choice = lambda _request: choice
    found = await author.write(AGENT)
    assert found.questions == ()
    assert "did not choose the answer" in found.dropped[0].reasons[0]


@pytest.mark.parametrize("dressing", ["{}", "({})", "{}.", "**{}**", " {}. and its text\n"])
async def test_a_letter_is_read_however_it_is_dressed(author: Author, dressing: str) -> None:
    author.choice = lambda request: dressing.replace("{}", letter_of(KEY, request))
    assert len((await author.write(AGENT)).questions) == 1


async def test_what_is_unsound_is_dropped_with_every_reason_and_never_asked(
    author: Author,
) -> None:
    false = {**AGENT, "answer": "a model without any weights"}
    found = await author.write(false, AGENT)
    assert [question.text for question in found.questions] == ["What is an agent?"]
    assert "the passage does not say the answer" in found.dropped[0].reasons
    assert len(author.fake.generations) == 3


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"wrong": [KEY.upper(), "b", "c"]}, "two options that say the same"),
        ({"wrong": list("bcdef")}, "needs 2 or 3 wrong options, and has 5"),
        ({"question": "What? " * 60}, "is too long"),
    ],
)
async def test_what_an_author_would_be_told_drops_a_question(
    author: Author, changed: dict[str, Any], reason: str
) -> None:
    found = await author.write({**AGENT, **changed})
    assert found.questions == ()
    assert reason in found.dropped[0].reasons[0]


@pytest.mark.parametrize(
    "sheet",
    ["", "I cannot do that.", '{"questions": [{"question": "Wh', '{"questions": [{"text": "x"}]}'],
)
async def test_what_is_no_sheet_of_questions_is_told_and_nothing_is_kept(
    author: Author, sheet: str
) -> None:
    author.sheet = sheet or " "
    found = await author.write()
    assert found.questions == ()
    assert found.dropped[0].reasons == ("the model wrote no JSON of this form",)


async def test_json_in_a_fence_with_talk_around_it_is_read(author: Author) -> None:
    """As an engine gives it that cannot hold its model to a form."""
    author.sheet = f"Here you are:\n```json\n{json.dumps({'questions': [AGENT]})}\n```\nEnjoy!"
    assert len((await author.write()).questions) == 1


async def test_a_reason_that_is_not_the_passages_own_is_left_out(author: Author) -> None:
    (question,) = (await author.write({**AGENT, "why": "Because I say so."})).questions
    assert question.why == ""


async def test_the_same_question_counts_once_and_no_more_are_taken_than_were_asked_for(
    author: Author,
) -> None:
    assert len((await author.write(AGENT, AGENT)).questions) == 1
    author.sheet = ""
    found = await author.write(*({**AGENT, "question": f"Q{n}"} for n in range(9)), count=2)
    assert len(found.dropped) == 2


async def test_what_hides_or_breaks_lines_never_reaches_a_question(author: Author) -> None:
    wrong = ["a person\nwho labels\u202e data", *AGENT["wrong"][1:]]
    (question,) = (await author.write({**AGENT, "wrong": wrong})).questions
    assert question.options[1] == "a person who labels data"


async def test_a_failing_engine_and_a_missing_embedding_model_are_errors_with_a_sentence(
    author: Author,
) -> None:
    class Missing:
        async def encode(self, texts: Sequence[str]) -> Vectors:  # noqa: ARG002  the port's
            raise SearchUnavailable("The embedding model is missing.")

    author.fake.fail_next(Fault("not_found"))
    with pytest.raises(EngineError):
        await author.write(AGENT)
    lost = Questions(FairQueue(1), author.questions._model, Missing())
    with pytest.raises(IndexUnavailable, match="missing"):
        await lost.write(author.passage, "m")

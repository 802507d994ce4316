"""Added documents: which of their passages become passages of a lesson."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge.added import AddedLesson, AddedPassage, as_lesson
from knowledge.sentences import split_sentences

LAYOUT = st.text(st.sampled_from("-* \n|_"), max_size=400)
"""Rules, list markers and white space: long enough to fill the opening that is looked at first."""


@given(LAYOUT, st.sampled_from(["", "Owls rest.", "…", "\n\n- Foxes"]))
def test_a_passage_is_one_exactly_when_a_sentence_of_it_could_be_quoted(
    layout: str, end: str
) -> None:
    text = f"{layout}{end}" or "-"
    added = AddedLesson.model_validate(
        {"id": "00000001", "server": 1, "title": "T", "source": "a.md", "added": "2026-11-25"}
        | {"passages": (AddedPassage(heading="", path=(), text=text, asks=()),)}
    )
    assert bool(as_lesson(added).passages) == bool(split_sentences(text))

"""Lesson files: what becomes a passage, and how every fault is told to the author."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.lesson import (
    LONGEST_PASSAGE,
    Lesson,
    LessonFaults,
    lesson_folders,
    read_lesson,
    survey,
)
from knowledge.sections import cut_sections

FRONT = """---
title: The fox
order: 3
summary: What a fox is.
tags: [fox]
sources:
  - title: A book of foxes
    url: https://example.org/fox
checked: 2026-01-31
---
"""

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a lesson file and returns its path."""

    def writing(content: str | bytes) -> Path:
        path = tmp_path / "07-fox.md"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return writing


def faults_of(path: Path) -> str:
    """Return every fault of the file, a line each."""
    with pytest.raises(LessonFaults) as found:
        read_lesson(path)
    return "\n".join(found.value.faults)


def texts(lesson: Lesson) -> dict[str, str]:
    """Return the passages' texts by their ids."""
    return {passage.id: passage.text for passage in lesson.passages}


def test_a_lesson_is_read_whole(write: Write) -> None:
    lesson = read_lesson(write(FRONT + "## The den\n\nA fox digs.\n\n### At night\n\nIt hunts.\n"))
    assert (lesson.slug, lesson.title, lesson.order) == ("fox", "The fox", 3)
    assert lesson.sources[0].url == "https://example.org/fox"
    assert str(lesson.checked) == "2026-01-31"
    assert texts(lesson) == {"fox#the-den": "A fox digs.", "fox#at-night": "It hunts."}
    assert lesson.passages[1].path == ("The den",)


def test_every_fault_of_a_file_is_named_at_once(write: Write) -> None:
    told = faults_of(
        write(
            """---
titel: The fox
order: third
summary: ""
tags: [fox]
sources:
  - title: A book
    url: ftp://example.org
checked: 2026-13-45
---
## The den

<!-- asks:
where does it live
-->

A fox digs.

## The den

Again.

## Night

It <!-- hunts.
"""
        )
    )
    for fault in (
        "'title' is missing",
        "'titel' is not a key I know",
        "'order': input should be a valid integer",
        "'summary' is empty",
        "'sources.0.url' must begin with http:// or https://",
        "'checked' must be a date such as 2026-01-31",
        "under 'The den': the question 'where does it live' must begin with '- '",
        "two sections are headed 'The den'",
        "under 'Night': a comment is opened and never closed",
    ):
        assert fault in told
    assert all(line.startswith("07-fox.md: ") for line in told.splitlines())


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("A fox digs.\n", "there is no front matter"),
        ("{\nno json\n}\n", "there is no front matter"),
        ("---\ntitle: The fox\n", "there is no front matter"),
        ("---\n- a list\n---\n## A\n\nx\n", "there is no front matter"),
        ("---\ntitle: a: b\n---\n## A\n\nx\n", "the front matter is not YAML"),
        (FRONT, "there is no text below the front matter"),
        (FRONT + "## A\n\n---\n\n## B\n\n<!-- nothing -->\n", "there is no text"),
        (FRONT + "## A\n\n<!-- asks:\n- why?\n-->\n", "under 'A': there are questions but no text"),
        (FRONT + "## A\n\nx\n\n```\ncode\n\n## B\n\ny\n", "under 'A': a code block is opened"),
        (FRONT + "## 🎉\n\nx\n", "the heading '🎉' needs a letter or a digit"),
        (FRONT.replace("2026-01-31", "31.1.2026") + "x", "'checked' must be a date"),
        (FRONT.replace("What a fox is.", "") + "x", "'summary' is empty"),
        (FRONT.replace("What a fox is.", '"  "') + "x", "'summary' is empty"),
        (b"\xff\xfe\x00", "cannot be read as UTF-8 text"),
    ],
)
def test_a_fault_is_told_in_an_authors_words(
    write: Write, content: str | bytes, fault: str
) -> None:
    assert fault in faults_of(write(content))


@pytest.mark.parametrize("between", ["", "## Other\n\nz\n\n"])
def test_a_heading_that_stands_twice_is_a_fault_also_at_once_below_itself(
    write: Write, between: str
) -> None:
    told = faults_of(write(FRONT + f"## A\n\nx\n\n{between}## A\n\ny\n"))
    assert "two sections are headed 'A'" in told


@pytest.mark.parametrize("fence", ["```", "~~~", "````", "  ```"])
def test_code_is_kept_to_the_character_and_holds_no_heading_or_comment(
    write: Write, fence: str
) -> None:
    """Also three backticks inside four, blank lines in a row, and deep indentation."""
    inner = "~~~\n" if "`" in fence else "```\n"
    inner += "```\n" if fence == "````" else ""
    inner += "## nor this\n<!-- kept -->\nif x:\n\n\n\n\ty  \n"
    code = f"{fence}python\n# no heading\n{inner}{fence}"
    lesson = read_lesson(write(FRONT + f"## A\n\nbefore\n\n{code}\n\nafter\n\n## B\n\nz\n"))
    assert texts(lesson) == {"fox#a": f"before\n\n{code}\n\nafter", "fox#b": "z"}


def test_an_indented_block_at_the_beginning_keeps_its_indentation(write: Write) -> None:
    lesson = read_lesson(write(FRONT + "## A\n\n    one\n      two\n\nend\n"))
    assert texts(lesson) == {"fox#a": "    one\n      two\n\nend"}


def test_questions_are_kept_apart_and_no_comment_reaches_the_text(write: Write) -> None:
    body = "## A\n\n<!-- asks:\n- why?\n- how?\n-->\n\none\n\n<!--\n## Old\n\nnote\n-->\n\ntwo\n"
    (passage,) = read_lesson(write(FRONT + body)).passages
    assert passage.asks == ("why?", "how?")
    assert passage.text == "one\n\ntwo"


def test_a_comment_mark_in_code_is_text(write: Write) -> None:
    lesson = read_lesson(write(FRONT + "## A\n\nWrite `<!--` to begin a comment.\n"))
    assert texts(lesson) == {"fox#a": "Write `<!--` to begin a comment."}


def test_an_anchor_depends_on_its_heading_alone(write: Write) -> None:
    """A new section before it, or another text below it, does not change an id."""
    before = texts(read_lesson(write(FRONT + "## Den & sett, *really*?\n\nx\n")))
    after = texts(
        read_lesson(write(FRONT + "## New\n\nn\n\n## Den & sett, *really*?\n\nquite another\n"))
    )
    assert set(before) == {"fox#den-sett-really"}
    assert set(before) < set(after)


def test_a_long_section_is_cut_into_passages_that_fit(write: Write) -> None:
    """Nothing is lost, code keeps its indentation, and the first id is the heading's."""
    lines = [f"    def fox_{n}(self):\n        return {n}\n" for n in range(200)]
    code = "\n".join(lines)
    prose = " ".join(f"Fox {n} digs a den of its own." for n in range(200))
    lesson = read_lesson(
        write(FRONT + f"## A\n\n<!-- asks:\n- q\n-->\n\n{prose}\n\n```\n{code}```\n")
    )
    parts = [passage.text for passage in lesson.passages]
    assert len(parts) > 5
    assert max(map(len, parts)) <= LONGEST_PASSAGE
    assert "".join("".join(parts).split()) == "".join(f"{prose}```{code}```".split())
    assert all(
        line in f"{prose}\n{code}"
        for part in parts
        for line in part.splitlines()
        if "`" not in line
    )
    assert all("\n    def" in part or "Fox" in part or part.startswith("    def") for part in parts)
    assert [passage.anchor for passage in lesson.passages][:2] == ["a", "a~2"]
    assert {passage.asks for passage in lesson.passages} == {("q",)}


def test_line_ends_and_a_byte_order_mark_do_not_matter(write: Write) -> None:
    content = FRONT + "## A\n\n<!-- asks:\n- q\n-->\n\none\n\n```\n  two\n```\n"
    plain = read_lesson(write(content))
    dressed = read_lesson(write(b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode()))
    assert dressed == plain


def test_the_digest_tells_a_change_of_what_is_indexed(write: Write) -> None:
    content = FRONT + "## A\n\n<!-- asks:\n- q\n-->\n\none\n"
    digest = read_lesson(write(content)).digest
    assert read_lesson(write(content.replace("What a fox is.", "Foxes."))).digest == digest
    for old, new in (("one", "two"), ("- q", "- r"), ("## A", "## B"), ("The fox", "Foxes")):
        assert read_lesson(write(content.replace(old, new))).digest != digest


def test_own_lessons_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "fox.md").write_text(FRONT + "## A\n\nx\n", "utf-8")
    found = survey(lesson_folders(tmp_path))
    assert not found.faults
    assert "fox" in [lesson.slug for lesson in found.lessons]
    assert len(found.lessons) == len(survey(lesson_folders(None)).lessons) + 1


def test_a_survey_names_the_faults_of_all_files_and_keeps_the_good_ones(tmp_path: Path) -> None:
    (tmp_path / "1-fox.md").write_text(FRONT + "## A\n\nx\n", "utf-8")
    (tmp_path / "2-fox.md").write_text(FRONT + "## A\n\nx\n", "utf-8")
    (tmp_path / "3-owl.md").write_text("no front matter", "utf-8")
    (tmp_path / "4-den.md").write_text(FRONT, "utf-8")
    found = survey([tmp_path, tmp_path / "gone"])
    assert [lesson.slug for lesson in found.lessons] == ["fox"]
    told = "\n".join(found.faults)
    for fault in ("2-fox.md: another lesson", "3-owl.md", "4-den.md", "gone: this folder"):
        assert fault in told


@given(
    st.lists(
        st.sampled_from(
            ["# A", "## B", "### C", "text", "", "```", "~~~", "<!-- x -->", "<!--", "-->", "`a`"]
        ),
        max_size=12,
    )
)
def test_no_line_outside_comments_is_lost(lines: list[str]) -> None:
    """Whatever stands in a file, cutting it ends, and every word of text stays in some section."""
    body = "\n".join(lines)
    sections = cut_sections(body, [])
    kept = "\n".join(part for s in sections for part in (*s.headings[-1:], s.text, *s.comments))
    assert kept.count("text") == lines.count("text")

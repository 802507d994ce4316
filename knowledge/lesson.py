"""Lessons: Markdown files with front matter, read into passages or into a list of faults.

A lesson file is `NN-slug.md`: YAML front matter (`title order summary tags
sources checked`) and Markdown below. Each heading opens a citable passage. A
comment `<!-- asks: … -->` under a heading lists questions the passage answers;
they are indexed beside the text. A comment `<!-- quiz: … -->` holds questions for
readers (`knowledge.question`); neither it nor any other comment reaches the index.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler
from langchain_text_splitters import Language, RecursiveCharacterTextSplitter
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.passages import Passage
from knowledge.question import Question, asked_twice, read_questions
from knowledge.sections import cut_sections, trimmed
from knowledge.sentences import split_sentences

SHIPPED = Path(__file__).parent / "lessons"
LONGEST_PASSAGE = 1400
"""Characters; four passages then fit the 6,000 characters a prompt can spare for them."""

_ASKS = re.compile(r"<!--\s*asks:(.*)-->", re.DOTALL)


class Source(BaseModel):
    """Where a fact comes from: a title, and an address when there is a page to open."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    title: str = Field(min_length=1)
    url: str | None = Field(default=None, pattern=r"^https?://")
    note: str | None = None


class _FrontMatter(BaseModel):
    """What stands above the text of a lesson."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: str = Field(min_length=1)
    order: int
    summary: str = Field(min_length=1)
    tags: list[str]
    sources: list[Source] = Field(min_length=1)
    checked: dt.date


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson. `digest` changes whenever anything that is indexed of it changes.

    `server` is the Discord server whose members alone may see it, as each of its passages
    says too; None: everybody. Two servers may each have a lesson of the same slug.
    `questions` are for readers to answer, in the order of the passages.
    """

    slug: str
    title: str
    order: int
    summary: str
    tags: tuple[str, ...]
    sources: tuple[Source, ...]
    checked: dt.date
    passages: tuple[Passage, ...]
    digest: str
    server: int | None = None
    questions: tuple[Question, ...] = ()

    @property
    def names(self) -> tuple[str, str]:
        """What it is called by, in small letters: slug and title."""
        return self.slug.casefold(), self.title.casefold()


def find_lesson(lessons: Iterable[Lesson], text: str) -> Lesson | None:
    """Return the first lesson of this slug or title."""
    wanted = text.strip().casefold()
    return next((lesson for lesson in lessons if wanted in lesson.names), None)


def passages_of(lessons: Iterable[Lesson]) -> dict[str, Passage]:
    """Return the passages of lessons, by id."""
    return {passage.id: passage for lesson in lessons for passage in lesson.passages}


class _TextDates(yaml.SafeLoader):
    """Leaves dates as text, so that a wrong one is a fault like any other."""

    yaml_implicit_resolvers = {  # noqa: RUF012  PyYAML's own way to say it
        first: [kind for kind in kinds if kind[0] != "tag:yaml.org,2002:timestamp"]
        for first, kinds in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class _Handler(YAMLHandler):
    """Reads YAML only: a file that begins with a brace is no lesson either."""

    def load(self, fm: str, **_: object) -> Any:
        """Parse the front matter `fm`."""
        return super().load(fm, Loader=_TextDates)


class LessonFaults(Exception):
    """Lesson files cannot be used; `faults` has a line for each fault of each file."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Survey:
    """What the lesson folders hold: the lessons that can be used, and every fault of the others."""

    lessons: tuple[Lesson, ...]
    faults: tuple[str, ...]


def survey(folders: Iterable[Path]) -> Survey:
    """Read every `*.md` under `folders`; lessons come ordered by `order`, then title."""
    lessons: dict[str, Lesson] = {}
    faults: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            faults.append(f"{folder.name}: this folder of lessons does not exist")
            continue
        for path in sorted(folder.glob("*.md")):
            if path.stem.lower() == "readme":  # a note about the folder is no lesson
                continue
            try:
                lesson = read_lesson(path)
            except LessonFaults as found:
                faults.extend(found.faults)
                continue
            if lesson.slug in lessons:
                faults.append(f"{path.name}: another lesson is already called '{lesson.slug}'")
            else:
                lessons[lesson.slug] = lesson
    ordered = sorted(lessons.values(), key=lambda lesson: (lesson.order, lesson.title))
    return Survey(tuple(ordered), tuple(faults))


def lesson_folders(own: Path | None) -> tuple[Path, ...]:
    """Return the folders lessons come from: the shipped ones, and an organiser's own."""
    return (SHIPPED, own) if own else (SHIPPED,)


def read_lesson(path: Path) -> Lesson:
    """Read one lesson file. Raises LessonFaults naming every fault in it."""
    try:
        raw = path.read_text("utf-8-sig")
        meta, body = frontmatter.parse(raw, handler=_Handler())
    except (OSError, UnicodeDecodeError) as error:
        raise LessonFaults([f"{path.name}: cannot be read as UTF-8 text ({error})"]) from error
    except yaml.YAMLError as error:
        where = str(error).replace("\n", " ")
        raise LessonFaults([f"{path.name}: the front matter is not YAML: {where}"]) from error
    if not meta:
        raise LessonFaults(
            [
                f"{path.name}: there is no front matter; the file must begin with a line '---', "
                "then lines such as 'title: …', then another line '---'"
            ]
        )
    faults: list[str] = []
    front = _front_matter(meta, faults)
    slug = re.sub(r"^\d+[-_]", "", path.stem)
    passages, questions = _passages(slug, front.title if front else slug, body, faults)
    if front is None or faults:
        raise LessonFaults([f"{path.name}: {fault}" for fault in faults])
    return Lesson(
        slug=slug,
        title=front.title,
        order=front.order,
        summary=front.summary,
        tags=tuple(front.tags),
        sources=tuple(front.sources),
        checked=front.checked,
        passages=passages,
        digest=hashlib.sha256(repr(passages).encode()).hexdigest(),
        questions=questions,
    )


def _front_matter(meta: dict[str, object], faults: list[str]) -> _FrontMatter | None:
    try:
        return _FrontMatter.model_validate(meta)
    except ValidationError as error:
        for fault in error.errors():
            name = ".".join(str(part) for part in fault["loc"])
            kind = "too_short" if fault["input"] is None else fault["type"]
            faults.append(f"front matter: {_in_plain_words(name, kind, fault['msg'])}")
        return None


def _in_plain_words(name: str, kind: str, message: str) -> str:
    """Say what is wrong with the key `name` as an author would."""
    if kind.startswith("date"):
        return f"'{name}' must be a date such as 2026-01-31"
    if kind == "missing":
        return f"'{name}' is missing"
    if kind == "extra_forbidden":
        return f"'{name}' is not a key I know"
    if kind in ("string_too_short", "too_short"):
        return f"'{name}' is empty"
    if kind == "string_pattern_mismatch":
        return f"'{name}' must begin with http:// or https://"
    return f"'{name}': {message[0].lower()}{message[1:]}"


def _passages(
    slug: str, title: str, body: str, faults: list[str]
) -> tuple[tuple[Passage, ...], tuple[Question, ...]]:
    """Cut `body` at its headings; long sections are cut again at paragraphs."""
    passages: list[Passage] = []
    questions: list[Question] = []
    anchors: set[str] = set()
    for section in cut_sections(body, faults):
        heading = section.headings[-1] if section.headings else title
        anchor = _anchor(heading)
        asks = _asks(heading, section.comments, faults)
        text = trimmed(section.text)
        if not split_sentences(text):  # also where there is nothing but a rule
            if asks:
                faults.append(f"under '{heading}': there are questions but no text")
            read_questions(heading, section.comments, (), faults)
            continue
        if not anchor:
            faults.append(f"the heading '{heading}' needs a letter or a digit")
        if anchor in anchors:
            faults.append(f"two sections are headed '{heading}'; each needs a heading of its own")
        anchors.add(anchor)
        parts = [
            Passage(
                id=f"{slug}#{name}",
                lesson=slug,
                lesson_title=title,
                heading=heading,
                path=section.headings[:-1],
                anchor=name,
                text=part,
                asks=asks,
            )
            for name, part in _named(anchor, _parts(text))
        ]
        passages.extend(parts)
        questions.extend(read_questions(heading, section.comments, parts, faults))
    if not passages:
        faults.append("there is no text below the front matter")
    faults.extend(asked_twice(questions))
    return tuple(passages), tuple(questions)


def _asks(heading: str, comments: Iterable[str], faults: list[str]) -> tuple[str, ...]:
    asks: list[str] = []
    for found in filter(None, map(_ASKS.fullmatch, comments)):
        for line in filter(None, map(str.strip, found[1].splitlines())):
            if line.startswith("- ") and line[2:].strip():
                asks.append(line[2:].strip())
            else:
                faults.append(f"under '{heading}': the question '{line}' must begin with '- '")
    return tuple(asks)


def _parts(text: str) -> list[str]:
    if len(text) <= LONGEST_PASSAGE:
        return [text]
    # White space is kept while cutting: it is what code is indented with.
    splitter = RecursiveCharacterTextSplitter.from_language(
        Language.MARKDOWN, chunk_size=LONGEST_PASSAGE, chunk_overlap=0, strip_whitespace=False
    )
    parts = map(trimmed, splitter.split_text(text))
    return [part for part in parts if split_sentences(part)]


def _named(anchor: str, parts: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Name the parts of a section: the first is the heading's own."""
    return zip([anchor, *(f"{anchor}~{n}" for n in range(2, len(parts) + 1))], parts, strict=True)


def _anchor(heading: str) -> str:
    """Return the anchor GitHub gives a heading: lower case, words joined by hyphens."""
    words = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"\s+", "-", words.strip())

"""Lessons: Markdown files with front matter, read into passages or into a list of faults.

A lesson file is `NN-slug.md`: YAML front matter (`title order summary tags
sources checked`) and Markdown below. Each heading opens a citable passage. A
comment `<!-- asks: … -->` under a heading lists questions the passage answers;
they are indexed beside the text. No other comment reaches the index.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import frontmatter
import yaml
from langchain_text_splitters import (
    ExperimentalMarkdownSyntaxTextSplitter,
    Language,
    RecursiveCharacterTextSplitter,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.passages import Passage

SHIPPED = Path(__file__).parent / "lessons"
LONGEST_PASSAGE = 1400
"""Characters; four passages then fit the 6,000 characters a prompt can spare for them."""

_LEVELS = [("#" * n, f"h{n}") for n in range(1, 5)]
_ASKS = re.compile(r"<!--\s*asks:(.*?)-->", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)


class Source(BaseModel):
    """Where a fact comes from: a title, and an address when there is a page to open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1)
    url: str | None = Field(default=None, pattern=r"^https?://")
    note: str | None = None


class _FrontMatter(BaseModel):
    """What stands above the text of a lesson."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1)
    order: int
    summary: str = Field(min_length=1)
    tags: list[str]
    sources: list[Source] = Field(min_length=1)
    checked: dt.date


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson. `digest` changes whenever anything that is indexed of it changes."""

    slug: str
    title: str
    order: int
    summary: str
    tags: tuple[str, ...]
    sources: tuple[Source, ...]
    checked: dt.date
    passages: tuple[Passage, ...]
    digest: str


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
            faults.append(f"{folder}: this folder of lessons does not exist")
            continue
        for path in sorted(folder.glob("*.md")):
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
        meta, body = frontmatter.parse(raw)
    except (OSError, UnicodeDecodeError) as error:
        raise LessonFaults([f"{path.name}: cannot be read as UTF-8 text ({error})"]) from error
    except yaml.YAMLError as error:
        where = str(error).replace("\n", " ")
        raise LessonFaults([f"{path.name}: the front matter is not YAML: {where}"]) from error
    if not meta:
        raise LessonFaults(
            [f"{path.name}: there is no front matter; the file must begin with a line '---'"]
        )
    faults: list[str] = []
    front = _front_matter(meta, faults)
    slug = re.sub(r"^\d+[-_]", "", path.stem)
    passages = _passages(slug, front.title if front else slug, body, faults)
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
    )


def _front_matter(meta: dict[str, object], faults: list[str]) -> _FrontMatter | None:
    try:
        return _FrontMatter.model_validate(meta)
    except ValidationError as error:
        for fault in error.errors():
            name = ".".join(str(part) for part in fault["loc"])
            faults.append(f"front matter: {_in_plain_words(name, fault['type'], fault['msg'])}")
        return None


def _in_plain_words(name: str, kind: str, message: str) -> str:
    """Say what is wrong with the key `name` as an author would."""
    if kind == "missing":
        return f"'{name}' is missing"
    if kind == "extra_forbidden":
        return f"'{name}' is not a key I know"
    if kind in ("string_too_short", "too_short"):
        return f"'{name}' is empty"
    if kind == "string_pattern_mismatch":
        return f"'{name}' must begin with http:// or https://"
    return f"'{name}': {message[0].lower()}{message[1:]}"


def _passages(slug: str, title: str, body: str, faults: list[str]) -> tuple[Passage, ...]:
    """Cut `body` at its headings; long sections are cut again at paragraphs."""
    passages: list[Passage] = []
    anchors: set[str] = set()
    for headings, section in _sections(body):
        heading = headings[-1] if headings else title
        anchor = _anchor(heading)
        asks = _asks(heading, section, faults)
        text = _without_comments(section).strip()
        if "<!--" in _FENCED.sub("", text):
            faults.append(f"under '{heading}': a comment is opened and never closed with '-->'")
        if not text:
            if asks:
                faults.append(f"under '{heading}': there are questions but no text")
            continue
        if anchor in anchors:
            faults.append(f"two sections are headed '{heading}'; each needs a heading of its own")
        anchors.add(anchor)
        for number, part in enumerate(_parts(text), start=1):
            name = anchor if number == 1 else f"{anchor}~{number}"
            passages.append(
                Passage(
                    id=f"{slug}#{name}",
                    lesson=slug,
                    lesson_title=title,
                    heading=heading,
                    path=headings[:-1],
                    anchor=name,
                    text=part,
                    asks=asks,
                )
            )
    if not passages:
        faults.append("there is no text below the front matter")
    return tuple(passages)


def _sections(body: str) -> list[tuple[tuple[str, ...], str]]:
    """Return (headings from the outermost in, text) in order; fences never hold headings."""
    splitter = ExperimentalMarkdownSyntaxTextSplitter(_LEVELS)
    sections: list[tuple[tuple[str, ...], str]] = []
    for document in splitter.split_text(body.replace("\r\n", "\n")):
        headings = tuple(document.metadata[key] for _, key in _LEVELS if key in document.metadata)
        if sections and sections[-1][0] == headings:  # the splitter sets code apart
            sections[-1] = (headings, sections[-1][1] + document.page_content)
        else:
            sections.append((headings, document.page_content))
    return sections


def _asks(heading: str, section: str, faults: list[str]) -> tuple[str, ...]:
    asks: list[str] = []
    for block in _ASKS.findall(section):
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        for line in lines:
            if line.startswith("- ") and line[2:].strip():
                asks.append(line[2:].strip())
            else:
                faults.append(f"under '{heading}': the question '{line}' must begin with '- '")
    return tuple(asks)


def _without_comments(section: str) -> str:
    """Drop HTML comments outside code fences, so that nothing hidden is indexed."""
    kept: list[str] = []
    end = 0
    for fence in _FENCED.finditer(section):
        kept.append(_COMMENT.sub("", section[end : fence.start()]))
        kept.append(fence.group())
        end = fence.end()
    kept.append(_COMMENT.sub("", section[end:]))
    return re.sub(r"\n{3,}", "\n\n", "".join(kept))


def _parts(text: str) -> list[str]:
    if len(text) <= LONGEST_PASSAGE:
        return [text]
    splitter = RecursiveCharacterTextSplitter.from_language(
        Language.MARKDOWN, chunk_size=LONGEST_PASSAGE, chunk_overlap=0
    )
    return splitter.split_text(text)


def _anchor(heading: str) -> str:
    """Return the anchor GitHub gives a heading: lower case, words joined by hyphens."""
    words = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"\s+", "-", words.strip())

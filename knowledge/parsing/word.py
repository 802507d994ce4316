"""Word documents (docx): a zip of which two members are read, within bounds, as XML.

The XML parser is expat itself: it refuses any document type, so that there are no entities to
expand or to fetch, and it keeps no tree.
"""

from __future__ import annotations

import encodings.cp437  # noqa: F401  of names in a zip: by then nothing can be opened any more
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from xml.parsers import expat

from knowledge.parsing.draft import Draft
from knowledge.parsing.styles import light
from knowledge.parsing.terms import DEEPEST, MIB, Hidden, Reason, Refused

_ENTRIES, _UNPACKED, _RATIO = 2000, 100 * MIB, 200
_SMALL = 1 * MIB
"""Bytes below which a good ratio is no sign of a bomb: XML packs well."""
_MEMBER = 20 * MIB
_BODY, _STYLES, _COMMENTS = "word/document.xml", "word/styles.xml", "word/comments.xml"
_HEADING = re.compile(r"heading ?([1-6])")
_OFF = ("0", "false", "off", "none")
_TINY = 4
"""Half points: below that nobody reads."""

Attributes = dict[str, str]


def read(data: bytes, draft: Draft) -> None:
    """Read a document into `draft`. Raises Refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = _checked(archive)
            if _BODY not in names:
                raise Refused(Reason.WRONG_TYPE)
            styles = _Styles()
            if _STYLES in names:
                _parse(_member(archive, _STYLES), styles.start, styles.end, lambda _: None)
            body = _Body(draft, styles)
            _parse(_member(archive, _BODY), body.start, body.end, body.data)
            if _COMMENTS in names:
                _note_comments(_member(archive, _COMMENTS), draft)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise Refused(Reason.BROKEN) from error
    except RuntimeError as error:  # what zipfile says of a member that needs a password
        raise Refused(Reason.LOCKED) from error


def _checked(archive: zipfile.ZipFile) -> set[str]:
    """Return the members' names. Raises Refused for a bomb, or a name that leads elsewhere."""
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    heavy = unpacked > _UNPACKED or (unpacked > _SMALL and unpacked > _RATIO * max(packed, 1))
    if len(members) > _ENTRIES or heavy:
        raise Refused(Reason.BOMB)
    names = [member.filename for member in members]
    if any("\\" in n or n.startswith("/") or ".." in PurePosixPath(n).parts for n in names):
        raise Refused(Reason.PATHS)
    if len(set(names)) != len(names):
        raise Refused(Reason.BROKEN)
    return set(names)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Unpack a member as far as is allowed, whatever its header says of its size."""
    with archive.open(name) as file:
        data = file.read(_MEMBER + 1)
    if len(data) > _MEMBER:
        raise Refused(Reason.BOMB)
    return data


def _parse(
    xml: bytes,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    data: Callable[[str], None],
) -> None:
    """Read XML; names come without their namespace. Raises Refused."""
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = 0

    def began(name: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise Refused(Reason.TOO_DEEP)
        start(_local(name), {_local(key): value for key, value in attributes.items()})

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(_local(name))

    def refuse(*_: object) -> None:
        raise Refused(Reason.ENTITIES)

    parser.StartElementHandler, parser.EndElementHandler = began, ended
    parser.CharacterDataHandler = data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(xml, True)  # noqa: FBT003  expat's own signature
    except expat.ExpatError as error:
        raise Refused(Reason.BROKEN) from error


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _on(attributes: Attributes) -> bool:
    return attributes.get("val", "1").lower() not in _OFF


def _hidden_by(name: str, attributes: Attributes) -> Hidden | None:
    """Return how a property of a run hides it."""
    value = attributes.get("val", "")
    if name in ("vanish", "specVanish", "webHidden") and _on(attributes):
        return Hidden.STYLED
    if name == "color" and light(value):
        return Hidden.WHITE
    if name == "sz" and value.isdigit() and int(value[:6]) <= _TINY:
        return Hidden.STYLED
    return None


class _Styles:
    """Which styles are headings, and which hide."""

    def __init__(self) -> None:
        self.levels: dict[str, int] = {}
        self.hiding: dict[str, Hidden] = {}
        self._style = ""

    def start(self, name: str, attributes: Attributes) -> None:
        """Take an element's beginning."""
        if name == "style":
            self._style = attributes.get("styleId", "")
        elif name == "name" and self._style:
            told = attributes.get("val", "").lower()
            if found := _HEADING.fullmatch(told):
                self.levels[self._style] = int(found[1])
            elif told == "title":
                self.levels[self._style] = 1
        elif self._style and (how := _hidden_by(name, attributes)) is Hidden.STYLED:
            self.hiding[self._style] = how

    def end(self, name: str) -> None:
        """Take an element's end."""
        if name == "style":
            self._style = ""


class _Body:
    """Fills a draft with the paragraphs and tables of the document."""

    def __init__(self, draft: Draft, styles: _Styles) -> None:
        self._draft = draft
        self._styles = styles
        self._text: list[str] = []
        self._row: list[str] | None = None
        self._style = ""
        self._reading = self._shaded = False
        self._hidden: Hidden | None = None
        self._fallback = 0

    def start(self, name: str, attributes: Attributes) -> None:
        """Take an element's beginning."""
        match name:
            case "Fallback":  # the same again, for programs that do not know the other form
                self._fallback += 1
            case "p":
                self._flush()
                self._style = ""
            case "r":
                self._hidden, self._shaded = None, False
            case "t":
                self._reading = not self._fallback
            case "tab":
                self._text.append(" ")
            case "br" | "cr":
                self._text.append("\n")
            case "tr":
                self._flush()
                self._row = []
            case _:
                self._take_property(name, attributes)

    def _take_property(self, name: str, attributes: Attributes) -> None:
        match name:
            case "pStyle":
                self._style = attributes.get("val", "")
            case "rStyle":
                self._hidden = self._styles.hiding.get(attributes.get("val", ""))
            case "shd" | "highlight":
                self._shaded = True
            case _:
                self._hidden = _hidden_by(name, attributes) or self._hidden

    def end(self, name: str) -> None:
        """Take an element's end."""
        match name:
            case "Fallback":
                self._fallback -= 1
            case "t":
                self._reading = False
            case "p" if self._row is None:
                self._flush()
            case "p":
                self._text.append(" ")
            case "tc" if self._row is not None:
                self._row.append(" ".join("".join(self._text).split()))
                self._text.clear()
            case "tr" if self._row is not None:
                row, self._row = self._row, None
                self._draft.paragraph(" | ".join(row))
            case _:
                pass

    def data(self, text: str) -> None:
        """Take text."""
        if not self._reading:
            return
        how = self._hidden or self._styles.hiding.get(self._style)
        if how is None or (how is Hidden.WHITE and self._shaded):
            self._text.append(text)
        elif text.strip():
            self._draft.found.add(how, text)

    def _flush(self) -> None:
        if self._row is not None:
            return
        text = "".join(self._text).strip()
        self._text.clear()
        level = self._styles.levels.get(self._style)
        if text and level is not None:
            self._draft.heading(level, text)
        elif text:
            self._draft.paragraph(text)


def _note_comments(xml: bytes, draft: Draft) -> None:
    words: list[str] = []
    _parse(xml, lambda *_: None, lambda _: None, words.append)
    if text := "".join(words).strip():
        draft.found.add(Hidden.COMMENT, text)

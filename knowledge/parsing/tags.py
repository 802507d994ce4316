"""Reading HTML tags: what of them is shown, and what is hidden how."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser

from knowledge.parsing.styles import coloured, hides, hiding_selectors
from knowledge.parsing.terms import DEEPEST, Findings, Hidden, Reason, Refused

Attributes = list[tuple[str, str | None]]

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
UNREAD = frozenset(
    "script style template noscript iframe object svg math canvas audio video title".split()
)
"""Elements whose content is no text of the page."""
# An end tag may be left out of these; another of the same kind, or of the first, ends them.
_IMPLIED = frozenset("p li dt dd tr td th option thead tbody".split())
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp "
    "small span strike strong sub sup time tt u var".split()
)
BLOCKS = frozenset(
    "address article aside blockquote body button caption center details dialog div dl fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup html legend main menu nav "
    "ol pre section select summary table tfoot textarea ul".split()
)
KNOWN = VOID | UNREAD | _IMPLIED | INLINE | BLOCKS


@dataclass(frozen=True, slots=True)
class _Open:
    """An element that is open: whether its text is read, how it is hidden, has it a ground."""

    tag: str
    read: bool
    hidden: Hidden | None
    ground: bool


class TagReader(HTMLParser):
    """Tells text that is shown from text that is not; what becomes of it, a subclass says."""

    def __init__(self, found: Findings) -> None:
        super().__init__(convert_charrefs=True)
        self._found = found
        self._open: list[_Open] = []
        self._count: Counter[str] = Counter()
        self._hiding: dict[str, Hidden] = {}

    def shown(self, text: str) -> None:
        """Take text that is shown."""
        raise NotImplementedError

    def began(self, tag: str) -> None:
        """Take note that an element began that is shown."""

    def ended(self, tag: str) -> None:
        """Take note that an element ended."""

    def as_written(self, text: str) -> str:
        """Return text as it stood in the file."""
        return text

    def unread(self, tag: str, text: str) -> None:
        """Take the content of an element that is no text of the page."""
        if tag == "style" and len(self._hiding) < 1000:  # noqa: PLR2004  a bound
            self._hiding.update(hiding_selectors(text))

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """See HTMLParser."""
        if tag in VOID:
            if self._read:
                self.began(tag)
            return
        if tag in _IMPLIED and self._open and self._open[-1].tag == tag:
            self.handle_endtag(tag)
        if len(self._open) >= DEEPEST:
            raise Refused(Reason.TOO_DEEP)
        within = self._open[-1] if self._open else _Open("", read=True, hidden=None, ground=False)
        values = {name: value or "" for name, value in attrs}
        style = values.get("style", "")
        ground = within.ground or coloured(style) or "bgcolor" in values
        how = within.hidden or self._how_hidden(tag, values, style)
        if how is Hidden.WHITE and ground:
            how = None
        opened = _Open(tag, within.read and tag not in UNREAD, how, ground)
        self._open.append(opened)
        self._count[tag] += 1
        if self._read:
            self.began(tag)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        """See HTMLParser: `<br/>`, and `<p/>`, which browsers take for `<p>`."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser: an end without a beginning is nothing."""
        if not self._count[tag]:
            return
        while self._open:
            last = self._open.pop()
            self._count[last.tag] -= 1
            if last.read and last.hidden is None:
                self.ended(last.tag)
            if last.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        last = self._open[-1] if self._open else None
        if last is None or self._read:
            self.shown(data)
        elif not last.read:
            self.unread(last.tag, data)
        elif last.hidden is not None and data.strip():
            self._found.add(last.hidden, self.as_written(data))

    def handle_comment(self, data: str) -> None:
        """See HTMLParser."""
        if any(char.isalnum() for char in data):
            self._found.add(Hidden.COMMENT, data)

    @property
    def _read(self) -> bool:
        return not self._open or (self._open[-1].read and self._open[-1].hidden is None)

    def _how_hidden(self, tag: str, values: dict[str, str], style: str) -> Hidden | None:
        if "hidden" in values:
            return Hidden.STYLED
        colour = f";color:{values['color']}" if tag == "font" and "color" in values else ""
        how = hides(style + colour) if style or colour else None
        if how is None and self._hiding:
            names = [f".{name}" for name in values.get("class", "")[:500].lower().split()]
            names += [f"{tag}{name}" for name in names]
            ids = [f"#{values['id'].lower()}"] if "id" in values else []
            wanted = (self._hiding.get(name) for name in (tag, *names, *ids))
            how = next((hidden for hidden in wanted if hidden), None)
        return how

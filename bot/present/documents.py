"""Documents in Discord: the list, and one document, passage by passage, as it would be found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bot.documents import ANSWER, Document
from bot.present.answer import one_line
from bot.present.components import Attached, Button, Choice, Page, Select, Style
from bot.present.sanitise import sanitise
from bot.present.split import PAGE, shown
from knowledge.added import AddedPassage
from knowledge.uploads import Hidden, HiddenText

FAMILY = "documents"
LISTED = 10
_HOW = {
    Hidden.ZERO_WIDTH: "zero-width characters",
    Hidden.BIDI: "characters that turn the direction of text",
    Hidden.TAGS: "invisible characters that spell something",
    Hidden.COMMENT: "comments",
    Hidden.STYLED: "text that its style hides",
    Hidden.WHITE: "white or transparent text",
    Hidden.INVISIBLE: "text that is drawn invisibly",
}


def list_page(documents: Sequence[Document], number: int, *, waiting: bool, done: str = "") -> Page:
    """Return one page of the documents of a server, with a list to open one from."""
    which = "queue" if waiting else "list"
    title = "What waits for approval" if waiting else "Documents of this server"
    below = (done,) if done else ()
    if not documents:
        return Page((f"**{title}**", "There are none. `/knowledge add` adds one."), below=below)
    pages = -(-len(documents) // LISTED)
    number = min(number, pages - 1)
    some = documents[number * LISTED : (number + 1) * LISTED]
    text = "\n".join(_line(document) for document in some)
    choices = tuple(
        Choice(document.title, document.id, f"{document.id} · {_state(document)}")
        for document in some
    )
    above = f"**{title}**" + (f" · page {number + 1} of {pages}" if pages > 1 else "")
    buttons = () if pages == 1 else _turns(f"{FAMILY}:{which}", number, pages)
    select = Select("Look at one", f"{FAMILY}:open", choices)
    return Page((above,), text, below, buttons, select)


def document_page(
    document: Document, passages: Sequence[AddedPassage], number: int, done: str = ""
) -> Page:
    """Return one passage of a document as it would be found, and what to do with the document."""
    number = min(number, len(passages) - 1)
    passage = passages[number]
    above = (
        f"**{one_line(document.title, 150)}** · {_state(document)} · passage {number + 1} of "
        f"{len(passages)}",
        _provenance(document),
        *_warnings(document.hidden),
    )
    where = " › ".join((*passage.path, passage.heading or document.title))
    asks = "".join(f"\n- {question}" for question in passage.asks)
    text = f"### {where}\n{passage.text}" + (f"\n\nIt answers:{asks}" if asks else "")
    parts = shown(sanitise(text), PAGE - 800, 2)
    # What is approved must have been seen whole.
    rest = len(parts.pages) > 1
    file = Attached(f"passage-{document.id}.md", text.encode("utf-8", "replace")) if rest else None
    here = f"{FAMILY}:page:{document.id}"
    actions = (
        *((Button("Approve", f"{FAMILY}:approve:{document.id}", Style.PRIMARY),) * document.waits),
        Button("Remove", f"{FAMILY}:remove:{document.id}", Style.DANGER),
    )
    buttons = (*_turns(here, number, len(passages)), *actions)
    return Page(above, parts.pages[0], (done,) if done else (), buttons, file=file)


def sure_page(document: Document) -> Page:
    """Return the question whether a document is to be removed."""
    line = (
        f"Shall I remove **{one_line(document.title, 150)}**, and what was answered from it? "
        "This cannot be undone."
    )
    buttons = (
        Button("Remove it", f"{FAMILY}:sure:{document.id}", Style.DANGER),
        Button("Leave it", f"{FAMILY}:page:{document.id}:0"),
    )
    return Page((line,), buttons=buttons)


def _turns(control: str, number: int, pages: int) -> tuple[Button, Button]:
    return (
        Button("Back", f"{control}:{number - 1}", disabled=number == 0),
        Button("Next", f"{control}:{number + 1}", disabled=number >= pages - 1),
    )


def _state(document: Document) -> str:
    return "waits for approval" if document.waits else "approved"


def _line(document: Document) -> str:
    hidden = " · ⚠️ hidden text" if document.hidden else ""
    count = f"{document.passages} passage{'' if document.passages == 1 else 's'}"
    return (
        f"`{document.id}` **{one_line(document.title, 80)}** – {_state(document)}, {count}{hidden}"
    )


def _provenance(document: Document) -> str:
    """Return where it is from: the file, its hash, who added and approved it, and when."""
    file = "an answer to a gap" if document.kind == ANSWER else f"`{one_line(document.name, 80)}`"
    parts = [f"{file}, {document.size:,} bytes, SHA-256 `{document.digest[:16]}…`"]
    parts.append(f"added{_by(document.added_by)} on {_day(document.added_at)}")
    if document.approved_at is not None:
        parts.append(f"approved{_by(document.approved_by)} on {_day(document.approved_at)}")
    return "-# " + " · ".join(parts)


def _warnings(hidden: Sequence[HiddenText]) -> list[str]:
    """Return what readers of the original do not see; none of it is in the passages."""
    lines = []
    for found in hidden[:4]:
        words = "; ".join(f"“{one_line(words, 60)}”" for words in found.excerpts[:2])
        told = f": {words}" if words else ""
        lines.append(f"⚠️ Left out: {_HOW[found.kind]} ({found.count}){told}")
    return lines


def _by(member: int | None) -> str:
    return f" by <@{member}>" if member else ""


def _day(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).date().isoformat()

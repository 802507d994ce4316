"""Model text made fit to stand in a Discord message (OWASP LLM05, improper output).

What `sanitise` promises, for every input, in linear time:

- nobody is pinged and nothing of Discord's is referred to: mentions of members, roles, channels,
  commands, times and custom emoji are shown as text;
- a link shows where it leads: `text (<url>)`, a bare URL is `<url>`; only http and https, no
  user part, no host outside ASCII (or that stands for one), nothing that joins a server;
- no control, bidirectional or invisible character, no lone surrogate, no pile of accents;
- fences, inline code, bold, underline, strike-through and spoilers that were opened are closed;
- inside code the text stays as it is, but for controls and mentions;
- `sanitise(sanitise(text)) == sanitise(text)`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from urllib.parse import unquote

from bot.characters import plain_characters

FENCE = "```"

_FENCE_RUN = re.compile(r"`{3,}")
_TICKS = re.compile(r"`+")
_BLANK_LINE = re.compile(r"(\n[ \t]*\n\s*)")
# No form holds another "<", so that a hostile text costs no more than its length.
_REFERENCE = re.compile(
    r"<(@[!&]?\d+|#\d+|/[-\w ]+:\d+|t:-?\d+(?::[A-Za-z])?|a?:\w+:\d+|id:[-\w:]+|sound:\d+:\d+)>"
)
_EVERYBODY = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
# Hosts that only lead into servers or to gifts, and pages of Discord's own that do.
_JOINING = r"(?:discord\.(?:gg|me|io|li|new|gift)|(?:dsc|invite)\.gg)"
_INVITE = re.compile(
    rf"(?:{_JOINING}\.?(?::\d{{1,5}})?|discord(?:app)?\.com/invite)(?=/)", re.IGNORECASE
)
_JOINS = re.compile(rf"(?:.+\.)?{_JOINING}")
_DISCORD = re.compile(r"(?:.+\.)?discord(?:app)?\.com")
_JOINING_PAGE = re.compile(r"invite|template|gifts?/|oauth2/authorize")
_FOREIGN = re.compile(r"(?:^|\.)xn--")
_URL = re.compile(r"(https?)://(?:[^/?#]*@)?([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?")
_ENCODED = str.maketrans({"`": "%60", "\\": "%5C", "[": "%5B", "]": "%5D", "|": "%7C"})
_LONGEST_URL = 1000  # no lesson links further, and a page must hold it whole
_TRAILING = ".,;:!?'\"*_~|"
# What may stand directly before the words of a link without running together with them.
_APART = frozenset("([{\"'*_~|>-–—,;!?")
_TOKEN = re.compile(
    r"(?P<escape>\\[\\`*_~|])"
    r"|(?P<ticks>`+)"
    r"|!?\[(?P<label>[^\[\]\n]{0,300})\]\( {0,3}<?(?P<target>[^\s<>()`\[\]\\]{1,2000})>?"
    r"(?: {1,3}\"[^\"\n]{0,200}\")? {0,3}\)"
    r"|(?P<bracket>\]\()"
    r"|<(?P<shown>https?://[^\s<>]+)>"
    r"|(?P<url>https?://[^\s<>`\[\]\\]+)"
    r"|(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)",
    re.IGNORECASE,
)
_DELIMITER = re.compile(
    r"(?P<skip>\\[\\`*_~|]|<https?://[^\s<>]+>)|(?P<run>\*+|_+|~+|\|+)", re.IGNORECASE
)
PAIRED = frozenset({"**", "***", "__", "~~", "||"})

Piece = tuple[bool, str]
"""(is it inline code, its text)"""


def sanitise(text: str) -> str:
    """Return `text` fit for Discord; see the module for what that means."""
    blocks = _blocks(plain_characters(text))
    return _quiet(_joined([block if is_code else _prose(block) for is_code, block in blocks]))


def _joined(blocks: list[str]) -> str:
    """Join the blocks; nothing at the end of one may change the fence that begins the next."""
    out: list[str] = []
    for block in blocks:
        if out and out[-1].endswith(("`", "\\")) and block.startswith("`"):
            out.append("\n")
        if block:
            out.append(block)
    return "".join(out)


def _blocks(text: str) -> Iterator[Piece]:
    """Yield (is a fence, text) in order, each fence closed and marked with three backticks.

    Discord opens a fence at three backticks anywhere, not only at the start of a line. A longer
    mark, as Markdown uses around fences, becomes three, and the fences within lose their backticks.
    """
    start, opened, inner = 0, 0, 0
    parts: list[str] = []
    for run in _FENCE_RUN.finditer(text):
        length = len(run.group())
        if not opened:
            yield False, text[start : run.start()]
            opened, parts, inner = length, [], run.end()
        elif length >= opened:
            parts.append(text[inner : run.start()])
            yield True, FENCE + "".join(parts) + FENCE
            opened, start = 0, run.end()
        else:
            parts.append(text[inner : run.start()] + "ˋ" * length)
            inner = run.end()
    if not opened:
        yield False, text[start:]
        return
    body = "".join([*parts, text[inner:]])
    # A mark with nothing after it yet would be shown as six backticks.
    if body.strip():
        yield True, FENCE + body + ("" if body.endswith("\n") else "\n") + FENCE


def _quiet(text: str) -> str:
    """`text` without anything that Discord would turn into a mention, a time or an emoji."""
    return _EVERYBODY.sub("＠", _REFERENCE.sub(r"‹\1›", text))


def _prose(text: str) -> str:
    """Text outside fences, paragraph by paragraph."""
    parts = _BLANK_LINE.split(text)
    parts[::2] = [_paragraph(part) for part in parts[::2]]
    return "".join(parts)


def _paragraph(text: str) -> str:
    pieces = _merged(_inline(text.rstrip()))
    # NUL cannot occur in plain characters: it stands for code, which holds no delimiters.
    masked = "".join("\0" * len(t) if code else t for code, t in pieces).rstrip()
    shown = "".join(t for _, t in pieces)
    body, tail = shown[: len(masked)], shown[len(masked) :] + text[len(text.rstrip()) :]
    closers = "".join(reversed(_open_delimiters(masked)))
    if not closers:
        return body + tail
    if not _open_delimiters(masked + closers):
        return body + closers + tail
    return (
        "".join(t if code else _DELIMITER.sub(_escaped, t) for code, t in pieces)
        + (text[len(text.rstrip()) :])
    )


def _open_delimiters(masked: str) -> list[str]:
    """Find the delimiters opened and never closed, outermost first."""
    opened: list[str] = []
    for found in _DELIMITER.finditer(masked):
        run = found["run"]
        if run not in PAIRED:
            continue
        before = masked[found.start() - 1 : found.start()]
        after = masked[found.end() : found.end() + 1]
        if run in opened and before and not before.isspace():
            del opened[opened.index(run) :]
        elif run not in opened and after and not after.isspace():
            opened.append(run)
    return opened


def _escaped(found: re.Match[str]) -> str:
    return found["skip"] or "".join(f"\\{c}" for c in found["run"])


def _merged(pieces: Iterator[Piece]) -> list[Piece]:
    """Join neighbouring texts; what only their joining would bring to life is made inert."""
    merged: list[Piece] = []
    for code, group in groupby(pieces, key=itemgetter(0)):
        text = "".join(t for _, t in group)
        if text:
            merged.append((code, text if code else _dead(text)))
    return merged


def _dead(text: str) -> str:
    return _INVITE.sub(lambda found: found.group().replace(".", "[.]"), text.replace("](", "] ("))


def _inline(text: str) -> Iterator[Piece]:
    """Yield the paragraph's pieces: links shown, inline code closed."""
    ends: dict[int, list[int]] = {}
    for run in _TICKS.finditer(text):
        ends.setdefault(len(run.group()), []).append(run.start())
    at = 0
    while (token := _TOKEN.search(text, at)) is not None:
        yield False, text[at : token.start()]
        at = token.end()
        if ticks := token["ticks"]:
            starts = ends.get(len(ticks), [])
            later = bisect_right(starts, token.start())
            end = starts[later] if later < len(starts) else len(text)
            yield from _code(ticks, text[at:end], closed=later < len(starts))
            at = min(end + len(ticks), len(text))
        elif token["target"]:
            before = text[token.start() - 1 : token.start()]
            if before and not before.isspace() and before not in _APART:
                yield False, " "
            yield from _link(token["label"], token["target"])
        else:
            yield False, _shown(token)
    yield False, text[at:]


def _code(ticks: str, code: str, *, closed: bool) -> Iterator[Piece]:
    """Inline code, closed at the end of its paragraph; a mark with nothing after it is dropped."""
    if closed:
        yield True, ticks + code + ticks
    elif code.strip():
        # A space keeps the marks apart, which would otherwise run together.
        yield True, ticks + code + (" " if code.endswith("`") else "") + ticks


def _link(label: str, target: str) -> Iterator[Piece]:
    """`[label](target)` as `label (<target>)`."""
    where = _url(target) if target.lower().startswith(("http://", "https://")) else _inert(target)
    if label.isdigit():
        yield False, f"[{label}] ({where})"
    elif label.strip():
        yield from _inline(label.strip())
        yield False, f" ({where})"
    else:
        yield False, where


def _shown(token: re.Match[str]) -> str:
    """Write out a token other than code or a link."""
    if token["shown"]:
        return _url(token["shown"])
    if url := token["url"]:
        kept = len(url)
        surplus = url.count(")") - url.count("(")
        while kept and (url[kept - 1] in _TRAILING or (url[kept - 1] == ")" and surplus > 0)):
            surplus -= url[kept - 1] == ")"
            kept -= 1
        return _url(url[:kept]) + url[kept:]
    if token["scheme"]:
        return _inert(token["scheme"])
    return "] (" if token["bracket"] else token.group()


def _url(url: str) -> str:
    """`url` where a reader sees its host, in angle brackets so that nothing unfurls it."""
    found = _URL.fullmatch(url.translate(_ENCODED))
    if found is None:
        return _inert(url)
    scheme, host, rest = found.groups()
    host = host.lower()
    if len(url) > _LONGEST_URL or not _HOST.fullmatch(host) or _misleads(host, rest):
        return _inert(host + rest)
    return f"<{scheme.lower()}://{host}{_EVERYBODY.sub('%40', rest)}>"


def _misleads(host: str, rest: str) -> bool:
    """Say whether an address looks like another one, or takes whoever opens it into a server."""
    name = host.partition(":")[0].rstrip(".")
    page = unquote(unquote(rest)).lower()
    ours = _DISCORD.fullmatch(name) and _JOINING_PAGE.search(page)
    return bool(_FOREIGN.search(name) or _JOINS.fullmatch(name) or ours)


def _inert(text: str) -> str:
    """`text` so that no client makes a link of it."""
    return text.replace("://", "[:]//")

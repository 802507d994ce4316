"""Whether a file is what its name says, by its first and last bytes."""

from __future__ import annotations

import codecs

from knowledge.parsing.terms import LARGEST, Kind, Reason, Refused

_PDF, _ZIP, _ZIP_END = b"%PDF-", b"PK\x03\x04", b"PK\x05\x06"
# PDF, zip, PNG, GIF, JPEG, ELF, Windows programs, gzip, 7z, RAR, RTF, OLE, SQLite.
_BINARY = (
    *(_PDF, b"PK", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\x7fELF", b"MZ", b"\x1f\x8b"),
    *(b"7z\xbc\xaf", b"Rar!", b"{\\rtf", b"\xd0\xcf\x11\xe0", b"SQLite format"),
)
_TAIL = 70_000
_AFTER_END = 1024


def check(kind: Kind, data: bytes) -> None:
    """Raise Refused for a file that is empty, too large, or something else than `kind`."""
    if not data.strip():
        raise Refused(Reason.EMPTY)
    if len(data) > LARGEST[kind]:
        raise Refused(Reason.TOO_LARGE)
    if kind is Kind.PDF:
        _check_pdf(data)
    elif kind is Kind.WORD:
        _check_zip(data)
    elif data.lstrip().startswith(_BINARY):
        raise Refused(Reason.WRONG_TYPE)


def text_of(data: bytes) -> str:
    """Return a file as text. Raises Refused where it is not UTF-8."""
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(Reason.NOT_TEXT) from error
    if "\0" in text:
        raise Refused(Reason.NOT_TEXT)
    return text


def _check_pdf(data: bytes) -> None:
    if not data.startswith(_PDF):
        raise Refused(Reason.TWO_TYPES if _PDF in data[:_AFTER_END] else Reason.WRONG_TYPE)
    end = data.rfind(b"%%EOF")
    if _ZIP_END in data[-_TAIL:] and data.rfind(_ZIP_END) > end:
        raise Refused(Reason.TWO_TYPES)
    if end >= 0 and len(data[end:].strip()) > _AFTER_END:
        raise Refused(Reason.TWO_TYPES)


def _check_zip(data: bytes) -> None:
    """Take only a zip that begins at the first byte and ends at the last."""
    end = data.rfind(_ZIP_END, -_TAIL)
    if not data.startswith(_ZIP):
        raise Refused(Reason.TWO_TYPES if end >= 0 else Reason.WRONG_TYPE)
    if end < 0:
        raise Refused(Reason.BROKEN)
    comment = int.from_bytes(data[end + 20 : end + 22], "little")
    if end + 22 + comment != len(data) or _PDF in data[:_AFTER_END]:
        raise Refused(Reason.TWO_TYPES)

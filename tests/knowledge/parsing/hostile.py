"""Files as people send them, and hostile ones, made on the spot."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Sequence

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
STYLES = (
    f'<w:styles {W}><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Ghost"><w:name w:val="ghost"/><w:rPr><w:vanish/></w:rPr></w:style>'
    "</w:styles>"
)


def paragraph(text: str, properties: str = "", style: str = "") -> str:
    """Return a paragraph of a Word document."""
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{styled}<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


def word(body: str, head: str = "", **members: str | bytes) -> bytes:
    """Return a Word document; `members` are further files, `__` in their names is a slash."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/styles.xml", STYLES)
        document = f"{head}<w:document {W}><w:body>{body}</w:body></w:document>"
        archive.writestr("word/document.xml", document)
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def packed(data: bytes, layers: int = 1) -> tuple[bytes, str]:
    """Return data deflated so many times, and the filters that undo it."""
    for _ in range(layers):
        data = zlib.compress(data, 9)
    return data, "/FlateDecode " * layers


def pdf(
    *contents: bytes,
    layers: int = 1,
    count: int | None = None,
    title: str = "",
    kids: str | None = None,
    more: Sequence[bytes] = (),
) -> bytes:
    """Return a PDF with a page for each content stream; `count` is what it says of its pages."""
    first = 4 + 2 * len(contents)
    pages = kids or " ".join(f"{4 + 2 * n} 0 R" for n in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{pages}] /Count {count or len(contents)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, content in enumerate(contents):
        data, filters = packed(content, layers)
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << /Font "
            b"<< /F1 3 0 R >> >> /Contents %d 0 R >>" % (5 + 2 * n),
            b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream"
            % (len(data), filters.encode(), data),
        ]
    objects += [f"<< /Title ({title}) >>".encode(), *more]
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        *(len(objects) + 1, first, table),
    )
    return bytes(out)


def lines(*texts: str, mode: int = 0) -> bytes:
    """Return a page's content that shows lines of text in a rendering mode."""
    shown = "".join(f"({text}) Tj 0 -14 Td " for text in texts)
    return f"BT /F1 12 Tf {mode} Tr 50 700 Td {shown}ET".encode()


def notebook(*cells: tuple[str, str]) -> bytes:
    """Return a notebook with cells of these types and texts."""
    told = [{"cell_type": kind, "source": text.splitlines(keepends=True)} for kind, text in cells]
    return json.dumps({"cells": told, "metadata": {}, "nbformat": 4}).encode()


def million_pages() -> bytes:
    """Return a PDF that says of itself to have one page and names the same one a million times."""
    return pdf(lines("One page."), kids="4 0 R " * 1_000_000, count=1)


def zip_bomb() -> bytes:
    """Return a Word document of 60 MB of blanks in one member."""
    return word("", word__media__big=b" " * 60_000_000)


def lying_zip() -> bytes:
    """Return a Word document that unpacks to more than its directory says."""
    body = paragraph("x" * 30_000_000)
    data = bytearray(word(body))
    where = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 1)
    where = data.find(b"PK\x01\x02", where + 1)  # word/document.xml is the third
    data[where + 24 : where + 28] = (1000).to_bytes(4, "little")
    return bytes(data)


def quine() -> bytes:
    """Return a zip that holds zips, as those do that hold themselves."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("r/r.zip", b"PK\x03\x04" * 100)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("r.zip", inner.getvalue())
    return outer.getvalue()


def many_entries() -> bytes:
    """Return a Word document with thousands of members."""
    return word(paragraph("Text."), **{f"word__{n}.xml": "" for n in range(5000)})

"""Reads HTML that the library writes for notebooks: strictly, every element closed in order."""

from __future__ import annotations

import base64
import struct
import zlib
from html.parser import HTMLParser

EMPTY = {"img", "br"}


class Page(HTMLParser):
    """The elements of a piece of HTML, and its words.

    Args:
        text: The HTML.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)

    def attributes(self, tag: str, name: str) -> list[str]:
        return [str(attrs[name]) for found, attrs in self.elements if found == tag and name in attrs]


def read_page(text: str) -> Page:
    """Return the page, which has no script and asks for nothing from outside."""
    page = Page(text)
    for tag, attrs in page.elements:
        assert tag not in {"script", "style", "link", "iframe", "object"}
        assert not [name for name in attrs if name.startswith("on") or name == "href"]
        assert str(attrs.get("src", "data:")).startswith("data:")
        assert "url(" not in str(attrs.get("style", ""))
    return page


def read_png(source: str) -> list[list[tuple[int, int, int]]]:
    """Return the pixels of an 8-bit RGB picture without filters, its checksums proven."""
    data = base64.b64decode(source.removeprefix("data:image/png;base64,"))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, packed, size = 8, b"", (0, 0)
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        body = data[place + 4 : place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length : place + 12 + length]) == (zlib.crc32(body),)
        if body[:4] == b"IHDR":
            size = struct.unpack(">II", body[4:12])
            assert body[12:] == bytes([8, 2, 0, 0, 0])
        packed += body[4:] if body[:4] == b"IDAT" else b""
        place += 12 + length
    lines, (width, height) = zlib.decompress(packed), size
    assert len(lines) == height * (3 * width + 1)
    rows = [lines[y * (3 * width + 1) :][1 : 3 * width + 1] for y in range(height)]
    return [[(row[3 * x], row[3 * x + 1], row[3 * x + 2]) for x in range(width)] for row in rows]

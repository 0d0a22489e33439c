"""Records of a file that is JSON lines, or one JSON list: read one by one, in flat memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from io import BufferedReader
from json import JSONDecodeError, JSONDecoder
from typing import Final

from evalsite.exchange.lines import LINE_LIMIT, BadLine, Line, json_lines, one_object, too_long

_CHUNK: Final = 2**16
_SCAN: Final = JSONDecoder().raw_decode


def json_records(stream: BufferedReader) -> Iterator[Line]:
    """Answer each object with its number: the line's, or the place in the list, from 1."""
    if stream.peek(64).lstrip()[:1] == b"[":
        yield from _listed(_Text(stream))
    else:
        yield from json_lines(stream)


class _Text:
    """What was read of a list and not yet taken; bytes that are not UTF-8 stay for the parser."""

    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self.ended = False
        self.left = ""
        self.read_on()
        self.left = self.left.lstrip().removeprefix("[")

    def read_on(self) -> None:
        """Read one more piece of the file."""
        data = self._stream.read(_CHUNK)
        self.ended = not data
        self.left += self._decoder.decode(data, final=self.ended)

    def at_element(self) -> bool:
        """Skip to the next element; say whether there is one."""
        while not (left := self.left.lstrip(" \t\r\n,")) and not self.ended:
            self.read_on()
        self.left = left
        return not left.startswith("]")

    def element(self) -> str | None:
        """Take the next element, None for one beyond the limit; raises JSONDecodeError."""
        while len(self.left) <= 2 * LINE_LIMIT:
            try:
                _, end = _SCAN(self.left)
            except JSONDecodeError:
                if self.ended:
                    raise
            else:
                if end < len(self.left) or self.ended:
                    taken, self.left = self.left[:end], self.left[end:]
                    return taken if len(taken) <= LINE_LIMIT else None
            self.read_on()
        return None


def _listed(text: _Text) -> Iterator[Line]:
    number = 0
    while text.at_element():
        number += 1
        try:
            element = text.element()
        except (JSONDecodeError, RecursionError):
            message = f"the list breaks off, or is not JSON, at its element {number}"
            yield number, BadLine(number, "json_invalid", message, "write one whole JSON list")
            return
        if element is None:
            yield number, too_long(number)
            return
        yield number, one_object(number, element.encode("utf-8", "surrogateescape"))

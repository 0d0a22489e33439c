"""Lines as objects or coded faults; a huge line costs no memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator

import pytest

from evalsite.exchange.lines import LINE_LIMIT, BadLine, json_lines
from evalsite.exchange.open_file import open_lines


def outcomes(data: bytes) -> list[tuple[int, str]]:
    """Each line's number, and its code or `ok`."""
    return [
        (number, line.code if isinstance(line, BadLine) else "ok")
        for number, line in json_lines(open_lines(io.BytesIO(data)))
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"a":"\xff"}', "not_utf8"),
        (b"[1]", "not_an_object"),
        (b"7", "not_an_object"),
        (b'{"a":NaN}', "number_not_finite"),
        (b'{"a":1,"a":1}', "duplicate_member"),
        (b'{"a":"\\u0000"}', "nul_character"),
        (b'{"a":"' + b"x" * LINE_LIMIT + b'"}', "line_too_long"),
        (b"{}{}", "json_invalid"),
    ],
)
def test_a_bad_line_has_its_number_and_code_and_the_others_stand(line: bytes, code: str) -> None:
    assert outcomes(b"{}\n" + line + b"\n{}\n") == [(1, "ok"), (2, code), (3, "ok")]


def test_blank_lines_are_left_out_but_counted() -> None:
    assert outcomes(b"{}\n\n  \r\n{}") == [(1, "ok"), (4, "ok")]


def test_a_byte_order_mark_is_named() -> None:
    assert outcomes(b"\xef\xbb\xbf{}\n{}") == [(1, "byte_order_mark"), (2, "ok")]


def test_each_line_of_a_utf_16_file_is_bad() -> None:
    assert {code for _, code in outcomes("{}\n{}\n".encode("utf-16"))} == {"not_utf8"}


def test_a_line_of_exactly_the_limit_is_read() -> None:
    text = b'{"a":"' + b"x" * (LINE_LIMIT - 9) + b'"}\n'
    assert (len(text), outcomes(text)) == (LINE_LIMIT, [(1, "ok")])


def test_a_line_without_an_end_is_read_past_in_flat_memory() -> None:
    class Endless(io.RawIOBase):
        left = 50_000_000

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1, /) -> bytes:
            size = min(size, self.left)
            self.left -= size
            return b"x" * size

    tracemalloc.start()
    found = list(json_lines(open_lines(Endless())))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [line.code for _, line in found if isinstance(line, BadLine)] == ["line_too_long"]
    assert peak < 8_000_000


def test_lines_come_as_they_are_read() -> None:
    def first(lines: Iterator[object]) -> object:
        return next(lines)

    stream = io.BytesIO(b"{}\n" * 1_000_000)
    first(iter(json_lines(open_lines(stream))))
    assert stream.tell() < 1_000_000

"""CSV records as the objects that JSON lines would hold."""

from __future__ import annotations

import io
from typing import Any

import pytest

from evalsite.exchange.csv_lines import csv_lines
from evalsite.exchange.lines import LINE_LIMIT, BadLine
from evalsite.exchange.open_file import FileRefused


def read(text: str | bytes) -> list[tuple[int, Any]]:
    data = text.encode() if isinstance(text, str) else text
    return [
        (number, line.code if isinstance(line, BadLine) else line)
        for number, line in csv_lines(io.BytesIO(data))
    ]


def test_columns_become_fields() -> None:
    text = 'key,input,tags,complexity,category\na,"{""q"":1}",x; y;,3,c\n'
    record = {"key": "a", "input": {"q": 1}, "tags": ["x", "y"], "complexity": 3, "category": "c"}
    assert read(text) == [(2, record)]


def test_columns_inside_input_and_expected_are_text() -> None:
    text = "key,input.question,expected.answer,input.hint\na,Why?,42,\n"
    assert read(text) == [
        (2, {"key": "a", "input": {"question": "Why?"}, "expected": {"answer": "42"}})
    ]


def test_columns_inside_join_the_json_beside_them() -> None:
    text = 'key,input,input.b\nk,"{""a"":1}",x\nk,"{""b"":1}",x\nk,7,x\n'
    assert read(text) == [
        (2, {"key": "k", "input": {"a": 1, "b": "x"}}),
        (3, "csv_invalid"),
        (4, "csv_invalid"),
    ]


def test_a_cell_may_hold_lines_and_the_record_has_the_number_of_its_first() -> None:
    assert read('key,category\n"a\nb",c\nd,e\n') == [
        (2, {"key": "a\nb", "category": "c"}),
        (4, {"key": "d", "category": "e"}),
    ]


def test_a_spreadsheets_byte_order_mark_and_line_ends_are_taken() -> None:
    assert read("\ufeffkey,state\r\na,draft\r\n\r\n") == [(2, {"key": "a", "state": "draft"})]


@pytest.mark.parametrize("header", ["", "id,input", "key,key", "key,nope", "key,input.a.b"])
def test_a_bad_header_refuses_the_file(header: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(header + "\na\n" if header else "\n\n")
    assert refused.value.code == "csv_header_invalid"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (b"a,b,c", "csv_invalid"),
        (b'"a"b,{}', "csv_invalid"),
        (b"a,{", "json_invalid"),
        (b'a,"{""x"":NaN}"', "number_not_finite"),
        (b'a,"{""x"":1,""x"":2}"', "duplicate_member"),
        (b"a,\xff", "not_utf8"),
        (b"a,\x00", "nul_character"),
        (b"a," + b"x" * LINE_LIMIT, "line_too_long"),
    ],
)
def test_a_bad_record_has_its_code_and_the_others_stand(record: bytes, code: str) -> None:
    found = read(b"key,metadata\nb,{}\n" + record + b"\nc,{}\n")
    good = [{"key": "b", "metadata": {}}, {"key": "c", "metadata": {}}]
    assert found == [(2, good[0]), (3, code), (4, good[1])]


def test_a_quote_left_open_does_not_swallow_the_file() -> None:
    found = read(b'key,category\na,"' + b"x" * 1000 + (b"y" * 1000 + b"\n") * 3000)
    assert found[0] == (2, "line_too_long")
    assert {code for _, code in found} <= {"line_too_long", "csv_invalid"}


@pytest.mark.parametrize("cell", ["6", "x", "-1", "2.5", "٣", "9" * 5000])
def test_a_bad_complexity_is_left_for_the_check_to_refuse(cell: str) -> None:
    ((_, record),) = read(f"key,complexity\na,{cell}\n")
    assert record["complexity"] in (cell, 6)

"""JSON that PostgreSQL or Python could not keep is refused, each with its own code."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.cases.strict_json import MAX_DEPTH, JsonRefused, check, dump, parse

BAD = {
    "json_invalid": [b"", b"{", b"[1,]", b'{"a":1} {"b":2}', b"nul", b"{'a':1}", b'"\x01"'],
    "byte_order_mark": [b'\xef\xbb\xbf{"a":1}'],
    "not_utf8": [
        b'{"a":"\xff"}',
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-16-le"),
        '{"a":1}'.encode("utf-32"),
        b'"\xed\xa0\x80"',
    ],
    "nul_character": [b'{"a":"\\u0000"}', b'{"\\u0000":1}', b'"a\x00b"', b'[{"a":["x\\u0000"]}]'],
    "lone_surrogate": [b'"\\ud800"', b'{"\\udfff":1}', b'"\\ud800\\ud800"'],
    "number_not_finite": [b"NaN", b"[Infinity]", b"-Infinity", b"1e400", b'{"a":-1e999}'],
    "integer_too_large": [b"9223372036854775808", b"-9223372036854775809", b"1" * 5000],
    "too_deep": [b"[" * 65 + b"]" * 65, b'{"a":' * 100_000, b"[" * 900 + b"1" + b"]" * 900],
    "duplicate_member": [b'{"a":1,"a":2}', b'{"x":{"a":1,"\\u0061" :2}}', b'[{"a":{},"a":{}}]'],
}


@pytest.mark.parametrize(("code", "text"), [(c, t) for c, texts in BAD.items() for t in texts])
def test_bad_text_is_refused_with_its_code(code: str, text: bytes) -> None:
    with pytest.raises(JsonRefused) as refused:
        parse(text)
    assert refused.value.code == code
    assert refused.value.hint


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":"\\\\u0000"}',
        b'{"a":"\\":\\":", "b" : 1}',
        b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
        b"9223372036854775807",
        b"-9223372036854775808",
        b'{"a":"\\ud83d\\ude00"}',
        b'{"e":6.02e23,"f":1e308,"g":-0.0}',
        '{"ключ":"значение"}'.encode(),
    ],
)
def test_good_text_reads_as_python_reads_it(text: bytes) -> None:
    assert parse(text) == json.loads(text)


def test_whole_floats_are_kept_as_the_integers_that_jsonb_gives_back() -> None:
    value = parse(b"[1.5e16, 1e15]")
    assert [type(number) for number in value] == [int, float]


@pytest.mark.parametrize(
    "text",
    [
        b'["' + b'\\"' * 500_000,
        b'{"a":1,' * 100_000,
        b"{" + b",".join(b'"k%d":1' % n for n in range(100_000)) + b',"k99999":2}',
        b"1" * 1_000_000,
    ],
)
def test_a_megabyte_of_malice_is_refused_at_once(text: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(JsonRefused):
        parse(text)
    assert time.monotonic() - began < 2


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc\u00e9"), inner),
)


@given(json_values)
def test_every_value_reads_back_equal(value: Any) -> None:
    accepted = check(value)
    assert accepted == value
    assert parse(dump(accepted).encode()) == value


@given(st.binary(max_size=200) | st.text('[]{}",:\\u0d8e1.-+ nN').map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = parse(data)
    except JsonRefused:
        return
    assert json.loads(data) == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("nan"), "number_not_finite"),
        ("\ud800", "lone_surrogate"),
        ({"a": object()}, "json_invalid"),
        (2**63, "integer_too_large"),
        ("\x00", "nul_character"),
    ],
)
def test_python_values_are_held_to_the_same_rules(value: Any, code: str) -> None:
    with pytest.raises(JsonRefused) as refused:
        check(value)
    assert refused.value.code == code


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(JsonRefused):
        check(endless)


def test_a_negative_zero_is_zero_as_in_jsonb() -> None:
    assert [str(number) for number in parse(b"[-0.0, -1e-400, -0, 0.0]")] == [
        "0.0",
        "0.0",
        "0",
        "0.0",
    ]

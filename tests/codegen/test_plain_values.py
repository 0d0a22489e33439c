"""Values on their way out of the sandbox: all that is plain comes back, nothing else does."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, namedtuple
from enum import IntEnum
from math import copysign, isnan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judges.code.answers import Answer, _paired
from judges.code.drivers.wire import NotPlainError, as_json, decode, encode
from judges.sandbox.outcome import Outcome

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
)
KEYS = SCALARS | st.tuples(SCALARS, SCALARS) | st.frozensets(SCALARS, max_size=3)
VALUES = st.recursive(
    KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=5,
)
EXITED = Outcome(
    ended="exited",
    exit_code=0,
    signal=None,
    stdout="",
    stderr="",
    channel=b"",
    wall_ms=1.0,
    tier="T1",
)
Point = namedtuple("Point", "x y")


class Level(IntEnum):
    """A number with a name."""

    LOW = 1


def there_and_back(value: Any) -> Any:
    return decode(json.loads(as_json(encode(value))))


@given(VALUES)
def test_a_plain_value_comes_back_with_its_types(value: Any) -> None:
    assert repr(there_and_back(value)) == repr(value) or there_and_back(value) == value


def test_what_json_cannot_say_comes_back() -> None:
    assert isnan(there_and_back(float("nan")))
    assert copysign(1, there_and_back(-0.0)) == -1
    assert there_and_back(["\ud800", 10**400]) == ["\ud800", 10**400]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Level.LOW, 1),
        (Point(1, 2), (1, 2)),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(b=1), {"b": 1}),
        ({(1, 2)}, {(1, 2)}),
        ({(1,): [()]}, {(1,): [()]}),
        (type("Own", (str,), {"__eq__": lambda *_: True, "__hash__": None})("a"), "a"),
        (type("Own", (float,), {"__float__": lambda _: 9.0})(1.5), 1.5),
    ],
)
def test_a_subclass_becomes_its_plain_kind(value: Any, plain: Any) -> None:
    found = there_and_back(value)
    assert (type(found), found) == (type(plain), plain)


@pytest.mark.parametrize("value", [object(), len, iter([]), [range(3)], {1: print}])
def test_what_is_not_plain_is_refused(value: Any) -> None:
    with pytest.raises(NotPlainError):
        encode(value)


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"{", b"null", b"[]", b"{}", b'"x"', b"\xff", b"[" * 10_000, b'{"value": {}}'),
        *(b'{"value": {"a": 1, "b": 2}}', b'{"value": {"set": [[1]]}}', b'{"value": {"int": 1}}'),
        *(b'{"value": {"eval": "1"}}', b'{"raised": 1}', b'{"raised": []}', b'{"refused": 1}'),
        *(b'{"value": {"set": [' + b",".join([b"1"] * 20_001) + b"]}}", b'{"load": 1}'),
        b'{"value": {"complex": [1' + b"0" * 400 + b", 0]}}",
    ],
)
def test_an_answer_that_cannot_be_read_is_no_value(line: bytes) -> None:
    (answer,) = _paired([line], 1, outcome=EXITED)
    assert answer.code == "tampered"


def test_more_answers_than_calls_are_none() -> None:
    answers = _paired([b'{"value": 1}'] * 3, 2, outcome=EXITED)
    assert [answer.code for answer in answers] == ["tampered"] * 2


def test_answers_that_are_missing_say_how_the_process_ended() -> None:
    answers = _paired([b'{"value": 1}'], 2, outcome=EXITED)
    assert answers[0] == Answer(1)
    assert answers[1].code == "exited_early"


def test_an_ancestry_of_every_exception_is_none() -> None:
    (many,) = _paired([b'{"raised": ["KeyError", "ValueError", "TypeError"]}'], 1, outcome=EXITED)
    (own,) = _paired([b'{"raised": ["DivisionByZero", "ZeroDivisionError"]}'], 1, outcome=EXITED)
    assert (many.code, many.raised) == ("tampered", ())
    assert own.raised == ("DivisionByZero", "ZeroDivisionError")


def test_a_long_name_is_cut_short() -> None:
    line = json.dumps({"raised": ["A" * 900_000], "text": ""}).encode()
    (answer,) = _paired([line], 1, outcome=EXITED)
    assert len(answer.reason) < 200

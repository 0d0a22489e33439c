"""Bring the calls that a case expects and those that were made in line, to be compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import zip_longest
from typing import Any, Final

from evalsite.diffs.structure import ABSENT, is_same
from judges.toolschema import are_calls, read_arguments

Call = dict[str, Any]
# More calls than these are compared place by place.
_MOST_PAIRED: Final = 60
_ANY_OF: Final = "any of"


def in_line(
    expected: Any, answer: Any, *, ordered: bool, unordered: Collection[str] = ()
) -> tuple[Any, Any]:
    """Answer both sides with only what both speak of, and their calls in line.

    A schema that names what it expects is not the schema of what is answered: members that only
    one side has are left out, and two objects without a common one are two empty ones. Unless
    `ordered`, each expected call stands beside the one that fits it best. Where one of several
    values is accepted, the one given counts. In `unordered` members equal elements stand together.
    """
    if not (isinstance(expected, dict) and isinstance(answer, dict)):
        return expected, answer
    sides = {
        name: _as_a_set(expected[name], answer[name])
        if name in unordered
        else _calls_in_line(expected[name], answer[name], ordered=ordered)
        for name in expected
        if name in answer
    }
    return {n: side[0] for n, side in sides.items()}, {n: side[1] for n, side in sides.items()}


def answers_in_line(was: Any, now: Any) -> tuple[Any, Any]:
    """Answer two answers of a system whole, each call beside the one it is nearest to."""
    if not (isinstance(was, dict) and isinstance(now, dict)):
        return was, now
    both = {name: (was[name], now[name]) for name in was if name in now}
    calls = {n: _whole_calls(*sides) for n, sides in both.items() if all(map(are_calls, sides))}
    before, after = ({n: sides[i] for n, sides in calls.items()} for i in (0, 1))
    return {**was, **before}, {**now, **after}


def _whole_calls(was: list[Call], now: list[Call]) -> tuple[list[Any], list[Any]]:
    first, second = ([{**call, **_made(call)} for call in calls] for calls in (was, now))
    if max(len(first), len(second)) > _MOST_PAIRED:
        return first, second
    pairs = list(_paired(first, second))
    return [one for one, _ in pairs], [other for _, other in pairs]


def _as_a_set(expected: Any, answer: Any) -> tuple[Any, Any]:
    """Put what is in both at the same places; an object that has an id, or is named, is that."""
    if not (isinstance(expected, list | dict) and isinstance(answer, list)):
        return expected, answer
    wanted, given = [_named(one) for one in expected], [_named(one) for one in answer]
    missing = [one if one in given else ABSENT for one in wanted]
    extra = [one for one in given if one not in wanted]
    return [*wanted, *([ABSENT] * len(extra))], [*missing, *extra]


def _named(value: Any) -> Any:
    return value["id"] if isinstance(value, dict) and "id" in value else value


def _calls_in_line(expected: Any, answer: Any, *, ordered: bool) -> tuple[Any, Any]:
    if not (are_calls(answer) and are_calls(expected) and all(map(_is_expected, expected))):
        return expected, answer
    given = [_made(call) for call in answer]
    if ordered or max(len(given), len(expected)) > _MOST_PAIRED:
        pairs: list[tuple[Any, Any]] = list(zip_longest(expected, given, fillvalue=ABSENT))
    else:
        pairs = list(_paired(expected, given))
    return [_wanted(call, given=made) for call, made in pairs], [made for _, made in pairs]


def _is_expected(call: Call) -> bool:
    accepted = call.get("accepted", {})
    lists = isinstance(accepted, dict) and all(isinstance(v, list) for v in accepted.values())
    return lists and isinstance(call.get("arguments") or {}, dict)


def _made(call: Call) -> Call:
    """A call as it is judged: what became of it is no part of it."""
    arguments = read_arguments(call)
    return {
        "name": call["name"],
        "arguments": call.get("arguments") if arguments is None else arguments,
    }


def _paired(expected: list[Call], given: list[Call]) -> Iterator[tuple[Any, Any]]:
    """Give each expected call with the given one that it is nearest to, the nearest pairs first.

    A call without a partner stands beside nothing.
    """
    near = sorted(
        (-_likeness(call, made), i, j)
        for i, call in enumerate(expected)
        for j, made in enumerate(given)
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for unlikeness, i, j in near:
        if unlikeness and i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    for i, call in enumerate(expected):
        yield call, given[pairs[i]] if i in pairs else ABSENT
    for j, made in enumerate(given):
        if j not in taken:
            yield ABSENT, made


def _likeness(expected: Call, given: Call) -> int:
    """Answer 0 for another tool, else 1 and one more for each argument that fits."""
    if expected["name"] != given["name"]:
        return 0
    made = given["arguments"] if isinstance(given["arguments"], dict) else {}
    wanted = _wanted(expected, given=given)["arguments"]
    if not isinstance(wanted, dict):
        return 1
    return 1 + sum(name in made and is_same(value, made[name]) for name, value in wanted.items())


def _wanted(call: Any, *, given: Any) -> Any:
    """An expected call as it would have been right here: with the accepted values given."""
    if call is ABSENT:
        return ABSENT
    if "accepted" not in call:
        return {"name": call["name"], "arguments": call.get("arguments") or {}}
    arguments = given["arguments"] if given is not ABSENT else {}
    made = arguments if isinstance(arguments, dict) else {}
    values = {
        name: _accepted(name, accepted, made=made) for name, accepted in call["accepted"].items()
    }
    wanted = {name: value for name, value in values.items() if value is not ABSENT}
    return {"name": call["name"], "arguments": wanted}


def _accepted(name: str, accepted: list[Any], *, made: Mapping[str, Any]) -> Any:
    """The one value to compare with: that given, if it is accepted; "" means: may be left out."""
    if name in made and any(is_same(value, made[name]) for value in accepted):
        return made[name]
    if name not in made and "" in accepted:
        return ABSENT
    values = [value for value in accepted if value != ""]
    return values[0] if len(values) == 1 else {_ANY_OF: values}

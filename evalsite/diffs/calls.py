"""Bring the calls that a case expects and those that were made in line, to be compared."""

from __future__ import annotations

from typing import Any, Final

from evalsite.diffs.structure import is_same
from judges.toolschema import are_calls, read_arguments

Call = dict[str, Any]
# More calls than these are compared place by place.
_MOST_PAIRED: Final = 60
_ANY_OF: Final = "any of"


def in_line(expected: Any, answer: Any, *, ordered: bool) -> tuple[Any, Any]:
    """Answer both sides with only what both speak of, and their calls in line.

    A schema that names what it expects is not the schema of what is answered: members that only
    one side has are left out, if there are others. Unless `ordered`, each expected call stands
    beside the one that fits it best. Where one of several values is accepted, the one given counts.
    """
    if not (isinstance(expected, dict) and isinstance(answer, dict)):
        return expected, answer
    both = [name for name in expected if name in answer]
    if not both:
        return expected, answer
    sides = [_calls_in_line(expected[n], answer[n], ordered=ordered) for n in both]
    wanted, given = zip(*sides, strict=True)
    return dict(zip(both, wanted, strict=True)), dict(zip(both, given, strict=True))


def _calls_in_line(expected: Any, answer: Any, *, ordered: bool) -> tuple[Any, Any]:
    if not (are_calls(expected) and are_calls(answer) and (expected or answer)):
        return expected, answer
    given = [_made(call) for call in answer]
    if not ordered and len(given) <= _MOST_PAIRED and len(expected) <= _MOST_PAIRED:
        given = _paired(expected, given)
    beside = [*given, *([{}] * (len(expected) - len(given)))]
    wanted = [_wanted(call, given=made) for call, made in zip(expected, beside, strict=False)]
    return wanted, given


def _made(call: Call) -> Call:
    """A call as it is judged: what became of it is no part of it."""
    arguments = read_arguments(call)
    return {
        "name": call["name"],
        "arguments": call.get("arguments") if arguments is None else arguments,
    }


def _paired(expected: list[Call], given: list[Call]) -> list[Call]:
    """Put each given call beside the expected one that it is nearest to, the nearest pair first."""
    near = sorted(
        (
            (_likeness(call, made), -i, -j)
            for i, call in enumerate(expected)
            for j, made in enumerate(given)
        ),
        reverse=True,
    )
    pairs: dict[int, int] = {}
    for likeness, i, j in near:
        if likeness and -i not in pairs and -j not in pairs.values():
            pairs[-i] = -j
    left = [place for place in range(len(given)) if place not in pairs.values()]
    order = [
        pairs[i] if i in pairs else (left.pop(0) if left else None) for i in range(len(expected))
    ]
    return [given[place] for place in (*order, *left) if place is not None]


def _likeness(expected: Call, given: Call) -> int:
    """Answer 0 for another tool, else 1 and one more for each argument that fits."""
    if expected["name"] != given["name"]:
        return 0
    made = given["arguments"] if isinstance(given["arguments"], dict) else {}
    wanted = _wanted(expected, given=given)["arguments"]
    return 1 + sum(name in made and is_same(value, made[name]) for name, value in wanted.items())


def _wanted(call: Call, *, given: Call) -> Call:
    """An expected call as it would have been right here: with the accepted values given."""
    made = given.get("arguments") if isinstance(given.get("arguments"), dict) else {}
    if "accepted" not in call:
        return {"name": call["name"], "arguments": call.get("arguments") or {}}
    arguments = {}
    for name, accepted in call["accepted"].items():
        if name in made and any(is_same(value, made[name]) for value in accepted):
            arguments[name] = made[name]
        elif name in made or "" not in accepted:
            values = [value for value in accepted if value != ""]
            arguments[name] = values[0] if len(values) == 1 else {_ANY_OF: values}
    return {"name": call["name"], "arguments": arguments}

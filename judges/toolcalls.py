"""The judge of logic: are these the expected calls, with accepted values?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from judges.protocol import PASS, Score, shown
from judges.strictness import PROFILES, Profile, ProfileName
from judges.toolschema import are_calls, read_arguments, read_tools

Call = dict[str, Any]


def tool_calls(
    expected: Any,
    answer: Any,
    *,
    profile: ProfileName = "standard",
    ordered: bool = False,
    tools: list[Any] | None = None,
) -> Score:
    """Score the share of calls that pair up, over the longer list; all must, and none be left.

    An expected call has `arguments` (one value each) or `accepted` (a list of accepted values
    each, "" among them: may be left out). The order is free unless `ordered`.
    """
    if not are_calls(expected) or not all(map(_has_arguments, expected)):
        return Score.unscored("expected_not_calls", "The expected value is not a list of calls.")
    if not are_calls(answer):
        return Score(0.0, False, f"not a list of calls: {shown(answer)}")
    compare = _Comparison(expected, answer, rules=PROFILES[profile], tools=read_tools(tools or []))
    pairs = compare.in_order() if ordered else compare.best_pairs()
    longer = max(len(expected), len(answer))
    if len(pairs) == longer:
        return PASS
    problems = list(compare.explain(pairs, ordered=ordered))
    details = {"matched": len(pairs), "expected": len(expected), "given": len(answer)}
    reason = "; ".join(problems[:3])
    return Score(len(pairs) / longer, False, reason, {**details, "problems": problems[:20]})


class _Comparison:
    """Expected calls against given ones."""

    def __init__(
        self,
        expected: list[Call],
        given: list[Call],
        *,
        rules: Profile,
        tools: dict[str, dict[str, Any]],
    ) -> None:
        self.expected = expected
        self.given = given
        self.rules = rules
        self.tools = tools

    def in_order(self) -> dict[int, int]:
        """Pair the calls at the same place that fit."""
        places = range(min(len(self.expected), len(self.given)))
        return {place: place for place in places if self._fit(place, place)}

    def best_pairs(self) -> dict[int, int]:
        """Pair as many given calls (keys) with expected ones (values) as can be."""
        edges = [
            [given for given in range(len(self.given)) if self._fit(wanted, given)]
            for wanted in range(len(self.expected))
        ]
        pairs: dict[int, int] = {}
        for wanted in range(len(self.expected)):
            _augment(wanted, edges=edges, pairs=pairs, seen=set())
        return pairs

    def explain(self, pairs: dict[int, int], *, ordered: bool) -> Iterator[str]:
        """Say of every call that has no partner what is wrong with it."""
        extra = [place for place in range(len(self.given)) if place not in pairs]
        for wanted in sorted(set(range(len(self.expected))) - set(pairs.values())):
            near = self._nearest(wanted, [wanted] if ordered and wanted in extra else extra)
            if near is None:
                yield f"{self.expected[wanted]['name']}: expected, but not called"
            else:
                extra.remove(near)
                yield from self._problems(wanted, near)
        for place in extra:
            yield f"{self.given[place]['name']}: called, but not expected (call {place + 1})"

    def _nearest(self, wanted: int, candidates: list[int]) -> int | None:
        name = self.expected[wanted]["name"]
        same = [place for place in candidates if self.given[place]["name"] == name]
        return min(same, key=lambda place: len(list(self._problems(wanted, place))), default=None)

    def _fit(self, wanted: int, given: int) -> bool:
        if self.expected[wanted]["name"] != self.given[given]["name"]:
            return False
        return next(self._problems(wanted, given), None) is None

    def _problems(self, wanted: int, given: int) -> Iterator[str]:
        call, name = self.expected[wanted], self.expected[wanted]["name"]
        arguments = read_arguments(self.given[given])
        if arguments is None:
            yield f"{name}: the arguments are not a JSON object"
            return
        nested = "accepted" in call
        accepted = call["accepted"] if nested else _as_lists(call.get("arguments") or {})
        schemas = self.tools.get(name, {}).get("properties") or {}
        for key, value in arguments.items():
            options = accepted.get(key)
            if problem := self._wrong(value, options, schema=schemas.get(key) or {}, nested=nested):
                yield f"{name}.{key}: {problem}"
        for key in [key for key in accepted if key not in arguments]:
            if not self._may_be_left_out(accepted[key], schemas.get(key) or {}, nested=nested):
                yield f"{name}.{key}: expected {_choices(accepted[key])}, but left out"

    def _wrong(
        self, value: Any, options: list[Any] | None, *, schema: dict[str, Any], nested: bool
    ) -> str:
        if options is None:
            # Given at its default, an argument does what leaving it out would do.
            known = self._is_default(value, schema)
            return "" if known else f"not expected, got {shown(value)}"
        if self.rules.accepts(options, value, schema=schema, nested=nested):
            return ""
        return f"expected {_choices(options)}, got {shown(value)}"

    def _may_be_left_out(self, options: list[Any], schema: dict[str, Any], *, nested: bool) -> bool:
        return (nested and "" in options) or any(
            self._is_default(option, schema) for option in options
        )

    def _is_default(self, value: Any, schema: dict[str, Any]) -> bool:
        if not self.rules.defaults or "default" not in schema:
            return False
        return self.rules.accepts([schema["default"]], value, schema=schema, nested=False)


def _choices(options: list[Any]) -> str:
    values = [shown(option) for option in options if option != ""] or ["nothing"]
    return values[0] if len(values) == 1 else f"one of {', '.join(values[:5])}"


def _has_arguments(call: Call) -> bool:
    accepted, arguments = call.get("accepted", {}), call.get("arguments", {})
    lists = isinstance(accepted, dict) and all(isinstance(v, list) for v in accepted.values())
    return lists and isinstance(arguments, dict)


def _as_lists(arguments: dict[str, Any]) -> dict[str, list[Any]]:
    return {key: [value] for key, value in arguments.items()}


def _augment(wanted: int, *, edges: list[list[int]], pairs: dict[int, int], seen: set[int]) -> bool:
    for given in edges[wanted]:
        if given in seen:
            continue
        seen.add(given)
        taken_by = pairs.get(given)
        if taken_by is None or _augment(taken_by, edges=edges, pairs=pairs, seen=seen):
            pairs[given] = wanted
            return True
    return False

"""Lifting the assertions of a test script out of it, where that keeps their meaning exactly.

Lifted, the calls go to one process and what is asserted stays in ours. A script is lifted when it
is straight: assertions on calls of the entry point with constant arguments, by the operators and
builtins of `expressions`. Anything else, be it one loop, leaves the whole script as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from judges.code.answers import Answer, Call, Failure
from judges.code.drivers.wire import NotPlainError, encode
from judges.code.expressions import BUILTINS, RAISED, Expressions, Unsupported

_IMMUTABLE = (str, int, float, complex, bytes, bool, type(None))
_MOST_CALLS = 10_000


class _Unanswered(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


@dataclass(slots=True)
class Lifted:
    """The calls of a script, and its assertions over their answers."""

    calls: list[Call] = field(default_factory=list)
    asserts: list[ast.Assert] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    places: dict[ast.Call, int] = field(default_factory=dict)

    def failures(self, answers: Sequence[Answer]) -> Iterator[Failure | None]:
        """Yield for each assertion why it does not hold, or None where it does."""

        def answer(node: ast.Call) -> Any:
            given = answers[self.places[node]]
            if given.code:
                raise _Unanswered(given)
            return given.value  # no builtin of `expressions` changes it

        expressions = Expressions(self.names, answered=self.places, answer=answer)
        for node in self.asserts:
            yield _failure(expressions, node)


def lift(tree: ast.Module, *, entry_point: str) -> Lifted | None:
    """Give the script's calls and assertions, or None where it cannot be lifted exactly."""
    lifter = _Lifter(tree, entry_point)
    try:
        lifter.block(tree.body, aliases=frozenset({entry_point}))
    except (Unsupported, NotPlainError, *RAISED):
        return None
    return lifter.lifted if lifter.lifted.asserts else None


def _failure(expressions: Expressions, node: ast.Assert) -> Failure | None:
    try:
        if expressions.value(node.test):
            return None
        return Failure("assertion_failed", f"does not hold: {ast.unparse(node.test)[:200]}")
    except _Unanswered as unanswered:
        answer = unanswered.answer
        return Failure(answer.code, f"{answer.reason}: {ast.unparse(node.test)[:200]}")
    except RAISED as error:
        what = f"{type(error).__name__}: {error}"
        return Failure("assertion_failed", f"{what[:200]}: {ast.unparse(node.test)[:200]}")


class _Lifter:
    def __init__(self, tree: ast.Module, entry_point: str) -> None:
        self.lifted = Lifted()
        self._functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
        self._entered: set[str] = set()
        self._entry_point = entry_point

    def block(self, body: list[ast.stmt], *, aliases: frozenset[str]) -> None:
        """Lift statement after statement; aliases are the names of the entry point."""
        for node in body:
            if isinstance(node, ast.Assert):
                self._assertion(node, aliases)
            elif isinstance(node, ast.Assign):
                self._assignment(node)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                self._enter(node.value, aliases)
            elif not self._does_nothing(node):
                raise Unsupported(type(node).__name__)

    def _assertion(self, node: ast.Assert, aliases: frozenset[str]) -> None:
        for call in (n for n in ast.walk(node.test) if isinstance(n, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in aliases:
                self._call(call)
        if any(_may_be_left_out(part) for part in ast.walk(node.test)):
            raise Unsupported("or")
        Expressions(self.lifted.names, answered=self.lifted.places).check(node.test)
        self.lifted.asserts.append(node)

    def _call(self, node: ast.Call) -> None:
        args = [self._argument(argument) for argument in node.args]
        words = {word.arg: self._argument(word.value) for word in node.keywords if word.arg}
        if len(words) < len(node.keywords) or len(self.lifted.calls) >= _MOST_CALLS:
            raise Unsupported("a call")
        encode([args, words])
        self.lifted.places[node] = len(self.lifted.calls)
        self.lifted.calls.append((args, words))

    def _argument(self, node: ast.expr) -> Any:
        for name in (n for n in ast.walk(node) if isinstance(n, ast.Name)):
            # What a call changes in place would be seen by the script, but not by us.
            if not isinstance(self.lifted.names.get(name.id, ...), _IMMUTABLE):
                raise Unsupported(name.id)
        return Expressions(self.lifted.names).value(node)

    def _assignment(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Name):
            raise Unsupported("an assignment")
        self._keep_single(target.id)
        self.lifted.names[target.id] = Expressions(self.lifted.names).value(node.value)

    def _enter(self, node: ast.Call, aliases: frozenset[str]) -> None:
        """Go into one of the script's own functions, once each, so that its names stay single."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        function = self._functions.get(name)
        given = [argument.id for argument in node.args if isinstance(argument, ast.Name)]
        parameters = [argument.arg for argument in function.args.args] if function else []
        fits = len(given) == len(node.args) == len(parameters) and set(given) <= aliases
        if not function or not fits or node.keywords or name in self._entered:
            raise Unsupported(name)
        self._entered.add(name)
        self.block(function.body, aliases=frozenset({self._entry_point, *parameters}))

    def _does_nothing(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                self._keep_single(alias.asname or alias.name)
            return True
        if isinstance(node, ast.FunctionDef):
            if node.name in {self._entry_point, *BUILTINS} or node.decorator_list:
                raise Unsupported(node.name)
            return node is self._functions.get(node.name)
        if isinstance(node, ast.Expr):
            return isinstance(node.value, ast.Constant | ast.Name)
        return isinstance(node, ast.Pass)

    def _keep_single(self, name: str) -> None:
        if name in {"*", self._entry_point, *self._functions, *self.lifted.names, *BUILTINS}:
            raise Unsupported(name)


def _may_be_left_out(node: ast.AST) -> bool:
    """Python would leave out what stands behind a true `or`; we would have called it."""
    if not isinstance(node, ast.BoolOp) or not isinstance(node.op, ast.Or):
        return False
    return any(isinstance(inner, ast.Call) for v in node.values[1:] for inner in ast.walk(v))

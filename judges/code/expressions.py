"""Evaluating what a test asserts over plain values: a small, bounded part of Python, without exec.

Only displays, operators and some builtins; the results are Python's own. What would need unbounded
time or memory raises OverflowError.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Container, Mapping
from typing import Any

_LARGEST_POWER_BITS = 4096
_LONGEST_SEQUENCE = 1_000_000

# What evaluating may raise, as Python would.
RAISED = (TypeError, ValueError, ArithmeticError, LookupError, RecursionError)

BUILTINS: Mapping[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (abs, all, any, bool, dict, float, frozenset, int, len, list, max, min, round, set)
} | {f.__name__: f for f in (isinstance, sorted, str, sum, tuple, type)}


def _times(one: Any, other: Any) -> Any:
    for sequence, number in ((one, other), (other, one)):
        repeats = isinstance(number, int) and isinstance(sequence, str | bytes | list | tuple)
        if repeats and len(sequence) * number > _LONGEST_SEQUENCE:
            raise OverflowError("the product is too long")
    return one * other


def _power(one: Any, other: Any) -> Any:
    whole = isinstance(one, int) and isinstance(other, int)
    if whole and other > 0 and one.bit_length() * other > _LARGEST_POWER_BITS:
        raise OverflowError("the power is too large")
    return one**other


def _remainder(one: Any, other: Any) -> Any:
    if isinstance(one, str | bytes):
        raise OverflowError("formatting is not evaluated")
    return one % other


_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _times,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _remainder,
    ast.Pow: _power,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
}


class Unsupported(Exception):
    """An expression outside this part of Python."""


def _found(table: Mapping[type[Any], Callable[..., Any]], node: ast.AST) -> Callable[..., Any]:
    if type(node) not in table:
        raise Unsupported(type(node).__name__)
    return table[type(node)]


class Expressions:
    """Evaluates expressions over names that are constants, and calls that were answered before."""

    def __init__(
        self,
        names: Mapping[str, Any],
        *,
        answered: Container[ast.Call] = (),
        answer: Callable[[ast.Call], Any] | None = None,
    ) -> None:
        self._names = names
        self._answered = answered
        self._answer = answer

    def value(self, node: ast.expr) -> Any:
        """Give the value of an expression.

        Raises Unsupported, one of RAISED as Python would, or what `answer` raises.
        """
        method = _EVALUATORS.get(type(node))
        if method is None:
            raise Unsupported(type(node).__name__)
        return method(self, node)

    def check(self, node: ast.expr) -> None:
        """Raise Unsupported, and evaluate nothing, unless value could evaluate the expression."""
        if type(node) not in _EVALUATORS:
            raise Unsupported(type(node).__name__)
        if isinstance(node, ast.Call):
            if node in self._answered:
                return
            self._builtin(node)
            if any(word.arg is None for word in node.keywords):
                raise Unsupported("**")
        elif isinstance(node, ast.Name):
            self._name(node)
        for child in ast.iter_child_nodes(node):
            self._check_child(child, of=node)

    def _check_child(self, child: ast.AST, *, of: ast.expr) -> None:
        if isinstance(child, ast.operator):
            _found(_BINARY, child)
        elif isinstance(child, ast.unaryop):
            _found(_UNARY, child)
        elif isinstance(child, ast.keyword):
            self.check(child.value)
        elif isinstance(child, ast.expr) and not (isinstance(of, ast.Call) and child is of.func):
            self.check(child)

    def _all(self, nodes: list[ast.expr]) -> list[Any]:
        return [self.value(node) for node in nodes]

    def _name(self, node: ast.Name) -> Any:
        if node.id in self._names:
            return self._names[node.id]
        builtin = BUILTINS.get(node.id)
        if not isinstance(builtin, type):
            raise Unsupported(node.id)
        return builtin

    def _dict(self, node: ast.Dict) -> Any:
        keys = [key for key in node.keys if key is not None]
        if len(keys) < len(node.values):
            raise Unsupported("**")
        return dict(zip(self._all(keys), self._all(node.values), strict=True))

    def _bool(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for part in node.values:
            value = self.value(part)
            if bool(value) is isinstance(node.op, ast.Or):
                break
        return value

    def _binary(self, node: ast.BinOp) -> Any:
        return _found(_BINARY, node.op)(self.value(node.left), self.value(node.right))

    def _unary(self, node: ast.UnaryOp) -> Any:
        return _found(_UNARY, node.op)(self.value(node.operand))

    def _compare(self, node: ast.Compare) -> Any:
        left, result = self.value(node.left), True
        for kind, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node)
            result = _COMPARE[type(kind)](left, right)
            if not result:
                break
            left = right
        return result

    def _call(self, node: ast.Call) -> Any:
        if self._answer and node in self._answered:
            return self._answer(node)
        apply = self._builtin(node)
        words = {word.arg: self.value(word.value) for word in node.keywords if word.arg}
        return apply(*self._all(node.args), **words)

    def _builtin(self, node: ast.Call) -> Callable[..., Any]:
        apply = BUILTINS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if apply is None:
            raise Unsupported(ast.unparse(node.func))
        return apply


_EVALUATORS: dict[type[ast.expr], Callable[[Expressions, Any], Any]] = {
    ast.Constant: lambda _, node: node.value,
    ast.List: lambda at, node: at._all(node.elts),
    ast.Tuple: lambda at, node: tuple(at._all(node.elts)),
    ast.Set: lambda at, node: set(at._all(node.elts)),
    ast.Name: Expressions._name,
    ast.Dict: Expressions._dict,
    ast.BoolOp: Expressions._bool,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.Compare: Expressions._compare,
    ast.Call: Expressions._call,
}

"""The judge `python_syntax`: a program parses, and defines what will be called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from judges.code.parse import UNPARSED, parse
from judges.protocol import PASS, Score, shown

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def python_syntax(expected: Any, answer: Any) -> Score:
    """Pass a program that parses as Python and binds the expected name at its top, if one is given.

    Nothing is run. A name that only a star import could bind is given the benefit of the doubt.
    """
    if expected is not None and not isinstance(expected, str):
        return Score.unscored("expected_not_name", f"no name of a function: {shown(expected)}")
    if not isinstance(answer, str):
        return Score(0.0, False, f"no program: {shown(answer)}", code="not_a_program")
    try:
        tree = parse(answer)
    except SyntaxError as error:
        return Score(0.0, False, f"line {error.lineno}: {error.msg}", code="syntax_error")
    except UNPARSED as error:
        return Score(0.0, False, f"cannot be parsed: {type(error).__name__}", code="syntax_error")
    names = set(_bound(tree))
    if expected and not {expected, "*"} & names:
        return Score(0.0, False, f"{shown(expected)} is not defined", code="entry_point_undefined")
    return PASS


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a module binds, not those inside its functions and classes."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    if not isinstance(node, _SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)

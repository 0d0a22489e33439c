"""The judge `python_quality`: how simple and short a program is, by counts of its syntax tree."""

from __future__ import annotations

import ast
from typing import Annotated, Any

from pydantic import Field

from judges.code.parse import UNPARSED, parse
from judges.protocol import Score, Threshold, shown

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BRANCHES = (
    *(ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.comprehension),
    *(ast.Assert, ast.match_case),
)


def python_quality(
    expected: Any,
    answer: Any,
    *,
    max_complexity: Annotated[int, Field(ge=1)] = 10,
    max_ratio: Annotated[float, Field(ge=1)] = 2.0,
    threshold: Threshold = 1.0,
) -> Score:
    """Judge a program's simplicity against limits; it says nothing of what the program does.

    Complexity is McCabe's number (1976) of the most complex function: 1 and the branches, loops,
    handlers and boolean operators; his limit is 10. With a reference program as the expected value,
    a function as complex as the reference's is simple enough, and no more than max_ratio times its
    statements are short enough. The value is the mean of limit / count, each at most 1.
    """
    tree, reference = _parsed(answer), _parsed(expected)
    if tree is None:
        return Score(0.0, False, f"no program: {shown(answer)}", code="not_a_program")
    if reference is None and expected is not None:
        return Score.unscored("expected_not_program", f"no program: {shown(expected)}")
    most = max(max_complexity, complexity(reference) if reference else 0)
    counts = [("complexity", complexity(tree), most)]
    if reference:
        counts.append(("statements", statements(tree), int(max_ratio * statements(reference))))
    value = sum(min(1.0, limit / max(1, count)) for _, count, limit in counts) / len(counts)
    over = [f"{name} {count}, at most {limit}" for name, count, limit in counts if count > limit]
    passed = value >= threshold
    details = {name: count for name, count, _ in counts}
    return Score(value, passed, "" if passed else "; ".join(over), details)


def complexity(tree: ast.AST) -> int:
    """Give McCabe's number of the most complex function, or of the module's own statements."""
    functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
    return max(map(_complexity, functions), default=_complexity(tree))


def statements(tree: ast.AST) -> int:
    """Count the statements of a program, texts that stand alone left out."""
    return sum(isinstance(node, ast.stmt) and not _is_text(node) for node in ast.walk(tree))


def _complexity(tree: ast.AST) -> int:
    number = 1
    for node in ast.walk(tree):
        number += isinstance(node, _BRANCHES)
        number += len(node.ifs) if isinstance(node, ast.comprehension) else 0
        number += len(node.values) - 1 if isinstance(node, ast.BoolOp) else 0
    return number


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _parsed(text: Any) -> ast.Module | None:
    try:
        return parse(text) if isinstance(text, str) and text.strip() else None
    except UNPARSED:
        return None

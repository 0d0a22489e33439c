"""The error codes and check ids that the source can give, read from its syntax trees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.house.tree import parsed, python_files

# Calls whose argument at that place is a code.
_CODE_AT = {
    "BadLine": 1,
    "Crash": 0,
    "Flaw": 0,
    "Halt": 0,
    "Score": 4,
    "Ending": 0,
    "Failure": 0,
    "StageResult": 4,
    "unscored": 0,
    "_refuse": 0,
}
_IS_CODE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_CHECK_ID = re.compile(r"evalsite\.[EW]\d{3}")
# Constants that are given for a code.
_CONSTANTS = {
    *("WORKER_CRASHED", "TARGET_ERROR", "NOT_APPLICABLE", "OUTPUT_REPEATED", "CASE_UNKNOWN"),
    *("MONEY_CAP", "MONTH_QUOTA", "BY_HAND"),
}
# Codes that are put together from a kind or key.
_COMPOSED = {
    *(
        f"{kind}_{fate}"
        for kind in ("judge", "pack")
        for fate in ("broken", "duplicate", "unknown")
    ),
    *(f"{key}_missing" for key in ("response", "answer", "input")),
    # Django REST framework's own.
    "not_authenticated",
}


@cache
def error_codes() -> frozenset[str]:
    """List every code that a person or a program may be told."""
    found = set(_COMPOSED)
    for path in python_files("evalsite", "packs", "judges"):
        for node in ast.walk(parsed(path)):
            found |= set(_codes(node))
    return frozenset(code for code in found if _IS_CODE.fullmatch(code))


@cache
def check_ids() -> frozenset[str]:
    """List every id of a system check."""
    texts = (path.read_text() for path in python_files("evalsite"))
    return frozenset(found for text in texts for found in _CHECK_ID.findall(text))


def _codes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        for statement in node.body:
            yield from _assigned(statement, {"code"})
    elif isinstance(node, ast.Call):
        at = _CODE_AT.get(_name(node.func))
        if at is not None:
            yield from _texts(*node.args[at : at + 1])
        yield from _texts(*(keyword.value for keyword in node.keywords if keyword.arg == "code"))
    else:
        yield from _assigned(node, _CONSTANTS)


def _assigned(node: ast.AST, names: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        yield from _texts(node.value) if _name(target) in names else ()


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _texts(*values: ast.expr) -> Iterator[str]:
    """Yield the text of each value, or the texts of a table that the code is looked up in."""
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
        elif isinstance(value, ast.Call) and isinstance(table := _looked_up(value), ast.Dict):
            yield from _texts(*table.values, *value.args[1:])


def _looked_up(call: ast.Call) -> ast.expr | None:
    return call.func.value if isinstance(call.func, ast.Attribute) else None

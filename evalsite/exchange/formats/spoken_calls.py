"""Calls as a model writes them in a text: `[search(city="Rome", days=2)]`. Read, never run."""

from __future__ import annotations

import ast
from typing import Any, Final

from evalsite.cases.strict_json import JsonRefused, check

_PLAIN: Final = (str, int, float, bool, type(None))


def read_calls(text: str) -> list[dict[str, Any]] | None:
    """Answer the calls of a text, or None where it is something else.

    Arguments that no tool could be called with, such as ones without names, stay text.
    """
    source = text.strip().strip("`").strip()
    try:
        tree = ast.parse(source if source.startswith("[") else f"[{source}]", mode="eval")
        nodes = tree.body.elts if isinstance(tree.body, ast.List) else []
        calls = [_call(node) for node in nodes if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return calls if calls and len(calls) == len(nodes) else None


def _call(node: ast.Call) -> dict[str, Any]:
    name = ast.unparse(node.func)
    named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    if node.args or len(named) < len(node.keywords):
        return {"name": name, "arguments": ast.unparse(node)}
    try:
        arguments = check({key: _value(value) for key, value in named.items()})
    except JsonRefused:
        arguments = ast.unparse(node)
    return {"name": name, "arguments": arguments}


def _value(node: ast.expr) -> Any:
    """Answer a literal's value; anything else stays as the text it is."""
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Dict) and all(_is_name(key) for key in node.keys):
        keys = [ast.literal_eval(key) for key in node.keys if key is not None]
        return dict(zip(keys, map(_value, node.values), strict=True))
    if isinstance(node, ast.Constant | ast.UnaryOp):
        try:
            value = ast.literal_eval(node)
        except ValueError:
            return ast.unparse(node)
        if isinstance(value, _PLAIN):
            return value
    return ast.unparse(node)


def _is_name(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and isinstance(key.value, str)

"""A test script: what of it is called, and by which rule."""

from __future__ import annotations

import ast

from judges.code.parse import UNPARSED, parse
from judges.protocol import JudgeError


def read_script(text: str, *, entry_point: str) -> ast.Module:
    """Parse a test script and add the calls that its form leaves out.

    HumanEval's form defines `check(candidate)`, pytest's defines `test_*()`: those that the script
    does not call itself are called at its end. `unittest.main()` is left out: we run the tests.
    Raises JudgeError `tests_invalid` for a script that cannot be parsed.
    """
    try:
        tree = parse(text.strip())
    except UNPARSED as error:
        message = f"The test script cannot be parsed: {error or type(error).__name__}"
        raise JudgeError(message, code="tests_invalid") from error
    tree.body = [node for node in tree.body if not _is_unittest_main(node)]
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for function in functions:
        if function.name not in called and (call := _call(function, entry_point)):
            tree.body += parse(call).body
    return tree


def count_asserts(tree: ast.Module) -> int:
    """Count the assertions of a script, wherever they stand."""
    return sum(isinstance(node, ast.Assert) for node in ast.walk(tree))


def wants_class(tree: ast.Module, *, entry_point: str) -> bool:
    """Tell whether a script uses the entry point as a class: its attributes, or those of what a
    call of it gave; isinstance with it; a class derived from it.
    """
    nodes = list(ast.walk(tree))
    checks = [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == "check"]
    aliases = {entry_point, *(argument.arg for check in checks for argument in check.args.args)}
    made = {
        ast.unparse(target)
        for node in nodes
        if isinstance(node, ast.Assign) and _is_call_of(node.value, aliases)
        for target in node.targets
    }
    bases = [node.value for node in nodes if isinstance(node, ast.Attribute)]
    named = [base for node in nodes if isinstance(node, ast.ClassDef) for base in node.bases]
    for node in nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass"):
            named += node.args[1:]
    return any(
        _is_call_of(one, aliases) or ast.unparse(one) in made | aliases for one in bases
    ) or any(ast.unparse(one) in aliases for one in named)


def _is_call_of(node: ast.expr, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in names


def _call(function: ast.FunctionDef, entry_point: str) -> str:
    arguments = len(function.args.args)
    if function.name == "check" and arguments == 1 and entry_point:
        return f"check({entry_point})"
    return f"{function.name}()" if function.name.startswith("test") and not arguments else ""


def _is_unittest_main(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):  # if __name__ == "__main__":
        return all(map(_is_unittest_main, node.body))
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    return ast.unparse(node.value.func) == "unittest.main"

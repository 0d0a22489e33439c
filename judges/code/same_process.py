"""Running a program and a test script that cannot be lifted in one sandboxed process.

A program in the same process can do more than one that never meets its tests: the verdict carries
`verdict_strength: same_process`. What raises the bar: a nonce that no name holds, tripwires (see
`drivers/watch`), assertions over plain values only, a count of them, a control that must fail.
"""

from __future__ import annotations

import ast
import re
import secrets

from judges.code.answers import Failure, read_failure, shown_plain
from judges.code.program import Program, drive, ending, not_run
from judges.code.script import wants_class
from judges.protocol import JudgeError

# unittest's comparisons of two values.
_COMPARING = frozenset(
    f"assert{name}"
    for name in (
        *("Equal", "NotEqual", "AlmostEqual", "NotAlmostEqual", "Greater", "GreaterEqual", "Less"),
        *("LessEqual", "In", "NotIn", "CountEqual", "SequenceEqual", "ListEqual", "TupleEqual"),
        *("SetEqual", "DictEqual", "MultiLineEqual", "Regex", "NotRegex"),
    )
)

# Modules that load nothing later on which looks at frames, but for what they loaded at once.
_LEAN = frozenset(
    {
        *("bisect", "cmath", "collections", "collections.abc", "copy", "functools", "heapq"),
        *("itertools", "math", "operator", "re", "string", "sys", "typing"),
    }
)
_IMPORT = re.compile(
    r"^[ \t]*(?:import (\w+)(?: as \w+)?|from ([\w.]+) import [\w, ]+)[ \t]*$", re.MULTILINE
)
# Where a program comes by a module: imports, codecs, and what warns of unawaited coroutines.
_LOADS = re.compile("import|cod|async")


def run_tests(program: Program, tree: ast.Module, *, preamble: str) -> Failure | None:
    """Run the script on the program: None where all of it holds, else why not.

    preamble is trusted text, such as the prompt: its functions are the tests' own.
    Raises JudgeError: `sandbox_unavailable`, `program_not_run`.
    """
    least, tests = _least_asserts(tree), _guarded(tree)
    nonce = secrets.token_hex(32)
    task = {
        "program": program.text,
        "setup": program.setup,
        "entry_point": program.entry_point,
        "preamble": preamble,
        "modules": sorted(_imported(tree)),
        "names": sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}),
        "wants_class": wants_class(tree, entry_point=program.entry_point),
        "tests": tests,
        "ahead": _ahead(program.text, program.setup, preamble, tests),
        "nonce": nonce,
    }
    outcome = drive("tests", task, limits=program.limits)
    ready, _, told = outcome.channel.partition(b"\n")
    if ready != b"ready":
        raise not_run(outcome)
    if not told:
        why = ending(outcome)
        return Failure(why.code, why.reason)
    return _read(told, nonce=nonce.encode(), least=least)


def _read(told: bytes, *, nonce: bytes, least: int) -> Failure | None:
    """Read the one line after `ready`; anyone in that process could have written it."""
    given, _, verdict = told.removesuffix(b" \n").partition(b" ")
    if not secrets.compare_digest(given, nonce):
        mark, _, rest = told.strip().partition(b" ")
        what = rest.decode("latin-1") if mark == b"tampered" else "the channel of its verdict"
        return Failure("tampered", f"it tampered with its judgement: {shown_plain(what)}")
    kind, _, rest = verdict.partition(b" ")
    if kind == b"passed" and rest.isdigit() and int(rest) >= max(least, 1):
        return None
    if kind == b"failed":
        answer = read_failure(rest)
        return Failure(answer.code, answer.reason)
    return Failure("tampered", f"{rest[:20]!r} assertions were made, not {least} or more")


def _ahead(*texts: str) -> list[str] | None:
    """Name the modules that these will load; None where it cannot be told from their texts."""
    text = "\n".join(texts)
    names = ["".join(found) for found in _IMPORT.findall(text)]
    is_told = len(names) == len(_LOADS.findall(text)) and _LEAN.issuperset(names)
    return names if is_told else None


def _imported(tree: ast.Module) -> set[str]:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {a.name for node in imports for a in node.names} | {n.module or "" for n in froms} - {""}


def _least_asserts(tree: ast.Module) -> int:
    """Count the assertions that stand in no loop, branch or class: each is made at least once."""
    statements = [node.value for node in tree.body if isinstance(node, ast.Expr)]
    calls = [node.func for node in statements if isinstance(node, ast.Call)]
    called = {function.id for function in calls if isinstance(function, ast.Name)}
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    bodies = [tree.body, *(function.body for function in functions if function.name in called)]
    return sum(isinstance(node, ast.Assert) for body in bodies for node in body)


def _guarded(tree: ast.Module) -> str:
    """Count each assertion, and let it compare plain values only."""
    for node in [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]:
        test = _Subtractions().visit(node.test)
        for inner in [inner for inner in ast.walk(test) if isinstance(inner, ast.Compare)]:
            if not any(isinstance(op, ast.Is | ast.IsNot) for op in inner.ops):
                inner.left = _wrapped("__plain__", inner.left)
                inner.comparators = [_wrapped("__plain__", other) for other in inner.comparators]
        node.test = _wrapped("__held__", test)
    for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
        if isinstance(call.func, ast.Attribute) and call.func.attr in _COMPARING:
            call.args[:2] = [_wrapped("__plain__", one) for one in call.args[:2]]
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    except RecursionError as error:
        raise JudgeError("The test script is nested too deeply.", code="tests_invalid") from error


class _Subtractions(ast.NodeTransformer):
    """Subtract by a function that keeps the program's objects and the tests' values apart."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Put the call in place of the operator."""
        self.generic_visit(node)
        return _wrapped("__minus__", node.left, node.right) if _is_minus(node) else node


def _is_minus(node: ast.BinOp) -> bool:
    return isinstance(node.op, ast.Sub)


def _wrapped(name: str, *values: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(values), [])

"""The budgets of CONTRIBUTING.md: beauty is in the tails. Ruff counts complexity (C901)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from statistics import median

from tests.house.tree import (
    Function,
    code_lines,
    functions,
    length,
    named,
    own_files,
    p95,
    parsed,
    python_files,
)

HOUSE = ("evalsite", "packs", "judges")
EVERYWHERE = (*HOUSE, "tests")
# What is called by Django, psycopg, jsonschema or Python with a signature of theirs; so are actions
# of the admin, which their decorator shows.
DICTATED = {
    *("has_perm", "history_view", "lookup_allowed", "log_addition", "log_change", "save_model"),
    *(
        "from_db_value",
        "filter_queryset",
        "parse",
        "populate_user",
        "render",
        "tell_failed",
        "_follow_before_execute",
        "_pattern",
        "__exit__",
        "construct_change_message",
    ),
}
# The design wishes for 5: this number may fall, never rise.
MOST_SUPPRESSIONS = 24
_SUPPRESSION = re.compile(r"# *(?:type: *ignore|noqa|pragma: *no).*")
_NAMES_ITS_CODE = re.compile(r"# (?:type: ignore\[[a-z, -]+\]|noqa: [A-Z]+\d+)")
_UNFINISHED = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X)\b")


def test_functions_are_short() -> None:
    lengths = {named(path, f): length(path, f) for path, f, _ in _functions(*EVERYWHERE)}
    assert not {place: n for place, n in lengths.items() if n > 45}
    assert p95([length(path, f) for path, f, _ in _functions(*HOUSE)]) <= 25


def test_tests_are_shorter() -> None:
    tests = [length(p, f) for p, f, _ in _functions("tests") if f.name.startswith("test_")]
    assert median(tests) <= 10
    assert p95(tests) <= 30


def test_files_are_short() -> None:
    lengths = {named(path): len(code_lines(path)) for path in python_files(*EVERYWHERE)}
    most = {"evalsite/settings.py": 350}
    assert not {place: n for place, n in lengths.items() if n > most.get(place, 250)}
    assert p95([len(code_lines(path)) for path in python_files(*HOUSE)]) <= 180


def test_functions_take_two_positional_arguments_at_most() -> None:
    long = {
        f"{named(path, function)} {function.name}"
        for path, function, parent in _functions(*HOUSE)
        if len(_positional(function, parent)) > 2 and not _is_dictated(function)
    }
    assert not long


def test_everything_is_annotated() -> None:
    bare = {
        f"{named(path, function)} {function.name}"
        for path, function, parent in _functions(*EVERYWHERE)
        if function.returns is None or any(a.annotation is None for a in _own(function, parent))
    }
    assert not bare


def test_suppressions_are_few_and_name_what_they_suppress() -> None:
    texts = [path.read_text() for path in python_files(*HOUSE)]
    found = [suppression for text in texts for suppression in _SUPPRESSION.findall(text)]
    assert not [text for text in found if not _NAMES_ITS_CODE.match(text)]
    assert len(found) <= MOST_SUPPRESSIONS


def test_blind_excepts_are_where_a_failure_becomes_a_row() -> None:
    blind = {
        named(path)
        for path in python_files(*HOUSE)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler) and _is_blind(node)
    }
    places = ("judges/guard.py", "evalsite/alerts/deliver.py", "evalsite/pipeline/coordinate.py")
    inside_the_sandbox = "judges/code/drivers/loading.py"
    assert blind <= {*places, inside_the_sandbox}


def test_nothing_is_left_to_do() -> None:
    texts = (p for p in own_files() if p.suffix in (".py", ".md", ".html", ".txt", ".toml", ".css"))
    assert not [named(path) for path in texts if _UNFINISHED.search(path.read_text())]


def _functions(*rooms: str) -> Iterator[tuple[Path, Function, ast.AST]]:
    for path in python_files(*rooms):
        for function, parent in functions(path):
            yield path, function, parent


def _positional(function: Function, parent: ast.AST) -> list[ast.arg]:
    arguments = [*function.args.posonlyargs, *function.args.args]
    is_static = "staticmethod" in map(ast.unparse, function.decorator_list)
    return arguments[1:] if isinstance(parent, ast.ClassDef) and not is_static else arguments


def _own(function: Function, parent: ast.AST) -> Iterator[ast.arg]:
    stars = (function.args.vararg, function.args.kwarg)
    known = (star for star in stars if star is not None)
    return chain(_positional(function, parent), function.args.kwonlyargs, known)


def _is_dictated(function: Function) -> bool:
    is_action = any("admin.action" in ast.unparse(d) for d in function.decorator_list)
    return is_action or function.name in DICTATED


def _is_blind(handler: ast.ExceptHandler) -> bool:
    """A handler that raises again hides nothing."""
    caught = handler.type
    names = {n.id for n in ast.walk(caught) if isinstance(n, ast.Name)} if caught else {"Exception"}
    reraises = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    return bool(names & {"Exception", "BaseException"}) and not reraises

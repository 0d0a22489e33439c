"""The repository as the house tests read it: its own files, and its functions."""

from __future__ import annotations

import ast
import io
import os
import tokenize
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from evalsite.env import ROOT

_NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENDMARKER, tokenize.ENCODING),
}
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def own_files() -> tuple[Path, ...]:
    """List every file that belongs to the project: all but what .gitignore names."""
    return tuple(sorted(_walk(ROOT, ignored=_ignored())))


@cache
def python_files(*rooms: str) -> tuple[Path, ...]:
    """List the Python files of top-level folders, migrations left out."""
    return tuple(
        path
        for path in own_files()
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] in rooms
        and "migrations" not in path.parts
    )


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a file once."""
    return ast.parse(path.read_text())


@cache
def code_lines(path: Path) -> frozenset[int]:
    """Number the lines that hold code: no blank, comment or docstring lines."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type not in _NO_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(parsed(path)):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node) is not None:
            lines -= _span(node.body[0])
    return frozenset(lines)


def functions(path: Path) -> Iterator[tuple[Function, ast.AST]]:
    """Yield each function of a file, and what it stands in."""
    for parent in ast.walk(parsed(path)):
        for child in ast.iter_child_nodes(parent):
            if isinstance(child, Function):
                yield child, parent


def length(path: Path, node: ast.stmt) -> int:
    """Count the code lines of a statement."""
    return len(code_lines(path) & _span(node))


def named(path: Path, node: ast.AST | None = None) -> str:
    """Name a place for a message."""
    place = path.relative_to(ROOT).as_posix()
    return place if node is None else f"{place}:{getattr(node, 'lineno', 1)}"


def p95(numbers: list[int]) -> int:
    """Answer the 95th percentile."""
    return sorted(numbers)[int(0.95 * len(numbers))]


def _span(node: ast.stmt) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def _ignored() -> tuple[str, ...]:
    lines = (ROOT / ".gitignore").read_text().split()
    return (".git", *(line.strip("/") for line in lines))


def _walk(folder: Path, *, ignored: tuple[str, ...]) -> Iterator[Path]:
    for entry in os.scandir(folder):
        if any(fnmatch(entry.name, pattern) for pattern in ignored):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), ignored=ignored)
        else:
            yield Path(entry.path)

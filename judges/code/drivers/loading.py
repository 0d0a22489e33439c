"""Loading a program inside the sandbox, and telling what it raised."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

_LONGEST_TEXT = 300


class Attempt:
    """A block in which anything may be raised: it is kept, to be told over the channel."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        self.error = error
        return True


def new_module(name: str) -> ModuleType:
    """Make an empty module that can be imported by its name, as dataclasses want."""
    module = ModuleType(name)
    sys.modules[name] = module
    return module


def run_in(module: ModuleType, text: str) -> None:
    """Run a text in a module; raises what it raises."""
    code = compile(text, f"<{module.__name__}>", "exec", dont_inherit=True)
    exec(code, module.__dict__)


def failure(error: BaseException) -> dict[str, Any]:
    """Tell an exception as JSON: the names of its class and bases, its text, its last line."""
    text, line = "", None
    with Attempt():
        text = str(error)[:_LONGEST_TEXT]
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<candidate>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return {"raised": [kind.__name__ for kind in type(error).__mro__], "text": text, "line": line}

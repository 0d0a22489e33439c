"""The standard library's own looks at frames, and its makers, which give none to their callers.

Trusted is only what is loaded before the program, and only with what it holds by its own name for
it: what a trusted function calls may have been given to it, and looks at more from its frame.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

from judges.code.drivers.loading import failure

# The name by which each holds what it looks at, or remakes.
MAKERS = {
    "collections": {"namedtuple": "__new__"},
    "traceback": {"clear_frames": "tb"},
    "types": {"coroutine": "func"},
    "typing": {"NamedTupleMeta.__new__": "nm_tpl"},
}
# By id, each with the code itself: its number is nobody else's while it is kept.
LOOKS: dict[int, tuple[CodeType, str]] = {id(failure.__code__): (failure.__code__, "trace")}
WALKS: dict[int, tuple[CodeType, str]] = {}
WALKERS: dict[int, tuple[CodeType, str]] = {}


def trust() -> None:
    """Note which code of the modules that are loaded by now may look at frames."""
    for module in MAKERS.keys() & sys.modules.keys():
        for path, name in MAKERS[module].items():
            _keep_codes(LOOKS, [_code(module, path)], name=name)
    if "traceback" in sys.modules:
        for path in ("walk_tb", "_walk_tb_with_full_positions"):
            _keep_codes(WALKS, [_code("traceback", path)], name="tb")
        for path in ("extract", "_extract_from_extended_frame_gen"):
            code = _code("traceback", f"StackSummary.{path}")
            inner = [const for const in code.co_consts if isinstance(const, type(code))]
            _keep_codes(WALKERS, [code, *inner], name="frame_gen")


def _keep_codes(kept: dict[int, tuple[CodeType, str]], codes: list[CodeType], *, name: str) -> None:
    kept.update((id(code), (code, name)) for code in codes)


def _code(module: str, path: str) -> CodeType:
    found: Any = sys.modules[module]
    for name in path.split("."):
        found = vars(found)[name]
    code: CodeType = getattr(found, "__func__", found).__code__
    return code


def held(trusted: dict[int, tuple[CodeType, str]], frame: Any) -> Any:
    """Give what trusted code holds in a frame by its name for it; None in any other frame."""
    _, name = trusted.get(id(frame.f_code), (None, ""))
    return frame.f_locals.get(name) if name else None

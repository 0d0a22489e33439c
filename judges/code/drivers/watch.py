"""Tripwires for a process that a program shares with its tests: touched once, nothing is believed.

Audit hooks cannot be taken off. They see who asks for frames, for all objects, for memory. What has
no audit event (signals, threads) is taken away; what tests rely on is compared after each call.
"""

from __future__ import annotations

import builtins
import collections
import enum
import gc
import os
import sys
import traceback
import typing
from types import CodeType, ModuleType
from typing import Any, NoReturn

from judges.code.drivers.loading import failure

_ALWAYS = frozenset(
    {
        *("sys.addaudithook", "sys.settrace", "sys.setprofile", "sys._current_frames"),
        *("sys._current_exceptions", "gc.get_objects", "gc.get_referrers", "gc.get_referents"),
        *("code.__new__", "os.exec", "os.fork", "os.posix_spawn", "os.chdir", "os.fchdir"),
        *("os.symlink", "os.link", "ctypes.dlopen", "mmap.__new__"),
    }
)
_FRAMES = frozenset({"tb_frame", "gi_frame", "cr_frame", "ag_frame"})
_MEMORY = frozenset({"ctypes", "_ctypes", "_testcapi", "_testinternalcapi", "_xxsubinterpreters"})
_TAKEN = {
    "_signal": ("signal", "setitimer", "alarm", "set_wakeup_fd"),
    "signal": ("signal", "setitimer", "alarm", "set_wakeup_fd"),
    "_thread": ("start_new_thread", "start_new"),
    "threading": ("_start_new_thread",),
}


def _inner(function: Any) -> list[CodeType]:
    code: CodeType = function.__code__
    return [code, *(const for const in code.co_consts if isinstance(const, CodeType))]


# The standard library's own looks at frames, which show none to their callers.
_LOOKS = frozenset(
    id(function.__code__)
    for function in (
        *(failure, collections.namedtuple, traceback.clear_frames),
        *(vars(typing)["_caller"], vars(enum.EnumMeta)["_create_"]),
    )
)
_WALKS = frozenset(
    id(vars(traceback)[name].__code__) for name in ("walk_tb", "_walk_tb_with_full_positions")
)
_WALKERS = frozenset(
    id(code)
    for name in ("extract", "_extract_from_extended_frame_gen")
    for code in _inner(getattr(traceback.StackSummary, name).__func__)
)


class Watch:
    """What is watched, from the moment it is armed."""

    def __init__(self, channel: int, modules: list[str]) -> None:
        self._channel = channel
        self._write, self._leave, self._frame = os.write, os._exit, sys._getframe
        self._busy = True
        self._callbacks = gc.callbacks
        self._modules = sys.modules
        self._kept: list[tuple[Any, dict[str, Any]]] = []
        self._keep(builtins)
        for name in modules:
            self._keep_module(name)

    def arm(self) -> None:
        """Take away what cannot be watched, and watch the rest."""
        gc.disable()
        for name, attributes in _TAKEN.items():
            for attribute in attributes if name in sys.modules else ():
                setattr(sys.modules[name], attribute, None)
        sys.addaudithook(self._hook)
        self._busy = False

    def verify(self) -> None:
        """End the process unless all that the tests rely on is as it was."""
        for live, kept in self._kept:
            for name, value in kept.items():
                if live.get(name) is not value:
                    self.trip(f"changed {name}")
        if self._callbacks:
            self.trip("added to gc.callbacks")

    def trip(self, what: str) -> NoReturn:
        """Tell that nothing of this process is to be believed, and end it."""
        self._write(self._channel, b"tampered " + what.encode("utf-8", "replace") + b"\n")
        self._leave(1)
        raise SystemExit

    def _keep_module(self, name: str) -> None:
        module = sys.modules.get(name)
        if not isinstance(module, ModuleType):
            return
        self._kept.append((self._modules, {name: module}))
        self._keep(module)
        homes = {str(getattr(value, "__module__", "")) for value in vars(module).values()}
        for home in homes - {"builtins"}:
            if isinstance(sys.modules.get(home), ModuleType):
                self._keep(sys.modules[home])

    def _keep(self, thing: Any) -> None:
        kept = {name: value for name, value in vars(thing).items() if callable(value)}
        self._kept.append((vars(thing), kept))
        for value in kept.values():
            if isinstance(value, type) and isinstance(thing, ModuleType):
                self._keep(value)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if self._busy or event not in _WATCHED:
            return
        self._busy = True
        if event in _ALWAYS or _WATCHED[event](self._frame(1), args):
            self.trip(event)
        self._busy = False


def _looks_at_frames(frame: Any, args: tuple[Any, ...]) -> bool:
    return id(frame.f_code) not in _LOOKS


def _reads_attribute(frame: Any, args: tuple[Any, ...]) -> bool:
    if args[1] not in _FRAMES or id(frame.f_code) in _LOOKS:
        return False
    walked = frame.f_back is not None and id(frame.f_back.f_code) in _WALKERS
    return not (walked and id(frame.f_code) in _WALKS)


def _sets_attribute(frame: Any, args: tuple[Any, ...]) -> bool:
    return bool(args[1] == "__code__")


def _opens_memory(frame: Any, args: tuple[Any, ...]) -> bool:
    path = args[0]
    if isinstance(path, bytes):
        return b"proc" in bytes.__add__(b"", path)
    return isinstance(path, str) and "proc" in str.__add__("", path)


def _imports_memory(frame: Any, args: tuple[Any, ...]) -> bool:
    return args[0] in _MEMORY


_WATCHED: dict[str, Any] = {
    **dict.fromkeys(_ALWAYS),
    "sys._getframe": _looks_at_frames,
    "object.__getattr__": _reads_attribute,
    "object.__setattr__": _sets_attribute,
    "open": _opens_memory,
    "import": _imports_memory,
}

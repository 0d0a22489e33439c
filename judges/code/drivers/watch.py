"""Tripwires for a process that a program shares with its tests: touched once, nothing is believed.

Audit hooks cannot be taken off. They see who asks for frames, for all objects, for memory. What has
no audit event (signals, threads) is taken away; what tests rely on is compared after each call.
Here too are no classes, see `tests`.
"""

from __future__ import annotations

import builtins
import gc
import posix
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

from judges.code.drivers.trusted import LOOKS, WALKERS, WALKS, held, trust

_ALWAYS = frozenset(
    {
        *(
            "sys._getframe",
            "sys.addaudithook",
            "sys.settrace",
            "sys.setprofile",
            "sys._current_frames",
        ),
        *("sys.monitoring.register_callback", "sys.remote_exec"),
        *("sys._current_exceptions", "gc.get_objects", "gc.get_referrers", "gc.get_referents"),
        *("os.exec", "os.fork", "os.posix_spawn", "os.chdir", "os.fchdir"),
        *("os.symlink", "os.link", "mmap.__new__"),
    }
)
_FRAMES = frozenset({"tb_frame", "gi_frame", "cr_frame", "ag_frame"})
_MEMORY = frozenset({"ctypes", "_ctypes", "_testcapi", "_testinternalcapi", "_testlimitedcapi"})
_MEMORY |= frozenset({"_xxsubinterpreters", "_interpreters"})
# Loaded before the program: who loads them again wants what was taken out of them.
_FRESH = frozenset({"_imp", "_signal", "_thread", "posix"})
_SIGNALS = ("signal", "setitimer", "alarm", "set_wakeup_fd")
_STARTS = ("start_new_thread", "start_new", "start_joinable_thread")
_TAKEN = {
    **dict.fromkeys(("_signal", "signal"), _SIGNALS),
    **dict.fromkeys(("_thread", "threading"), (*_STARTS, *(f"_{name}" for name in _STARTS))),
    "_imp": ("create_builtin",),
}
# What changes a function, a class or a module without touching its names.
_MADE_OF = frozenset({"__code__", "__defaults__", "__kwdefaults__", "__bases__", "__class__"})
_FIXED = (int, float, complex, str, bytes, tuple, frozenset)
_FUNCTION: Any = type(lambda: None)
_MODULE = type(sys)
_GENERATOR: Any = type(_ for _ in ())

Kept: TypeAlias = "tuple[Any, dict[str, Any], int]"
Tripwires: TypeAlias = (
    "tuple[Callable[[], None], Callable[[], None], Callable[..., None], Callable[[str], None]]"
)


def tripwires(channel: int, modules: list[str]) -> Tripwires:
    """Give four functions.

    arm takes away what cannot be watched, and watches the rest. verify ends the process unless all
    that the tests rely on is as it was. keep adds a namespace and what of it must stay. trip tells
    that nothing of this process is to be believed, and ends it.
    """
    write, leave, stat = posix.write, posix._exit, posix.fstat
    # All that asks for it does without where there is none.
    look = vars(sys).pop("_getframe")
    callbacks, heard_by = gc.callbacks, _identity(stat(channel))
    kept: list[Kept] = []

    def trip(what: str) -> None:
        write(channel, b"tampered " + what.encode("utf-8", "replace") + b"\n")
        leave(1)

    def keep(live: Any, names: dict[str, Any]) -> None:
        kept.append((live, names, len(live)))

    def verify() -> None:
        if altered := _altered(kept):
            trip(altered)
        if callbacks or _identity(stat(channel)) != heard_by:
            trip("the process")

    def arm() -> None:
        gc.disable()
        trust()
        _take_away()
        sys.addaudithook(_hook(trip, look))

    keep(sys.modules, {name: sys.modules[name] for name in modules if name in sys.modules})
    for live in _relied_on(modules):
        keep(live, {name: one for name, one in live.items() if _must_stay(name, one)})
    return arm, verify, keep, trip


def _hook(trip: Callable[[str], None], look: Callable[[int], Any]) -> Callable[..., None]:
    busy = False

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal busy
        if busy or (event not in _WATCHED and not event.startswith("ctypes.")):
            return
        busy = True
        if event not in _WATCHED or event in _ALWAYS or _WATCHED[event](look(1), args):
            trip(event)
        busy = False

    return hook


def _altered(kept: list[Kept]) -> str:
    """Say what is not as it was; to a class nothing may be added either, for it would hide more."""
    for live, names, many in kept:
        for name, value in names.items():
            if live.get(name) is not value:
                return f"changed {name}"
        if len(live) != many and not isinstance(live, dict):
            for name in live.keys() - names.keys():
                if callable(live[name]):
                    return f"added {name}"
    return ""


def _identity(status: posix.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _must_stay(name: str, value: Any) -> bool:
    return callable(value) or (type(value) in _FIXED and not name.startswith("_"))


def _relied_on(modules: list[str]) -> list[Any]:
    """Give the namespaces of builtins, of modules with those they use, and of their classes."""
    found: dict[int, Any] = {id(builtins): builtins}
    for module in [sys.modules[name] for name in modules if name in sys.modules]:
        homes = {str(getattr(value, "__module__", "")) for value in vars(module).values()}
        for one in (module, *(sys.modules.get(home) for home in sorted(homes))):
            if isinstance(one, _MODULE):
                found[id(one)] = one
                found |= {id(v): v for v in vars(one).values() if isinstance(v, type)}
    return [*map(vars, found.values())]


def _take_away() -> None:
    """Refuse as Python does outside the main thread, and where no thread can be started.

    A module of the interpreter's own that is not loaded by now is not to be had any more.
    """
    for name, attributes in _TAKEN.items():
        for attribute in attributes:
            if hasattr(sys.modules.get(name), attribute):
                refuse = _REFUSALS.get(name, _refuse_thread)
                # With no globals: those of this text would lead to what judges.
                setattr(sys.modules[name], attribute, _FUNCTION(refuse.__code__, {}))


def _refuse(*args: Any, **kwargs: Any) -> None:
    raise ValueError("not given to a program beside its tests")


def _refuse_thread(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("can't start new thread beside tests")


def _refuse_module(*args: Any, **kwargs: Any) -> None:
    raise ImportError("not given to a program beside its tests")


_REFUSALS = {"_signal": _refuse, "signal": _refuse, "_imp": _refuse_module}


def _makes_code(frame: Any, args: tuple[Any, ...]) -> bool:
    return type(held(LOOKS, frame)) is not _FUNCTION or "co" not in frame.f_locals


def _reads_attribute(frame: Any, args: tuple[Any, ...]) -> bool:
    if args[1] == "__code__":  # its constants are what is expected
        return isinstance(args[0], _FUNCTION) and args[0].__code__.co_filename == "<tests>"
    if args[1] not in _FRAMES or args[0] is held(LOOKS, frame):
        return False
    walked = frame.f_back and held(WALKERS, frame.f_back)
    is_own = type(walked) is _GENERATOR and walked.gi_frame is frame
    return not is_own or args[0] is not held(WALKS, frame)


def _sets_attribute(frame: Any, args: tuple[Any, ...]) -> bool:
    """Tell whether it remakes what is not the program's own: functions, classes, modules."""
    thing, name = args[:2]
    if name not in _MADE_OF or thing is held(LOOKS, frame):
        return False
    if isinstance(thing, _FUNCTION):
        return name == "__code__" or bool(thing.__code__.co_filename != "<candidate>")
    return name == "__bases__" or isinstance(thing, type | _MODULE)


def _opens_memory(frame: Any, args: tuple[Any, ...]) -> bool:
    path = args[0]
    if isinstance(path, bytes):
        return b"/proc/" in b"/" + bytes.__add__(path, b"/")
    return isinstance(path, str) and "/proc/" in "/" + str.__add__(path, "/")


def _imports_memory(frame: Any, args: tuple[Any, ...]) -> bool:
    return args[0] in _FRESH or str(args[0]).rpartition(".")[2] in _MEMORY


_WATCHED: dict[str, Any] = {
    **dict.fromkeys(_ALWAYS),
    "code.__new__": _makes_code,
    "object.__getattr__": _reads_attribute,
    "object.__setattr__": _sets_attribute,
    "open": _opens_memory,
    "import": _imports_memory,
}

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
from types import CodeType
from typing import Any, TypeAlias

from judges.code.drivers.loading import failure

_ALWAYS = frozenset(
    {
        *("sys.addaudithook", "sys.settrace", "sys.setprofile", "sys._current_frames"),
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

Kept: TypeAlias = "tuple[Any, dict[str, Any], int]"
Tripwires: TypeAlias = (
    "tuple[Callable[[], None], Callable[[], None], Callable[..., None], Callable[[str], None]]"
)


# The standard library's own looks at frames, and its makers, which give none to their callers.
# Trusted is only what is loaded before the program: see `_trust`.
MAKERS = {
    "collections": ("namedtuple",),
    "enum": ("EnumMeta._create_",),
    "traceback": ("clear_frames",),
    "types": ("coroutine",),
    "typing": ("_caller", "NamedTupleMeta.__new__"),
}
# By id, each with the code itself: its number is nobody else's while it is kept.
_LOOKS: dict[int, CodeType] = {id(failure.__code__): failure.__code__}
_WALKS: dict[int, CodeType] = {}
_WALKERS: dict[int, CodeType] = {}


def tripwires(channel: int, modules: list[str]) -> Tripwires:
    """Give four functions.

    arm takes away what cannot be watched, and watches the rest. verify ends the process unless all
    that the tests rely on is as it was. keep adds a namespace and what of it must stay. trip tells
    that nothing of this process is to be believed, and ends it.
    """
    write, leave, stat = posix.write, posix._exit, posix.fstat
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
        _trust()
        _take_away()
        sys.addaudithook(_hook(trip, sys._getframe))

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


def _trust() -> None:
    """Note which code of the modules that are loaded by now may look at frames."""
    for module in MAKERS.keys() & sys.modules.keys():
        _keep_codes(_LOOKS, [_code(module, path) for path in MAKERS[module]])
    if "traceback" in sys.modules:
        walks = ("walk_tb", "_walk_tb_with_full_positions")
        _keep_codes(_WALKS, [_code("traceback", path) for path in walks])
        for name in ("extract", "_extract_from_extended_frame_gen"):
            code = _code("traceback", f"StackSummary.{name}")
            inner = [const for const in code.co_consts if isinstance(const, type(code))]
            _keep_codes(_WALKERS, [code, *inner])


def _keep_codes(kept: dict[int, CodeType], codes: list[CodeType]) -> None:
    kept.update((id(code), code) for code in codes)


def _code(module: str, path: str) -> CodeType:
    found: Any = sys.modules[module]
    for name in path.split("."):
        found = vars(found)[name]
    code: CodeType = getattr(found, "__func__", found).__code__
    return code


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


def _is_not_trusted(frame: Any, args: tuple[Any, ...]) -> bool:
    return id(frame.f_code) not in _LOOKS


def _reads_attribute(frame: Any, args: tuple[Any, ...]) -> bool:
    if args[1] == "__code__":  # its constants are what is expected
        return isinstance(args[0], _FUNCTION) and args[0].__code__.co_filename == "<tests>"
    if args[1] not in _FRAMES or id(frame.f_code) in _LOOKS:
        return False
    walked = frame.f_back is not None and id(frame.f_back.f_code) in _WALKERS
    return not walked or id(frame.f_code) not in _WALKS


def _sets_attribute(frame: Any, args: tuple[Any, ...]) -> bool:
    """Tell whether it remakes what is not the program's own: functions, classes, modules."""
    thing, name = args[:2]
    if name not in _MADE_OF or id(frame.f_code) in _LOOKS:
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
    **dict.fromkeys(("sys._getframe", "code.__new__"), _is_not_trusted),
    "object.__getattr__": _reads_attribute,
    "object.__setattr__": _sets_attribute,
    "open": _opens_memory,
    "import": _imports_memory,
}

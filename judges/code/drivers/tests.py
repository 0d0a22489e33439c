"""Runs a program and its test script in one process, and tells a verdict that carries a nonce.

All of it is functions over local names: a class would be found among `object.__subclasses__()`, and
through one of its methods the globals of this text.
"""

from __future__ import annotations

import builtins
import posix
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from judges.code.drivers.loading import attempt, failure, new_module, run_in, take_task
from judges.code.drivers.trusted import MAKERS
from judges.code.drivers.watch import Tripwires, tripwires
from judges.code.drivers.wire import NotPlainError, as_json, decode, encode

_CONTAINERS = (list, tuple, dict, set, frozenset)
# The flags of a type that was made by a class statement: made at run time, and not sealed.
_HEAP, _IMMUTABLE = 1 << 9, 1 << 8
_CONTROL = "assert __held__(__plain__(0) == 1)"


def main() -> None:
    """Read the task from standard input, and write one line: the nonce, then the verdict."""
    task = take_task()
    channel, leave = task["channel"], posix._exit
    # The nonce is an operand that waits on the stack: no name holds it, no frame shows it.
    posix.write(channel, b" ".join((task.pop("nonce").encode(), _verdict(task), b"\n")))
    leave(0)


def _verdict(task: dict[str, Any]) -> bytes:
    """Give b"passed COUNT" or b"failed JSON"; tampering ends the process before."""
    _prepare(task)
    tests, control = _compiled(task.pop("tests")), _compiled(_CONTROL)
    wires = tripwires(task["channel"], task["modules"])
    arm, verify, _, trip = wires
    names, count = _namespace(wires)
    preamble = _preamble(task["preamble"], builtins=names["__builtins__"])
    module = new_module("candidate")
    run_in(module, task["setup"])
    posix.write(task["channel"], b"ready\n")
    arm()

    def judge() -> None:
        run_in(module, task["program"])
        verify()
        offered = _offered(vars(module), task, preamble=preamble)
        names.update({name: _guarded(value, wires) for name, value in offered.items()})
        exec(tests, names)
        _run_cases(names, wires)

    error = attempt(judge)
    verify()
    if error:
        return b"failed " + as_json(failure(error)).encode()
    held = count()
    if type(attempt(lambda: exec(control, names))) is not AssertionError:
        trip("a control that must fail")
    return b"passed %d" % held


def _prepare(task: dict[str, Any]) -> None:
    """Load what the tests import, and what the program may need that looks at frames.

    Where it cannot be foreseen what it will need, that is all that is ever trusted.
    """
    everything = (*sys.builtin_module_names, *MAKERS)
    for name in (*task["modules"], *(everything if task["ahead"] is None else task["ahead"])):
        attempt(_importing(name))
    if "logging" in task["program"]:
        # The module's own switch for not looking at frames.
        vars(__import__("logging"))["_srcfile"] = None


def _importing(name: str) -> Callable[[], Any]:
    return lambda: __import__(name)


def _compiled(text: str) -> CodeType:
    return compile(text, "<tests>", "exec", dont_inherit=True)


def _preamble(text: str, *, builtins: dict[str, Any]) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "preamble", "__builtins__": builtins}
    attempt(lambda: exec(_compiled(text), names))
    return names


def _namespace(wires: Tripwires) -> tuple[dict[str, Any], Callable[[], int]]:
    """Give the names of the tests, builtins of their own among them; and how many held so far."""
    _, verify, keep, _ = wires
    held = 0

    def hold(value: Any) -> bool:
        nonlocal held
        verify()
        held += 1
        return bool(_plain(value))

    own = dict(vars(builtins))
    judging = {"__held__": hold, "__plain__": _plain, "__minus__": _minus}
    names = {"__name__": "tests", "__builtins__": own, **judging}
    keep(own, own)
    keep(names, {"__builtins__": own, **judging})
    return names, lambda: held


def _offered(
    found: dict[str, Any], task: dict[str, Any], *, preamble: dict[str, Any]
) -> dict[str, Any]:
    """Give the tests what they name: functions of the prompt first, else the program's."""
    offered = {name: found[name] for name in task["names"] if name in found}
    trusted = {name: preamble[name] for name in task["names"] if name in preamble}
    offered |= {name: one for name, one in trusted.items() if isinstance(one, type(attempt))}
    entry_point = task["entry_point"]
    if entry_point:
        offered[entry_point] = found[entry_point]
        if isinstance(found[entry_point], type) and not task["wants_class"]:
            offered[entry_point] = lambda *args, **kwargs: found[entry_point](*args, **kwargs)
    return offered


def _run_cases(names: dict[str, Any], wires: Tripwires) -> None:
    """Run the methods of the script's test cases; raises what they raise."""
    if "unittest" not in sys.modules:
        return
    _, verify, keep, _ = wires
    cases = [one for one in names.values() if isinstance(one, type) and hasattr(one, "debug")]
    for case in cases:
        keep(vars(case), dict(vars(case)))
    for case in cases:
        for name in dir(case):
            if name.startswith("test"):
                case.setUpClass()  # type: ignore[attr-defined]
                case(name).debug()
                verify()
                names["__held__"](True)


def _guarded(function: Any, wires: Tripwires) -> Any:
    _, verify, _, _ = wires
    if isinstance(function, type) or not callable(function):
        return function

    def candidate(*args: Any, **kwargs: Any) -> Any:
        try:
            value = function(*args, **kwargs)
        except StopIteration as stop:  # it would end a loop of the tests in silence
            raise RuntimeError("StopIteration") from stop
        finally:
            verify()
        return _plain(value)

    return candidate


def _plain(value: Any) -> Any:
    """Give a value that a program cannot have taught to be equal; raises NotPlainError."""
    try:
        return decode(encode(value))
    except NotPlainError:
        if type(value) in _CONTAINERS or _is_own(value):
            raise
        return value


def _minus(one: Any, other: Any) -> Any:
    """Subtract; an object of the program's own class would be told the value to come near to."""
    if _is_own(one) is not _is_own(other):
        one, other = _plain(one), _plain(other)
    return one - other


def _is_own(value: Any) -> bool:
    flags = type.__dict__["__flags__"].__get__(type(value))
    return bool(flags & _HEAP and not flags & _IMMUTABLE)

"""Runs a program and its test script in one process, and tells a verdict that carries a nonce."""

from __future__ import annotations

import builtins
import marshal
import os
import sys
from collections.abc import Callable
from types import CodeType, FunctionType, ModuleType
from typing import Any

from judges.code.drivers.loading import Attempt, failure, new_module, run_in
from judges.code.drivers.watch import Watch
from judges.code.drivers.wire import NotPlainError, as_json, decode, encode

_CONTAINERS = (list, tuple, dict, set, frozenset)
# The flags of a type that was made by a class statement: made at run time, and not sealed.
_HEAP, _IMMUTABLE = 1 << 9, 1 << 8
_CONTROL = "assert __held__(__plain__(0) == 1)"


def main() -> None:
    """Read the task from standard input, and write one line: the nonce, then the verdict."""
    task = marshal.loads(sys.stdin.buffer.read())
    channel = task["channel"]
    # The nonce is an operand that waits on the stack: no name holds it, no frame shows it.
    os.write(channel, b" ".join((task.pop("nonce").encode(), _verdict(task), b"\n")))
    os._exit(0)


def _verdict(task: dict[str, Any]) -> bytes:
    """Give b"passed COUNT" or b"failed JSON"; tampering ends the process before."""
    for name in task["modules"]:
        with Attempt():
            __import__(name)
    tests, control = _compiled(task.pop("tests")), _compiled(_CONTROL)
    space = _Space(Watch(task["channel"], task["modules"]), task["preamble"])
    module = new_module("candidate")
    run_in(module, task["setup"])
    os.write(task["channel"], b"ready\n")
    space.watch.arm()
    attempt = Attempt()
    with attempt:
        run_in(module, task["program"])
        space.watch.verify()
        space.offer(module, names=task["names"], entry_point=task["entry_point"])
        space.run(tests)
    if attempt.error:
        return b"failed " + as_json(failure(attempt.error)).encode()
    space.watch.verify()
    _expect_failure(space, control)
    return b"passed %d" % space.held


def _compiled(text: str) -> CodeType:
    return compile(text, "<tests>", "exec", dont_inherit=True)


def _expect_failure(space: _Space, control: CodeType) -> None:
    attempt = Attempt()
    with attempt:
        exec(control, space.names)
    if type(attempt.error) is not AssertionError:
        space.watch.trip("a control that must fail")


class _Space:
    """The namespace of the tests, with builtins of its own."""

    def __init__(self, watch: Watch, preamble: str) -> None:
        self.watch = watch
        self.held = 0
        own = dict(vars(builtins))
        self.names: dict[str, Any] = {
            "__name__": "tests",
            "__builtins__": own,
            "__held__": self._held,
            "__plain__": _plain,
        }
        self._trusted: dict[str, Any] = {"__name__": "preamble", "__builtins__": own}
        with Attempt():
            exec(_compiled(preamble), self._trusted)

    def offer(self, module: ModuleType, *, names: list[str], entry_point: str) -> None:
        """Give the tests what they name: functions of the prompt first, else the program's."""
        for name in names:
            trusted = self._trusted.get(name)
            if isinstance(trusted, FunctionType):
                self.names[name] = trusted
            elif name in vars(module):
                self.names[name] = vars(module)[name]
        if entry_point:
            self.names[entry_point] = self._guarded(vars(module)[entry_point])

    def run(self, tests: CodeType) -> None:
        """Run the script, and the methods of its test cases; raises what they raise."""
        exec(tests, self.names)
        for case in [value for value in self.names.values() if isinstance(value, type)]:
            for name in dir(case) if "unittest" in sys.modules and hasattr(case, "debug") else ():
                if name.startswith("test"):
                    case.setUpClass()  # type: ignore[attr-defined]
                    case(name).debug()
                    self.held += 1

    def _held(self, value: Any) -> bool:
        self.watch.verify()
        self.held += 1
        return bool(_plain(value))

    def _guarded(self, function: Any) -> Callable[..., Any]:
        if isinstance(function, type):
            return function

        def candidate(*args: Any, **kwargs: Any) -> Any:
            try:
                value = function(*args, **kwargs)
            except StopIteration as stop:  # it would end a loop of the tests in silence
                raise RuntimeError("StopIteration") from stop
            finally:
                self.watch.verify()
            return _plain(value)

        return candidate


def _plain(value: Any) -> Any:
    """Give a value that a program cannot have taught to be equal; raises NotPlainError."""
    try:
        return decode(encode(value))
    except NotPlainError:
        kind = type(value)
        flags = type.__dict__["__flags__"].__get__(kind)
        if kind in _CONTAINERS or (flags & _HEAP and not flags & _IMMUTABLE):
            raise
        return value

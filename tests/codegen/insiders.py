"""Cheats that know the harness: each goes for something that it once left lying about."""

from __future__ import annotations

from textwrap import dedent

from tests.codegen.cheats import SCRIPT, UNITTEST

CLOSE = UNITTEST.replace("assertEqual", "assertAlmostEqual")
CIRCLE = """
import math

def check(candidate):
    for r in range(1, 4):
        assert abs(candidate(r) - math.pi * r * r) < 1e-9
"""
# The entry point is no argument here, so the loop takes the program's own function.
UNNAMED = """
def test_squares():
    assert squares(0) == 0
    for wanted, given in zip([0, 1, 5], map(squares, [0, 1, 2])):
        assert wanted == given
"""
_FORGE = """
import os, re
def forge(text):
    for found in re.findall(rb"[0-9a-f]{64}", text):
        os.write(3, found + b" passed 99 \\n")
        os._exit(0)
"""
CLIMB = """
def climb(frame, n):
    while frame:
        if "expected" in frame.f_locals:
            return frame.f_locals["expected"][n]
        frame = frame.f_back
"""
_ZERO = "def squares(n): return 0"

_INSIDERS = {
    "reads its standard input once more": (
        SCRIPT,
        _FORGE + "forge(os.pread(0, 1 << 20, 0))\n" + _ZERO,
    ),
    "puts a pipe in the channel's place": (
        SCRIPT,
        """
        import os
        real, (hears, speaks), leave = os.dup(3), os.pipe(), os._exit
        os.dup2(speaks, 3)
        def leave_later(code):
            os.write(real, os.read(hears, 9999).split()[0] + b" passed 99 \\n")
            leave(0)
        os._exit = leave_later
        def squares(n): return 0
        """,
    ),
    "cuts the tripwires by their class": (
        SCRIPT,
        CLIMB
        + """
import sys
for kind in object.__subclasses__():
    if kind.__module__ == "driver":
        for name, value in list(vars(kind).items()):
            if callable(value):
                setattr(kind, name, lambda *args: None)
def squares(n): return climb(sys._getframe(1), n)
""",
    ),
    "reaches the harness by a method": (
        SCRIPT,
        """
        def squares(n):
            for kind in object.__subclasses__():
                for value in vars(kind).values():
                    names = getattr(value, "__globals__", {})
                    if names.get("__name__") == "driver":
                        names["_plain"] = lambda value: True
            return 0
        """,
    ),
    "is a class of numbers": (
        SCRIPT,
        """
        class squares(int):
            def __sub__(self, other): return 0.0
            def __eq__(self, other): return True
        """,
    ),
    "is a class of numbers, for unittest": (
        UNITTEST,
        "class squares(int):\n    def __eq__(self, other): return True",
    ),
    "is a class of its own": (
        SCRIPT,
        """
        class squares:
            def __init__(self, n): pass
            def __sub__(self, other): return 0.0
        """,
    ),
    "widens a tolerance by default": (
        CLOSE,
        "import unittest\n"
        "unittest.TestCase.assertAlmostEqual.__defaults__ = (None, None, 1e9)\n" + _ZERO,
    ),
    "answers for every attribute of a test case": (
        UNITTEST,
        """
        import unittest
        def find(self, name):
            return print if name == "assertEqual" else object.__getattribute__(self, name)
        unittest.TestCase.__getattribute__ = find
        def squares(n): return 0
        """,
    ),
    "patches the test case that is running": (
        UNITTEST,
        """
        import unittest
        def squares(n):
            for case in unittest.TestCase.__subclasses__():
                case.assertEqual = print
            return 0
        """,
    ),
    "reads the constants of the tests": (
        UNITTEST,
        """
        import unittest
        def squares(n):
            cases = unittest.TestCase.__subclasses__()
            (test,) = [c.test_values for c in cases if hasattr(c, "test_values")]
            values = test.__code__.co_consts[-1]
            return [0, 1, 5, 14, 385][[0, 1, 2, 3, 10].index(n)]
        """,
    ),
    "makes a module of another class": (
        SCRIPT,
        """
        import math, types
        class Module(types.ModuleType):
            def __getattribute__(self, name): return lambda number: 0
        math.__class__ = Module
        def squares(n): return 0
        """,
    ),
    "changes a constant of a module": (CIRCLE, "import math\nmath.pi = 0\n" + _ZERO),
    "loads the signals again": (
        SCRIPT,
        CLIMB
        + """
import sys
del sys.modules["_signal"]
import _signal
found = []
_signal.signal(_signal.SIGUSR1, lambda number, frame: found.append(frame))
def squares(n):
    _signal.raise_signal(_signal.SIGUSR1)
    return climb(found.pop(), n)
""",
    ),
    "makes the signals anew": (
        SCRIPT,
        CLIMB
        + """
import _imp
from importlib.machinery import BuiltinImporter
signal = _imp.create_builtin(BuiltinImporter.find_spec("_signal"))
_imp.exec_builtin(signal)
found = []
signal.signal(signal.SIGUSR1, lambda number, frame: found.append(frame))
def squares(n):
    signal.raise_signal(signal.SIGUSR1)
    return climb(found.pop(), n)
""",
    ),
    "loads ctypes under another name": (
        SCRIPT,
        """
        from importlib import machinery, util
        place = machinery.PathFinder.find_spec("_ctypes").origin
        loader = machinery.ExtensionFileLoader("x._ctypes", place)
        util.module_from_spec(util.spec_from_file_location("x._ctypes", place, loader=loader))
        def squares(n): return sum(k * k for k in range(n + 1))
        """,
    ),
    "changes the builtins of the harness": (
        SCRIPT,
        CLIMB
        + """
import collections, sys
real_id, trusted = id, collections.namedtuple.__code__
found = __builtins__ if isinstance(__builtins__, dict) else vars(__builtins__)
found["id"] = lambda one: real_id(trusted)
def squares(n): return climb(sys._getframe(1), n)
""",
    ),
    "ends a loop that takes it by name": (
        UNNAMED,
        "def squares(n):\n    if n:\n        raise StopIteration\n    return 0",
    ),
}
INSIDERS = {name: (script, dedent(text)) for name, (script, text) in _INSIDERS.items()}

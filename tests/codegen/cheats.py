"""Programs that do not solve the task (the sum of the squares up to n) and want to pass anyway."""

from __future__ import annotations

from textwrap import dedent

EXPECTED = {0: 0, 1: 1, 2: 5, 3: 14, 10: 385}
CASES = [{"args": [n], "returns": wanted} for n, wanted in EXPECTED.items()]
# A loop keeps these scripts from being lifted out of the program's process.
SCRIPT = f"""
import math

def check(candidate):
    expected = {EXPECTED}
    for wanted, given in zip(expected.values(), map(candidate, expected)):
        assert math.fabs(given - wanted) < 1e-6
"""
UNITTEST = f"""
import unittest

class SquaresTest(unittest.TestCase):
    def test_values(self):
        expected = {EXPECTED}
        for wanted, given in zip(expected.values(), map(squares, expected)):
            self.assertEqual(given, wanted)

if __name__ == "__main__":
    unittest.main()
"""
RIGHT = "def squares(n):\n    return sum(k * k for k in range(n + 1))\n"

# What a thief of the nonce does with it.
_FORGE = """
import os, re

def forge(text):
    for found in re.findall("[0-9a-f]{64}", text):
        os.write(3, found.encode() + b" passed 99 \\n")
        os._exit(0)
"""
_LOOK = """
def look(frame, n):
    while frame:
        if "expected" in frame.f_locals:
            return frame.f_locals["expected"][n]
        frame = frame.f_back
"""

_CHEATS = {
    "ends the process": "import os; os._exit(0)",
    "ends the process when called": "import os\ndef squares(n): os._exit(0)",
    "raises SystemExit": "import sys\ndef squares(n): sys.exit(0)",
    "prints that it passed": """
        def squares(n):
            print("PASSED 8 passed in 0.01s OK")
            return 0
        """,
    "writes to the channel": """
        import os
        for line in (b"passed 8", b'{"value": true}', b"ready", b"OK"):
            os.write(3, line + b"\\n")
        def squares(n): return 0
        """,
    "is equal to everything": """
        class Always:
            def __eq__(self, other): return True
            def __sub__(self, other): return 0.0
        def squares(n): return Always()
        """,
    "is a number equal to everything": """
        class Always(int):
            def __eq__(self, other): return True
            def __sub__(self, other): return 0
            __hash__ = None
        def squares(n): return Always(14)
        """,
    "says that it is another class": """
        class Meta(type):
            def __instancecheck__(cls, other): return True
        class Fake(metaclass=Meta):
            __class__ = int
            def __eq__(self, other): return True
            def __sub__(self, other): return 0.0
        def squares(n): return Fake()
        """,
    "patches assertEqual": """
        import unittest
        unittest.TestCase.assertEqual = lambda self, *args: None
        def squares(n): return 0
        """,
    "patches the running of tests": """
        import unittest
        unittest.TestCase.run = unittest.TestCase.debug = lambda self, *args: None
        unittest.TestCase._callTestMethod = lambda self, method: None
        def squares(n): return 0
        """,
    "patches addFailure": """
        import unittest
        unittest.TestResult.addFailure = unittest.TestResult.addError = lambda *args: None
        def squares(n): return 0
        """,
    "patches builtins": """
        import builtins
        builtins.map = lambda *args: []
        def squares(n): return 0
        """,
    "ends the loop of the tests": """
        def squares(n): raise StopIteration
        """,
    "patches math while it is called": """
        import math
        def squares(n):
            math.fabs = lambda number: 0
            return 0
        """,
    "replaces a module": """
        import sys, types
        fake = types.ModuleType("math")
        fake.fabs = lambda number: 0
        sys.modules["math"] = fake
        def squares(n): return 0
        """,
    "reads the expected value from a frame": _LOOK
    + """
import sys
def squares(n):
    return look(sys._getframe(1), n)
""",
    "reaches a frame through a traceback": _LOOK
    + """
def squares(n):
    try:
        raise ValueError
    except ValueError as error:
        return look(error.__traceback__.tb_frame.f_back, n)
""",
    "reaches a frame through a generator": _LOOK
    + """
def squares(n):
    def steps():
        yield look(own.gi_frame.f_back, n)
    own = steps()
    return next(own)
""",
    "reaches a frame through a signal": _LOOK
    + """
import signal
found = []
signal.signal(signal.SIGUSR1, lambda number, frame: found.append(frame))
def squares(n):
    signal.raise_signal(signal.SIGUSR1)
    return look(found.pop(), n)
""",
    "traces the tests": """
        import sys
        seen = []
        def trace(frame, event, arg):
            if "expected" in frame.f_locals:
                seen.append(frame.f_locals["expected"])
            return trace
        sys.settrace(trace)
        def squares(n): return seen[-1][n]
        """,
    "takes the nonce from frames": _FORGE
    + """
import sys
def squares(n):
    frame = sys._getframe(0)
    while frame:
        forge(repr(frame.f_locals))
        frame = frame.f_back
""",
    "takes the nonce from the garbage collector": _FORGE
    + """
import gc
def squares(n):
    for thing in gc.get_objects():
        if type(thing) in (dict, list, tuple):
            forge(repr(thing)[:100000])
""",
    "reaches a frame through ctypes": _LOOK
    + """
def squares(n):
    import ctypes
    frame = ctypes.pythonapi.PyEval_GetFrame
    frame.restype = ctypes.py_object
    return look(frame(), n)
""",
    "listens to what is compiled": """
        import re, sys
        seen = []
        sys.addaudithook(lambda event, args: seen.append(args[0]) if event == "compile" else None)
        def squares(n):
            for text in seen:
                if isinstance(text, bytes) and (found := re.search(rb"{0: .*}", text)):
                    return eval(found[0])[n]
        """,
}
CHEATS = {name: dedent(text) for name, text in _CHEATS.items()}

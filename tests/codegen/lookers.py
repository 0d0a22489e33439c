"""Cheats that have the standard library's trusted functions look, or remake, on their behalf."""

from __future__ import annotations

from textwrap import dedent

from tests.codegen.cheats import SCRIPT, UNITTEST
from tests.codegen.insiders import CLIMB

_LOOKERS = {
    "has a dict look from where one may": (
        SCRIPT,
        CLIMB
        + """
import collections, sys
seen = collections.defaultdict(getattr(sys, "_getframe", None))
def squares(n):
    found = []
    def later():
        found.append(climb(seen[1], n))
        yield "x"
    seen.clear()
    names = collections.deque([map(seen.__getitem__, [1]), later()])
    class Names:
        def __iter__(self):
            return iter(__import__("itertools").chain.from_iterable(names))
    try:
        collections.namedtuple("P", Names())
    except ValueError:
        pass
    return found[0]
""",
    ),
    "reads a traceback from where one may": (
        SCRIPT,
        CLIMB
        + """
import collections, functools, operator, traceback
def squares(n):
    try:
        raise ValueError
    except ValueError as error:
        real = error.__traceback__
    seen = collections.defaultdict(functools.partial(operator.attrgetter("tb_frame"), real))
    class Trace:
        tb_next = None
        @property
        def tb_frame(self): return None
    Trace.tb_frame = property(functools.partial(seen.__getitem__))
    try:
        traceback.clear_frames(Trace())
    except RuntimeError:
        pass
    return climb(list(seen.values())[0], n)
""",
    ),
    "keeps what a traceback is walked by": (
        SCRIPT,
        CLIMB
        + """
import itertools, traceback
def squares(n):
    try:
        raise ValueError
    except ValueError as error:
        one, other = itertools.tee(traceback.walk_tb(error.__traceback__))
    traceback.StackSummary.extract(one)
    return climb(next(other)[0], n)
""",
    ),
    "remakes a function from where one may": (
        UNITTEST,
        """
        import collections, functools, unittest
        def same(self, first, second, msg=None): pass
        remake = functools.partial(setattr, unittest.TestCase.assertEqual, "__code__")
        try:
            collections.namedtuple("P", map(remake, [same.__code__]))
        except ValueError:
            pass
        def squares(n): return 0
        """,
    ),
}
LOOKERS = {name: (script, dedent(text)) for name, (script, text) in _LOOKERS.items()}

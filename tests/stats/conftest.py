"""No timed assertions: the first call of a function may be the one that imports scipy.

And no luck: the examples are the same in every run.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None, derandomize=True)
settings.load_profile("untimed")

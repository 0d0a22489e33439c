"""No timed assertions: the first call of a function may be the one that imports scipy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

"""Cross a secret out of what the other side says, should it repeat it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

HIDDEN: Final = b"***"


def cross_out(said: bytes, secret: str) -> bytes:
    """Answer what was said without an ASCII secret, in clear or as JSON inside JSON writes it."""
    plain = said.replace(secret.encode(), HIDDEN)
    return _escaped(secret).sub(HIDDEN, plain) if b"\\" in plain else plain


@lru_cache(maxsize=64)
def _escaped(secret: str) -> re.Pattern[bytes]:
    """Match the secret with any of its characters escaped, once or several times."""
    one = (rf"(?:\\*{re.escape(c)}|\\+u{ord(c):04x})" for c in secret)
    return re.compile("".join(one).encode(), re.IGNORECASE)

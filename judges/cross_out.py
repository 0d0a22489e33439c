"""Cross a secret out of what the other side says, should it repeat it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

HIDDEN: Final = b"***"


def cross_out(said: bytes, secret: str) -> bytes:
    """Answer what was said without an ASCII secret, in clear or as JSON inside JSON writes it."""
    plain = said.replace(secret.encode(), HIDDEN)
    return _escaped(secret).sub(HIDDEN, plain) if _may_hide(plain, secret) else plain


def _may_hide(said: bytes, secret: str) -> bool:
    """Answer whether escapes could hide the secret: a look takes a tenth of the pattern's time."""
    if b"\\" not in said:
        return False
    folded = said.lower()
    if "\\" in secret or b"\\u" in folded:
        return True
    return secret.encode().lower() in folded.replace(b"\\", b"")


@lru_cache(maxsize=64)
def _escaped(secret: str) -> re.Pattern[bytes]:
    """Match the secret with any of its characters escaped, once or several times."""
    one = (rf"(?:\\*{re.escape(c)}|\\+u{ord(c):04x})" for c in secret)
    return re.compile("".join(one).encode(), re.IGNORECASE)

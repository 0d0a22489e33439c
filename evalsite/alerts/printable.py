"""Make text that strangers wrote safe to print in a terminal, a subject line or a mail."""

from __future__ import annotations

import unicodedata

_BREAKS = ("Zl", "Zp")


def printable(text: str, *, limit: int = 300) -> str:
    """Put text on one line, at most `limit` long, with every invisible character spelt out.

    That covers terminal escapes, direction overrides, zero-width characters and lone surrogates.
    """
    line = " ".join(text.split())
    shown = "".join(_spelt(character) for character in line[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def spelt(text: str) -> str:
    """Spell every invisible character out, and leave lines and tabs as they are."""
    if text.isprintable():
        return text
    lines = text.replace("\r\n", "\n")
    return "".join(c if c in "\n\t" else _spelt(c) for c in lines)


def _spelt(character: str) -> str:
    category = unicodedata.category(character)
    if category.startswith("C") or category in _BREAKS:
        return f"\\u{ord(character):04x}"
    return character

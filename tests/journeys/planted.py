"""Secrets that are planted, and the forms in which they would be found again."""

from __future__ import annotations

import base64
import html
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

# So much of a secret is enough to know it by: what is cut short is found as well.
_BEGINNING = 14


@dataclass(frozen=True)
class Planted:
    """A secret, and the places where it may be seen."""

    name: str
    value: str
    allowed: tuple[str, ...] = ()

    def forms(self) -> set[str]:
        """Answer the secret as it is, and as programs write it."""
        value, raw = self.value, self.value.encode()
        quoted = {quote(value, safe=""), quote_plus(value), html.escape(value)}
        as_json = {json.dumps(value)[1:-1], value.replace("/", "\\/")}
        # Without the first letter, which may be written in another way than the rest.
        beginning = value[1:_BEGINNING]
        odd = {raw.hex(), value[::-1], *_in_base64(raw), *_in_base64(beginning.encode())}
        return {value, beginning, *quoted, *as_json, *odd}


def make(kind: str, *, length: int = 24, suffix: str = "") -> str:
    """Make a value that nobody else would write, with a beginning that is its own."""
    return f"pl{secrets.token_hex(length // 2)}{kind}{suffix}"


def _in_base64(raw: bytes) -> Iterator[str]:
    """Yield what is the same wherever the bytes stand inside something that was encoded."""
    for offset, begin in enumerate((0, 2, 3)):
        text = base64.b64encode(bytes(offset) + raw).decode().rstrip("=")
        end = len(text) - bool((len(raw) + offset) % 3)
        yield text[begin:end]
        yield text[begin:end].translate(str.maketrans("+/", "-_"))


@dataclass
class Evidence:
    """What was seen of a deployment, by the place where it was seen."""

    seen: dict[str, list[str]] = field(default_factory=dict)

    def add(self, place: str, texts: Iterable[str]) -> None:
        """Take in texts of a place."""
        self.seen.setdefault(place, []).extend(texts)

    def text(self, place: str) -> str:
        """Answer all of one place."""
        return "\n".join(self.seen[place])

    def hits(self, planted: Mapping[str, Planted]) -> list[tuple[str, str, str]]:
        """Answer each place that shows a secret, with what stands before it."""
        found = []
        for place in self.seen:
            text = self.text(place)
            for one in planted.values():
                if not place.startswith(one.allowed or "nowhere"):
                    at = [text.find(form) for form in one.forms()]
                    found += [(place, one.name, text[max(0, n - 300) : n]) for n in at if n >= 0]
        return found

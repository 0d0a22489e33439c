"""Values of a case as a person reads them: texts as texts, the rest as indented JSON, bounded."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from evalsite.alerts.printable import spelt

# What is shown of one value: characters, shared by its members.
LONGEST: Final = 8_000
# From here on a text is folded.
_FOLDED: Final = 1_200
_MOST_MEMBERS: Final = 20
_STARTS: Final = 160


class Shown(NamedTuple):
    """A member of a value, or the whole; it has `size` characters, and `text` is what is shown."""

    name: str
    text: str
    size: int
    is_code: bool
    is_cut: bool

    @property
    def is_long(self) -> bool:
        """Whether it is folded at first."""
        return len(self.text) > _FOLDED

    @property
    def start(self) -> str:
        """How it begins, on one line."""
        return " ".join(self.text[: 2 * _STARTS].split())[:_STARTS]


def members(value: Any) -> list[Shown]:
    """Answer the members of an object one by one, and any other value as one; all are bounded."""
    if not (isinstance(value, dict) and value):
        return [_shown("", value, room=LONGEST)]
    room, found = LONGEST, []
    for name, part in list(value.items())[:_MOST_MEMBERS]:
        shown = _shown(spelt(name)[:100], part, room=room)
        found.append(shown)
        room = max(room - len(shown.text), 200)
    rest = dict(list(value.items())[_MOST_MEMBERS:])
    return [*found, _shown(f"{len(rest)} more", rest, room=room)] if rest else found


def whole(value: Any) -> str:
    """Answer a value as one text to be saved: a text as it is, the rest as indented JSON."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _shown(name: str, value: Any, *, room: int) -> Shown:
    text, is_code = whole(value), not isinstance(value, str)
    start = spelt(text[:room])
    is_cut = max(len(text), len(start)) > room
    return Shown(name, f"{start[:room]}…" if is_cut else start, len(text), is_code, is_cut)

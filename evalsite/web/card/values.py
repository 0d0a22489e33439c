"""Values of a case as a person reads them: texts as texts, the rest as indented JSON, bounded."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

from evalsite.alerts.printable import spelt

# What is shown of one value: characters, shared by its members.
LONGEST: Final = 8_000
# From here on a text is folded.
_FOLDED: Final = 1_200
_FOLDED_LINES: Final = 32
# What is no longer than this stands on one line.
_SHORT: Final = 64
_INDENTED: Final = re.compile(r"^(?: {2,}|\t)\S", re.MULTILINE)
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
        return len(self.text) > _FOLDED or self.text.count("\n") > _FOLDED_LINES

    @property
    def is_short(self) -> bool:
        """Whether it fits on a line beside its name."""
        return len(self.text) <= _SHORT and "\n" not in self.text

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


def laid_out(value: Any, *, margin: str = "") -> str:
    """Write JSON indented, with each part on one line that fits there."""
    if not isinstance(value, dict | list) or not value:
        return json.dumps(value, ensure_ascii=False)
    inner = f"{margin}  "
    if isinstance(value, dict):
        (start, end), names = "{}", [f"{json.dumps(n, ensure_ascii=False)}: " for n in value]
        parts = [laid_out(part, margin=inner) for part in value.values()]
        parts = [f"{name}{part}" for name, part in zip(names, parts, strict=True)]
    else:
        (start, end), parts = "[]", [laid_out(part, margin=inner) for part in value]
    if sum(map(len, parts)) + 2 * len(parts) <= _SHORT and not any("\n" in p for p in parts):
        return f"{start}{', '.join(parts)}{end}"
    lines = ",\n".join(f"{inner}{part}" for part in parts)
    return f"{start}\n{lines}\n{margin}{end}"


def _shown(name: str, value: Any, *, room: int) -> Shown:
    text = value if isinstance(value, str) else laid_out(value)
    is_code = not isinstance(value, str) or _INDENTED.search(text, 0, LONGEST) is not None
    start = spelt(text[:room])
    is_cut = max(len(text), len(start)) > room
    return Shown(name, f"{start[:room]}…" if is_cut else start, len(text), is_code, is_cut)

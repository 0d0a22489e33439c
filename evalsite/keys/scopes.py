"""What a key is for: `<room>:read` and `<room>:write`, with `*` for every room."""

from __future__ import annotations

from collections.abc import Set


def covers(scopes: Set[str], *, verb: str, room: str) -> bool:
    """Answer whether the scopes let a key do `verb` (view, add, change, delete) in a room.

    Writing does not include reading: a key that only records needs no more.
    """
    access = "read" if verb == "view" else "write"
    return bool({f"{room}:{access}", f"*:{access}"} & scopes)

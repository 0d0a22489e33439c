"""What a key is for: `<room>:read` and `<room>:write`, with `*` for every room."""

from __future__ import annotations

from collections.abc import Iterable, Set
from functools import cache
from itertools import product
from typing import Final

from django.apps import apps

from evalsite.errors import EvalsiteError, UsageError
from evalsite.keys.holder import KeyHolder

_ACCESS: Final = ("read", "write")


class ScopeUnknown(UsageError):
    """A scope names no room, or an access that there is not."""

    code = "scope_unknown"
    hint = "docs/keys.md lists the rooms; a scope is <room>:read or <room>:write, * for every room"


class ScopeTooWide(EvalsiteError):
    """A key would give another key what it has not itself."""

    code = "scope_too_wide"
    hint = "issue it as a person, or with a key that has the scope"
    http_status = 403


def covers(scopes: Set[str], *, verb: str, room: str) -> bool:
    """Answer whether the scopes let a key do `verb` (view, add, change, delete) in a room.

    Writing does not include reading: a key that only records needs no more.
    """
    access = "read" if verb == "view" else "write"
    return bool({f"{room}:{access}", f"*:{access}"} & scopes)


@cache
def known_scopes() -> frozenset[str]:
    """List the scopes that a key may have: the rooms of the house that keep rows."""
    rooms = {
        config.label
        for config in apps.get_app_configs()
        if config.name.startswith("evalsite.") and any(config.get_models())
    }
    return frozenset(f"{room}:{access}" for room, access in product({*rooms, "*"}, _ACCESS))


def check_scopes(scopes: Iterable[str], *, giver: object) -> list[str]:
    """Answer the scopes in order and once; raises ScopeUnknown and ScopeTooWide.

    A key gives no scope that it has not. A person's bound is the role.
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in known_scopes()]
    if unknown or not wanted:
        raise ScopeUnknown(f"{unknown[0]!r:.80} is no scope" if unknown else "a key needs a scope")
    if isinstance(giver, KeyHolder):
        for scope in wanted:
            room, _, access = scope.partition(":")
            if not {scope, f"*:{access}"} & giver.scopes:
                raise ScopeTooWide(f"the issuing key lacks {room}:{access}")
    return wanted

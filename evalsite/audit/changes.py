"""What was changed, as the two sides of an entry, with nothing in it that must stay secret."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final, TypedDict

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

HIDDEN: Final = "[hidden]"
_LONGEST: Final = 500
# Characters of a side as JSON.
_LARGEST: Final = 20_000
# A name is looked at word by word, so that `cluster_key` and `tokens_in` are shown.
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_SECRET_WORDS: Final = frozenset(
    {
        *("secret", "secrets", "token", "password", "passwd", "passphrase", "pepper"),
        *("authorization", "credential", "credentials", "cookie", "digest", "sealed", "bearer"),
        *("apikey", "pwd"),
    }
)
_SECRET_PAIRS: Final = frozenset(
    {
        *(("api", "key"), ("private", "key"), ("access", "key"), ("signing", "key")),
        *(("secret", "key"), ("key", "hash"), ("session", "id")),
    }
)
# What gives itself away: evalsite's own keys and webhook secrets, a URL's user, a bearer token.
_SPOKEN: Final = re.compile(
    r"evs_[0-9A-Za-z]{20,}|whsec_[\w+/=-]+|(?<=://)[^/@\s]+(?=@)|(?<=bearer )\S+", re.IGNORECASE
)


class Change(TypedDict):
    """Both sides of what was changed, ready for `record(..., **change)`."""

    before: dict[str, Any]
    after: dict[str, Any]


def change(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """Answer the fields that differ, with their values on both sides.

    A field that is missing on a side is left out there. A secret that was changed is named,
    and its values are hidden.
    """
    gone = object()
    names = [n for n in {**before, **after} if before.get(n, gone) != after.get(n, gone)]
    return {
        "before": mask({name: before[name] for name in names if name in before}),
        "after": mask({name: after[name] for name in names if name in after}),
    }


def shown(row: object | None, *names: str) -> dict[str, Any]:
    """Answer those fields of a row for a side of a change; no field where there is no row."""
    return {} if row is None else {name: getattr(row, name) for name in names}


def mask(value: Any, *, name: str = "") -> Any:
    """Answer plain JSON in which values with a secret's name are hidden, and long texts cut.

    An empty value stays: that there is no secret is none. A row becomes what it is called.
    """
    if name and is_secret(name) and value not in (None, "", False, True):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): mask(part, name=str(key)) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask(part) for part in value]
    return _told(str(value)) if isinstance(value, str | Model) else value


def bounded(side: Any) -> Any:
    """Answer a side whose larger fields are only named: a page of the trail must fit in memory."""
    if not isinstance(side, Mapping) or _size(side) <= _LARGEST:
        return side
    return {
        name: part if _size(part) <= _LONGEST else f"... ({_size(part):,} characters)"
        for name, part in side.items()
    }


def _size(value: Any) -> int:
    return len(json.dumps(value, cls=DjangoJSONEncoder))


def _told(text: str) -> str:
    text = _SPOKEN.sub(HIDDEN, text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} characters)"


def is_secret(name: str) -> bool:
    """Answer whether a field of that name holds what nobody may read."""
    words = [word.lower() for word in _WORDS.findall(name)]
    pairs = pairwise(words)
    return bool(_SECRET_WORDS.intersection(words) or _SECRET_PAIRS.intersection(pairs))

"""The trail as it is read: narrowed, newest first, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from evalsite.audit.models import Entry
from evalsite.errors import UsageError

_FIELDS: Final = {
    **{name: name for name in ("actor", "role", "action", "subject", "subject_id", "request_id")},
    "kind": "actor_kind",
    "since": "recorded_at__gte",
    "until": "recorded_at__lt",
}


class EntryCursorInvalid(UsageError):
    """What a page of the trail is to begin after is no cursor that a page gave."""

    code = "audit_cursor_invalid"
    hint = "take the cursor of the page before as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an entry must say to be shown; what is None is not asked for."""

    actor: str | None = None
    kind: str | None = None
    role: str | None = None
    action: str | None = None
    subject: str | None = None
    subject_id: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def entries(self) -> QuerySet[Entry]:
        """Answer the entries that fit, newest first."""
        asked = {field: getattr(self, name) for name, field in _FIELDS.items()}
        given = {field: value for field, value in asked.items() if value is not None}
        return Entry.objects.filter(**given).order_by("-recorded_at", "-id")


class Cursor(NamedTuple):
    """The place of an entry in the trail as it is read: time alone is not unique."""

    recorded_at: datetime
    id: UUID

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read what `str` wrote; raises EntryCursorInvalid."""
        at, _, key = text.partition("_")
        try:
            cursor = cls(datetime.fromisoformat(at), UUID(key))
        except ValueError:
            raise EntryCursorInvalid(f"{text!r:.100} is no cursor") from None
        if cursor.recorded_at.tzinfo is None:
            raise EntryCursorInvalid(f"{text!r:.100} has no time zone")
        return cursor

    def __str__(self) -> str:
        return f"{self.recorded_at.isoformat()}_{self.id}"


class Page(NamedTuple):
    """Some entries, newest first, and where the next page begins; None on the last one."""

    entries: list[Entry]
    next: Cursor | None


def read_trail(wanted: Wanted, *, limit: int, after: Cursor | None = None) -> Page:
    """Answer the newest entries that fit, those behind the cursor if one is given."""
    rows = wanted.entries()
    if after is not None:
        at, key = after
        behind = Q(recorded_at__lt=at) | Q(recorded_at=at, pk__lt=key)
        rows = rows.filter(behind, recorded_at__lte=at)
    found = list(rows[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], Cursor(last.recorded_at, last.pk) if last else None)

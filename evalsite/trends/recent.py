"""The newest results, page by page."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from evalsite.errors import UsageError
from evalsite.experiments.models import Result
from evalsite.trends.selection import Selection


class CursorInvalid(UsageError):
    """What a page is to begin after is no cursor that a page gave."""

    code = "cursor_invalid"
    hint = "take `next` of the page before as it is"


class Cursor(NamedTuple):
    """The place of a result among all, newest first: time alone is not unique."""

    recorded_at: datetime
    id: UUID

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read what `str` wrote; raises CursorInvalid."""
        at, _, key = text.partition("_")
        try:
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None:
                raise ValueError("no time zone")
            return cls(moment, UUID(key))
        except ValueError:
            raise CursorInvalid(f"{text!r} is no cursor") from None

    def __str__(self) -> str:
        return f"{self.recorded_at.isoformat()}_{self.id}"


class Page(NamedTuple):
    """Some results, newest first, and where the next page begins; None on the last one."""

    results: list[Result]
    next: Cursor | None


def recent(selection: Selection, *, limit: int, after: Cursor | None = None) -> Page:
    """Answer the newest results that fit, those behind the cursor if one is given."""
    rows = selection.results().select_related("experiment").order_by("-recorded_at", "-pk")
    if after is not None:
        at, key = after
        rows = rows.filter(
            Q(recorded_at__lt=at) | Q(recorded_at=at, pk__lt=key), recorded_at__lte=at
        )
    found = list(rows[: limit + 1])
    page = found[:limit]
    more = len(found) > limit and page
    return Page(page, Cursor(page[-1].recorded_at, page[-1].pk) if more else None)

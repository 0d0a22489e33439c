"""A suite's cases page by page, in order of key: those that are wanted, with bounded work.

Row-level security keeps PostgreSQL from asking an index about tags or texts, so what is wanted is
looked for case by case. A page looks through so many at most, says so, and goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from evalsite.cases.models import Content, Revision, Suite, TestCase
from evalsite.cases.queries import require_version, revisions_at

SIZE: Final = 50
# Both take about a tenth of a second: a text must be unpacked and read from end to end.
MOST_LOOKED_THROUGH: Final = 100_000
MOST_SEARCHED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases are wanted; all that is blank is no wish.

    `q` is looked for in key and input, in any case of letters. `changed` asks for those with a
    revision newer than that version; `version` shows the cases as they stood then.
    """

    q: str = ""
    state: str = ""
    tag: str = ""
    category: str = ""
    complexity: int | None = None
    changed: int | None = None
    version: int | None = None

    @property
    def narrows(self) -> bool:
        """Whether some cases are not wanted."""
        wishes = (self.q, self.state, self.tag, self.category, self.complexity, self.changed)
        return any(wish not in ("", None) for wish in wishes)


class Row(NamedTuple):
    """A case as it stands, or as it stood."""

    case_id: UUID
    key: str
    number: int
    content: Content


class Found(NamedTuple):
    """A page's rows; `next` is the key after which to go on, blank at the end.

    `looked_through`: how many cases were looked at when that ended the page, else 0.
    """

    rows: list[Row]
    next: str
    looked_through: int = 0


def browse(suite: Suite, wanted: Wanted, *, after: str = "", size: int = SIZE) -> Found:
    """Answer a page of the cases wanted whose keys follow `after`. Raises VersionUnknown."""
    require_version(suite, wanted.version)
    require_version(suite, wanted.changed)
    keys = TestCase.objects.filter(suite=suite, key__gt=after).order_by("key")
    most = MOST_SEARCHED if wanted.q else MOST_LOOKED_THROUGH
    last = keys[most - 1 : most].values_list("key", flat=True).first() if wanted.narrows else None
    found = _now(suite, wanted) if wanted.version is None else _then(suite, wanted)
    key = "key" if wanted.version is None else "case__key"
    found = _narrowed(found, wanted, key=key).filter(**{f"{key}__gt": after}).order_by(key)
    if last is not None:
        found = found.filter(**{f"{key}__lte": last})
    rows = [_row(content) for content in found[: size + 1]]
    if len(rows) > size:
        return Found(rows[:size], rows[size - 1].key)
    return Found(rows, last or "", most if last else 0)


def _now(suite: Suite, wanted: Wanted) -> QuerySet[Any]:
    cases = TestCase.objects.filter(suite=suite)
    if wanted.changed is None:
        return cases
    newer = Revision.objects.filter(suite=suite, from_version__gt=wanted.changed)
    return cases.filter(pk__in=newer.values("case"))


def _then(suite: Suite, wanted: Wanted) -> QuerySet[Any]:
    revisions = revisions_at(suite, version=wanted.version).select_related("case")
    if wanted.changed is None:
        return revisions
    return revisions.filter(from_version__gt=wanted.changed)


def _narrowed(cases: QuerySet[Any], wanted: Wanted, *, key: str) -> QuerySet[Any]:
    if wanted.state:
        cases = cases.filter(state=wanted.state)
    if wanted.tag:
        cases = cases.filter(tags__contains=[wanted.tag])
    if wanted.category:
        cases = cases.filter(category=wanted.category)
    if wanted.complexity is not None:
        cases = cases.filter(complexity=wanted.complexity)
    if wanted.q:
        cases = cases.alias(input_text=Cast("input", TextField()))
        cases = cases.filter(
            Q(**{f"{key}__icontains": wanted.q}) | Q(input_text__icontains=wanted.q)
        )
    return cases


def _row(content: TestCase | Revision) -> Row:
    if isinstance(content, Revision):
        return Row(content.case_id, content.case.key, content.number, content)
    return Row(content.pk, content.key, content.revision_number, content)

"""A suite's cases page by page, in order of key: those that are wanted, with bounded work.

Row-level security keeps PostgreSQL from asking an index about tags or texts, so what is wanted is
looked for case by case. A page looks through so many at most, says so, and goes on from there.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from evalsite.cases.models import Content, Revision, Suite, TestCase
from evalsite.cases.queries import require_version

SIZE: Final = 50
# Each takes less than a tenth of a second: texts must be unpacked and read from end to end, and for
# a version each case's revision must be found.
MOST_LOOKED_THROUGH: Final = 30_000
MOST_SEARCHED: Final = 10_000


class Wanted(NamedTuple):
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
    reach = TestCase.objects.filter(suite=suite, key__gt=after).order_by("key")
    most = _most(wanted)
    last = reach.values_list("key", flat=True)[most - 1 : most].first() if most else None
    if last is not None:
        reach = reach.filter(key__lte=last)
    found = _now if wanted.version is None else _then
    rows = found(reach, wanted, size=size + 1)
    if len(rows) > size:
        return Found(rows[:size], rows[size - 1].key)
    return Found(rows, last or "", most if last else 0)


def _most(wanted: Wanted) -> int:
    """How many cases are looked through; 0 where an index finds what is wanted."""
    if wanted.q or wanted.version is not None:
        return MOST_SEARCHED
    return MOST_LOOKED_THROUGH if wanted.narrows and wanted.changed is None else 0


def _now(reach: QuerySet[TestCase], wanted: Wanted, *, size: int) -> list[Row]:
    cases = _narrowed(reach, wanted, key="key")
    if wanted.changed is not None:
        newer = Revision.objects.filter(from_version__gt=wanted.changed)
        cases = cases.filter(pk__in=newer.values("case"))
    return [Row(case.pk, case.key, case.revision_number, case) for case in cases[:size]]


def _then(reach: QuerySet[TestCase], wanted: Wanted, *, size: int) -> list[Row]:
    """Ask case by case, in order: a join would read every revision of the suite."""
    at = wanted.version
    stood = Revision.objects.filter(Q(until_version__isnull=True) | Q(until_version__gt=at))
    stood = stood.filter(from_version__lte=at, case=OuterRef("pk"))
    if wanted.changed is not None:
        stood = stood.filter(from_version__gt=wanted.changed)
    stood = _narrowed(stood, wanted, key="case__key")
    asked = reach.annotate(then=Subquery(stood.values("pk")[:1])).filter(then__isnull=False)
    pks = list(asked.values_list("then", flat=True)[:size])
    found = Revision.objects.filter(pk__in=pks).select_related("case").order_by("case__key")
    return [Row(one.case_id, one.case.key, one.number, one) for one in found]


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

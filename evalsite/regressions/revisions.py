"""What the database is asked about revisions, many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.cases.models import Revision

if TYPE_CHECKING:
    from evalsite.regressions.cards import Names

# So many are asked about at once: as objects, all of a million would not fit into memory.
AT_ONCE: Final = 10_000

_PROFILES = "SELECT id, tags, category, complexity FROM cases_revision WHERE id = ANY (%s)"
_EDITED = """
    SELECT p.place - 1, now.input IS DISTINCT FROM before.input,
        now.expected IS DISTINCT FROM before.expected
    FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY AS p (now_id, before_id, place)
    JOIN cases_revision now ON now.id = p.now_id
    JOIN cases_revision before ON before.id = p.before_id
"""


class Profile(NamedTuple):
    """What a case is sliced by."""

    tags: tuple[str, ...]
    category: str
    complexity: int | None

    def slices(self) -> Iterator[tuple[str, str]]:
        """Name the slices that such a case is in, as (kind, value)."""
        if self.category:
            yield "category", self.category
        if self.complexity is not None:
            yield "complexity", str(self.complexity)
        for tag in dict.fromkeys(self.tags):
            yield "tag", tag


class Edited(NamedTuple):
    """Whether the revisions at this place of the pairs ask another thing, or want another."""

    place: int
    other_input: bool
    other_expected: bool


def profiles_of(revisions: Sequence[UUID]) -> list[Profile]:
    """Answer the profile of each revision, in the same order."""
    with connection.cursor() as cursor:
        cursor.execute(_PROFILES, [list(revisions)])
        rows = cursor.fetchall()
    profiles = {pk: Profile(tuple(tags), category, level) for pk, tags, category, level in rows}
    return [profiles[pk] for pk in revisions]


def keys_of(revisions: Sequence[UUID]) -> dict[UUID, str]:
    """Answer the key of each revision's case."""
    if not revisions:
        return {}
    return dict(Revision.objects.filter(pk__in=revisions).values_list("pk", "case__key"))


def edited(pairs: Sequence[tuple[UUID, UUID]]) -> list[Edited]:
    """Answer what differs between the revisions (now, before) of each pair."""
    if not pairs:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_EDITED, [[now for now, _ in pairs], [before for _, before in pairs]])
        return [Edited(*row) for row in cursor.fetchall()]


def ids(rows: Names) -> list[UUID]:
    """Answer ids that are kept as 16 bytes."""
    # numpy leaves zeros at the end of a name out.
    return [UUID(bytes=name.ljust(16, b"\0")) for name in rows.tolist()]

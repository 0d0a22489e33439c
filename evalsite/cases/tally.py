"""How many cases a suite has: by state, by tag, by category."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.db import connection

from evalsite.cases.models import CaseState, Suite

# Cases are read once, and what they have is counted by its few combinations. Of categories and tags
# those are told that are scored.
_COUNTED: Final = """
    WITH counted AS MATERIALIZED (
        SELECT state, category, tags, count(*) AS n FROM cases_testcase
        WHERE suite_id = %s GROUP BY state, category, tags
    )
    SELECT 'state', state, sum(n)::bigint FROM counted GROUP BY state
    UNION ALL
    (SELECT 'category', category, sum(n)::bigint FROM counted
     WHERE state = %s AND category <> '' GROUP BY category ORDER BY 3 DESC, 2 LIMIT %s)
    UNION ALL
    (SELECT 'tag', tag, sum(n)::bigint FROM counted, unnest(tags) tag
     WHERE state = %s GROUP BY tag ORDER BY 3 DESC, 2 LIMIT %s)
"""

_ORDER: Final = (CaseState.ACTIVE, CaseState.DRAFT, CaseState.RETIRED)


class Count(NamedTuple):
    """A state, a category or a tag, and how many cases have it."""

    value: str
    n: int


class Tally(NamedTuple):
    """What a suite's cases are; `tags` and `categories`: the most frequent among active cases."""

    states: list[Count]
    categories: list[Count]
    tags: list[Count]

    @property
    def n(self) -> int:
        """How many cases there are, in any state."""
        return sum(count.n for count in self.states)


def tally(suite: Suite, *, limit: int = 12) -> Tally:
    """Count a suite's cases, with `limit` tags and categories at most, in one query."""
    found: dict[str, list[Count]] = {"state": [], "category": [], "tag": []}
    active = CaseState.ACTIVE.value
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [suite.pk, active, limit, active, limit])
        for kind, value, n in cursor.fetchall():
            found[kind].append(Count(value, n))
    states = {count.value: count.n for count in found["state"]}
    in_order = [Count(state.value, states[state]) for state in _ORDER if state in states]
    return Tally(in_order, found["category"], found["tag"])

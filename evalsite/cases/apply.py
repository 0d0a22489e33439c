"""Apply the staged cases to a suite that has them: changed heads, their revisions, one version.

All of it is a handful of statements, whether one case is staged or a million. The suite's row is
locked, so that two curators take turns and each version is one curation; batches start meanwhile.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from evalsite.cases.models import Suite
from evalsite.quotas.require import require_cases
from evalsite.tenants.scope import require

_LOCK = "SELECT version FROM cases_suite WHERE id = %(suite)s FOR NO KEY UPDATE"
# What the statements join on; of the rest they need no statistics.
_ANALYZE = "ANALYZE staged_case (key)"
# Text, because jsonb takes 1 and 1.0 for the same.
_FORGET_UNCHANGED = """
    DELETE FROM staged_case s USING cases_testcase t
    WHERE t.suite_id = %(suite)s AND t.key = s.key AND t.content_hash = s.content_hash
        AND t.state = s.state AND t.tags = s.tags AND t.category = s.category
        AND t.subcategory = s.subcategory AND t.complexity IS NOT DISTINCT FROM s.complexity
        AND t.metadata::text = s.metadata::text
"""
_BUMP = "UPDATE cases_suite SET version = %(version)s WHERE id = %(suite)s"
_CLOSE_REVISIONS = """
    UPDATE cases_revision r SET until_version = %(version)s
    FROM staged_case s JOIN cases_testcase t ON t.suite_id = %(suite)s AND t.key = s.key
    WHERE r.case_id = t.id AND r.number = t.revision_number
"""
_CHANGE = """
    UPDATE cases_testcase t SET
        state = s.state, input = s.input, expected = s.expected, tags = s.tags,
        category = s.category, subcategory = s.subcategory, complexity = s.complexity,
        metadata = s.metadata, content_hash = s.content_hash,
        revision_number = t.revision_number + 1, updated_at = now()
    FROM staged_case s WHERE t.suite_id = %(suite)s AND t.key = s.key
"""
# The braces hold the cases: staged rows as `s`, their id and the revision's number as `t`.
REVISE = """
    INSERT INTO cases_revision (
        id, tenant_id, suite_id, case_id, number, from_version, author, note, created_at,
        state, input, expected, tags, category, subcategory, complexity, metadata, content_hash)
    SELECT s.revision_id, %(tenant)s, %(suite)s, t.id, t.number, %(version)s, %(author)s,
        %(note)s, now(), s.state, s.input, s.expected, s.tags, s.category, s.subcategory,
        s.complexity, s.metadata, s.content_hash
    FROM {}
"""
_REVISE = REVISE.format("""
    staged_case s CROSS JOIN LATERAL (
        SELECT id, revision_number AS number FROM cases_testcase
        WHERE suite_id = %(suite)s AND key = s.key) t
""")


class Curated(NamedTuple):
    """What one curation did, and the suite's version after it."""

    version: int
    new: int = 0
    changed: int = 0
    unchanged: int = 0

    @property
    def touched(self) -> int:
        """How many cases got a new revision."""
        return self.new + self.changed


def lock(suite: Suite) -> int:
    """Hold the suite until the transaction ends; answer its version."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"suite": suite.pk})
        return int(cursor.fetchone()[0])


def facts(suite: Suite, *, author: str, note: str) -> dict[str, Any]:
    """Hold the suite as `lock` does; answer what the statements of a curation need to know."""
    return {
        "suite": suite.pk,
        "tenant": require(),
        "author": author[:200],
        "note": note[:500],
        "version": lock(suite) + 1,
    }


def apply_staged(suite: Suite, *, author: str, note: str, added: int = 0) -> Curated:
    """Write what differs as new revisions under one new version; nothing where nothing differs.

    Needs an open transaction with the cases staged; `added` new ones of the same curation stand
    already. Sets `suite.version`. Raises QuotaExceeded.
    """
    values = facts(suite, author=author, note=note)
    changed = 0
    with connection.cursor() as cursor:
        cursor.execute(_ANALYZE)
        unchanged = _run(cursor, _FORGET_UNCHANGED, values=values)
        cursor.execute("SELECT EXISTS (SELECT 1 FROM staged_case)")
        if differs := cursor.fetchone()[0]:
            _run(cursor, _CLOSE_REVISIONS, values=values)
            changed = _run(cursor, _CHANGE, values=values)
            _run(cursor, _REVISE, values=values)
        if touched := differs or added:
            cursor.execute(_BUMP, values)
    suite.version = values["version"] if touched else values["version"] - 1
    require_cases(added=added)
    return Curated(version=suite.version, new=added, changed=changed, unchanged=unchanged)


def _run(cursor: CursorWrapper, statement: str, *, values: dict[str, Any]) -> int:
    cursor.execute(statement, values)
    return int(cursor.rowcount)

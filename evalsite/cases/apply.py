"""Apply the staged cases to a suite: new heads, changed heads, their revisions, one version.

All of it is a handful of statements, whether one case is staged or a million. The suite's row is
locked first, so that two curators take turns and each version is one curation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from evalsite.cases.models import Suite
from evalsite.quotas.require import require_cases
from evalsite.tenants.scope import require

_LOCK = "SELECT version FROM cases_suite WHERE id = %(suite)s FOR UPDATE"
# Text, because jsonb takes 1 and 1.0 for the same.
_FORGET_UNCHANGED = """
    DELETE FROM staged_case s USING cases_testcase t
    WHERE t.suite_id = %(suite)s AND t.key = s.key AND t.content_hash = s.content_hash
        AND t.state = s.state AND t.tags = s.tags AND t.category = s.category
        AND t.subcategory = s.subcategory AND t.complexity IS NOT DISTINCT FROM s.complexity
        AND t.metadata::text = s.metadata::text
"""
_BUMP = "UPDATE cases_suite SET version = version + 1 WHERE id = %(suite)s RETURNING version"
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
_ADD = """
    INSERT INTO cases_testcase (
        id, tenant_id, suite_id, key, state, input, expected, tags, category, subcategory,
        complexity, metadata, content_hash, revision_number, created_at, updated_at)
    SELECT s.id, %(tenant)s, %(suite)s, s.key, s.state, s.input, s.expected, s.tags, s.category,
        s.subcategory, s.complexity, s.metadata, s.content_hash, 1, now(), now()
    FROM staged_case s
    WHERE NOT EXISTS (
        SELECT 1 FROM cases_testcase t WHERE t.suite_id = %(suite)s AND t.key = s.key)
"""
_REVISE = """
    INSERT INTO cases_revision (
        id, tenant_id, suite_id, case_id, number, from_version, author, note, created_at,
        state, input, expected, tags, category, subcategory, complexity, metadata, content_hash)
    SELECT s.revision_id, %(tenant)s, %(suite)s, t.id, t.revision_number, %(version)s, %(author)s,
        %(note)s, now(), s.state, s.input, s.expected, s.tags, s.category, s.subcategory,
        s.complexity, s.metadata, s.content_hash
    FROM staged_case s JOIN cases_testcase t ON t.suite_id = %(suite)s AND t.key = s.key
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curated:
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


def apply_staged(suite: Suite, *, author: str, note: str) -> Curated:
    """Write what differs as new revisions under one new version; nothing where nothing differs.

    Needs an open transaction with the cases staged. Sets `suite.version`. Raises QuotaExceeded.
    """
    version = lock(suite)
    values: dict[str, Any] = {
        "suite": suite.pk,
        "tenant": require(),
        "author": author[:200],
        "note": note[:500],
    }
    with connection.cursor() as cursor:
        unchanged = _run(cursor, _FORGET_UNCHANGED, values=values)
        cursor.execute("SELECT EXISTS (SELECT 1 FROM staged_case)")
        if not cursor.fetchone()[0]:
            suite.version = version
            return Curated(version=version, unchanged=unchanged)
        cursor.execute(_BUMP, values)
        values["version"] = suite.version = int(cursor.fetchone()[0])
        _run(cursor, _CLOSE_REVISIONS, values=values)
        changed = _run(cursor, _CHANGE, values=values)
        new = _run(cursor, _ADD, values=values)
        require_cases(added=new)
        _run(cursor, _REVISE, values=values)
    return Curated(version=suite.version, new=new, changed=changed, unchanged=unchanged)


def _run(cursor: CursorWrapper, statement: str, *, values: dict[str, Any]) -> int:
    cursor.execute(statement, values)
    return int(cursor.rowcount)

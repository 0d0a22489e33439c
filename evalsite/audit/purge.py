"""Take the oldest entries off the trail: the one way, and only as maintenance."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import connections, transaction

from evalsite.tenants.scope import require

MAINT: Final = "maint"
# The triggers of the trail let this role delete while this is set, and nobody else ever.
UNLOCK: Final = "SELECT set_config('app.purge', 'audit', true)"
# A chain is cut from its beginning and up to the first entry that must stay: an entry is linked
# when its transaction ends, so a few that are old enough may stand behind one that is not. The
# anchor keeps the last hash, so that what stays can be verified.
_CUT: Final = """
    WITH first AS (
        SELECT l.id, l.seq, l.hash,
            bool_and(coalesce(e.recorded_at < %(before)s, true)) OVER (ORDER BY l.seq) AS goes
        FROM audit_link l LEFT JOIN audit_entry e ON e.id = l.id
        WHERE l.tenant_id = %(tenant)s ORDER BY l.seq LIMIT %(limit)s
    ), gone AS (
        SELECT id, seq, hash FROM first WHERE goes
    ), anchored AS (
        UPDATE audit_anchor a SET seq = g.seq, hash = g.hash
        FROM (SELECT seq, hash FROM gone ORDER BY seq DESC LIMIT 1) g WHERE a.id = %(tenant)s
    ), unlinked AS (
        DELETE FROM audit_link l USING gone g WHERE l.id = g.id
    ), forgotten AS (
        DELETE FROM audit_entry e USING gone g WHERE e.id = g.id
    )
    SELECT count(*) FROM gone
"""
_ERASE: Final = (
    "DELETE FROM audit_link WHERE tenant_id = %(tenant)s",
    "DELETE FROM audit_anchor WHERE tenant_id = %(tenant)s",
    "DELETE FROM audit_entry WHERE tenant_id = %(tenant)s",
)


def purge_entries(*, before: datetime, limit: int) -> int:
    """Delete up to `limit` of the oldest entries of the tenant in scope, recorded before then.

    Answers how many links of the chain went: 0 when there is nothing left to purge. The rest of
    the chain still verifies. Whether something is held is the caller's to know.
    """
    values: dict[str, Any] = {"tenant": require(), "before": before, "limit": limit}
    with transaction.atomic(using=MAINT), connections[MAINT].cursor() as cursor:
        cursor.execute(UNLOCK)
        cursor.execute(_CUT, values)
        return int(cursor.fetchone()[0])


def erase_trail() -> int:
    """Delete the whole trail of the tenant in scope, who is erased; answers how many entries."""
    values = {"tenant": require()}
    with transaction.atomic(using=MAINT), connections[MAINT].cursor() as cursor:
        cursor.execute(UNLOCK)
        for statement in _ERASE:
            cursor.execute(statement, values)
        return int(cursor.rowcount)

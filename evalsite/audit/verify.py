"""Compute a tenant's chain anew, and name the first row that is not what was recorded."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection

from evalsite.audit.models import Anchor, Link
from evalsite.errors import EvalsiteError, UsageError

_HEAD: Final = re.compile(r"(\d{1,18}):([0-9a-f]{64})", re.ASCII)
# Each link beside the one before it; of the first, the anchor is before it. Answers how many there
# are, and of the first that is not as it was recorded: its number, what is wrong, and its entry.
_WALK: Final = """
    WITH anchor AS (SELECT seq, hash FROM audit_anchor), span AS (
        SELECT coalesce(min(l.seq), %(last)s + 1) AS first
        FROM audit_link l LEFT JOIN audit_entry e ON e.id = l.id
        WHERE %(since)s::timestamptz IS NULL OR e.recorded_at >= %(since)s
    ), walk AS (
        SELECT l.id, l.seq, l.hash, l.previous, e.id IS NULL AS lost,
            coalesce(lag(l.seq) OVER (ORDER BY l.seq), anchor.seq) AS seq_before,
            coalesce(lag(l.hash) OVER (ORDER BY l.seq), anchor.hash) AS hash_before,
            sha256(l.previous || convert_to(app.entry_text(e), 'UTF8')) AS due
        FROM audit_link l LEFT JOIN anchor ON true LEFT JOIN audit_entry e ON e.id = l.id
        WHERE l.seq >= (SELECT first - 1 FROM span) AND l.seq <= %(last)s
    ), judged AS (
        SELECT seq, id, CASE
            WHEN seq_before IS DISTINCT FROM seq - 1 THEN 'gap'
            WHEN previous IS DISTINCT FROM hash_before THEN 'moved'
            WHEN lost THEN 'lost'
            WHEN hash IS DISTINCT FROM due THEN 'altered' END AS fault
        FROM walk WHERE seq >= (SELECT first FROM span)
    )
    SELECT count(*), min(ARRAY[lpad(seq::text, 19, '0'), fault, id::text])
        FILTER (WHERE fault IS NOT NULL) FROM judged
"""
_ADDED: Final = """
    SELECT '0', 'added', e.id::text FROM audit_entry e
    WHERE (%(since)s::timestamptz IS NULL OR e.recorded_at >= %(since)s)
    AND NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.id = e.id)
    ORDER BY e.recorded_at, e.id LIMIT 1
"""
_TOLD: Final = {
    "gap": "seq {seq}: the entries before it are gone; its own is {id}",
    "moved": "seq {seq}: entry {id} does not follow on the one before it",
    "lost": "seq {seq}: its entry {id} is gone",
    "altered": "seq {seq}: entry {id} is not what was recorded",
    "added": "entry {id} has no link: it was added past evalsite, or its link was deleted",
}


class TrailBroken(EvalsiteError):
    """The audit trail is not what was recorded."""

    code = "audit_trail_broken"
    hint = "somebody wrote past evalsite: see docs/audit.md, and keep the database as it is"


class HeadInvalid(UsageError):
    """What was given as a kept head is none."""

    code = "audit_head_invalid"
    hint = "give it as verifyaudit printed it: SEQ:HASH"


class Head(NamedTuple):
    """The number and hash of a link: kept elsewhere, it vouches for all links up to it."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"

    @classmethod
    def read(cls, text: str) -> Head:
        """Read a head as it is printed; raises HeadInvalid."""
        found = _HEAD.fullmatch(text)
        if not found:
            raise HeadInvalid(f"{text!r:.100} is no head")
        return cls(int(found[1]), bytes.fromhex(found[2]))


class Verified(NamedTuple):
    """A chain without a fault: how many entries were computed anew, and its end."""

    entries: int
    head: Head


def verify_trail(*, since: datetime | None = None, kept: Head | None = None) -> Verified:
    """Verify the chain of the tenant in scope, from the first entry recorded `since` on.

    `kept` is a head that was told before. Raises TrailBroken naming the first fault.
    """
    end = _end()
    values = {"last": end.seq, "since": since}
    entries, fault = _ask(_WALK, values)
    fault = fault or _ask(_ADDED, values)
    if fault:
        seq, kind, entry = fault
        raise TrailBroken(_TOLD[kind].format(seq=int(seq), id=entry))
    if kept is not None:
        _compare(kept, end=end)
    return Verified(entries, end)


def _end() -> Head:
    """Answer the last link; the anchor where all were purged, and 0 where nothing was recorded."""
    found = Link.objects.order_by("-seq").first() or Anchor.objects.first()
    return Head(found.seq, bytes(found.hash)) if found else Head(0, b"")


def _compare(kept: Head, *, end: Head) -> None:
    if end.seq < kept.seq:
        raise TrailBroken(f"the trail ends at seq {end.seq}, before the head that was kept")
    if Anchor.objects.filter(seq__gt=kept.seq).exists():
        raise HeadInvalid(f"seq {kept.seq} was purged since", hint="keep a newer head")
    same = {"seq": kept.seq, "hash": kept.hash}
    if not (Link.objects.filter(**same).exists() or Anchor.objects.filter(**same).exists()):
        raise TrailBroken(f"seq {kept.seq} has another hash than the head that was kept")


def _ask(sql: str, values: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()

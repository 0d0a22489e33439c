"""Keep contents by their hash, in the caller's transaction.

Many may keep and sweep the same content at once. Who keeps it holds its row until the commit, and
writes the object while holding it; who sweeps deletes object and row under the same lock. So an
object goes only with its row, and a row that somebody is about to refer to does not go.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from evalsite.blobs import objects
from evalsite.blobs.models import Blob
from evalsite.env import load
from evalsite.tenants.scope import require

# No row refers to what was neither written nor seen for so long: no transaction takes a day.
GRACE: Final = timedelta(days=1)
# What was kept so lately needs no new date, and so no lock.
_LATELY: Final = GRACE / 2
_KNOWN: Final = """
    SELECT sha256 FROM blobs_blob
    WHERE sha256 = ANY (%s) AND kept_at > clock_timestamp() - make_interval(secs => %s)
"""
# In order of the hash, so that no two who keep the same contents wait for each other.
_WRITE: Final = """
    INSERT INTO blobs_blob (id, tenant_id, sha256, size, data, kept_at)
    SELECT gen_random_uuid(), app.tenant_id(), b.*, clock_timestamp()
    FROM unnest(%s::text[], %s::bigint[], %s::bytea[]) AS b (sha256, size, data) ORDER BY b.sha256
    ON CONFLICT (tenant_id, sha256) DO UPDATE SET kept_at = excluded.kept_at
    RETURNING sha256, xmax = 0
"""
_SWEEP: Final = """
    DELETE FROM blobs_blob WHERE id IN (
        SELECT id FROM blobs_blob WHERE kept_at < %s ORDER BY kept_at, id LIMIT %s)
      AND kept_at < %s
    RETURNING id, sha256, size, data IS NULL
"""


def keep(contents: Sequence[bytes]) -> list[str]:
    """Keep each content once; answers their hashes, in the same order."""
    hashes = [hashlib.sha256(content).hexdigest() for content in contents]
    named = dict(zip(hashes, contents, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [list(named), _LATELY.total_seconds()])
        for (known,) in cursor.fetchall():
            del named[known]
        if named:
            cursor.execute(_WRITE, _columns(named))
            _put_objects(named, dict(cursor.fetchall()))
    return hashes


def sweep(*, before: datetime, limit: int) -> list[Any]:
    """Delete up to `limit` blobs that were neither kept nor seen since, in an open transaction.

    Answers their ids and sizes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP, [before, limit, before])
        swept = cursor.fetchall()
    for _, sha256, _, is_object in swept:
        if is_object:
            objects.remove(objects.name_of(require(), sha256))
    return [(id, size) for id, _, size, _ in swept]


def sweep_orphans(*, before: datetime) -> int:
    """Delete the objects that killed writers have left; answers how many."""

    def known(hashes: list[str]) -> set[str]:
        return {*Blob.objects.filter(sha256__in=hashes).values_list("sha256", flat=True)}

    return objects.remove_orphans(require(), known=known, before=before)


def seen(hashes: Sequence[str], *, before: datetime) -> None:
    """Mark blobs that rows refer to, where their last date is before that."""
    Blob.objects.filter(sha256__in=hashes, kept_at__lt=before).update(kept_at=_now())


def _now() -> Any:
    from django.db.models import DateTimeField, Func

    return Func(function="clock_timestamp", output_field=DateTimeField())


def _columns(named: dict[str, bytes]) -> list[list[Any]]:
    most = load().blob_object_bytes
    data = [zlib.compress(c) if len(c) <= most else None for c in named.values()]
    return [list(named), [len(content) for content in named.values()], data]


def _put_objects(named: dict[str, bytes], is_new: dict[str, bool]) -> None:
    most = load().blob_object_bytes
    for sha256, content in named.items():
        if len(content) > most:
            name = objects.name_of(require(), sha256)
            objects.put(name, content, is_new=is_new[sha256])

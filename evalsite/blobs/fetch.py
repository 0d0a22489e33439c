"""Fetch contents by their hash; what does not have the hash is an error, never content."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable

from evalsite.blobs import objects
from evalsite.blobs.models import Blob
from evalsite.errors import EvalsiteError
from evalsite.tenants.scope import require


class BlobMissing(EvalsiteError):
    """A row refers to a content that is not there."""

    code = "blob_missing"
    hint = "restore the storage of blobs to the time of the database, or record the row again"
    http_status = 500


class BlobDamaged(EvalsiteError):
    """A content is not what was kept."""

    code = "blob_damaged"
    hint = "restore it from a backup of the storage, or record the row again"
    http_status = 500


def fetch(hashes: Iterable[str]) -> dict[str, bytes]:
    """Answer the contents by hash; raises BlobMissing and BlobDamaged."""
    wanted = set(hashes)
    found = {}
    rows = Blob.objects.filter(sha256__in=wanted).values_list("sha256", "size", "data")
    for sha256, size, data in rows:
        packed = objects.get(objects.name_of(require(), sha256)) if data is None else bytes(data)
        if packed is not None:
            found[sha256] = _unpacked(packed, sha256=sha256, size=size)
    if lost := wanted - found.keys():
        raise BlobMissing(f"there is no blob {min(lost)}")
    return found


def _unpacked(packed: bytes, *, sha256: str, size: int) -> bytes:
    """Unpack no more than is wanted: what was put in its place may be a bomb."""
    try:
        content = zlib.decompressobj().decompress(packed, size + 1)
    except zlib.error as error:
        raise BlobDamaged(f"blob {sha256} cannot be unpacked: {error}") from None
    if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
        raise BlobDamaged(f"blob {sha256} is not what was kept")
    return content

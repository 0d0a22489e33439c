"""The largest contents, as objects in storage: a folder, or a bucket by setting."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

_FANS: Final = 2


def place() -> Storage:
    """Answer the storage that BLOB_STORAGE names."""
    return storages["blobs"]


def name_of(tenant: UUID, sha256: str) -> str:
    """Name the object of a content: no two tenants share one."""
    return f"{tenant}/{sha256[:_FANS]}/{sha256}"


def put(name: str, content: bytes, *, is_new: bool) -> None:
    """Write an object. One that stands under a new name is what a killed writer has left."""
    if place().exists(name):
        if not is_new:
            return
        place().delete(name)
    place().save(name, ContentFile(zlib.compress(content)))


def get(name: str) -> bytes | None:
    """Answer an object, still compressed; None where there is none."""
    with suppress(FileNotFoundError), place().open(name) as file:
        return bytes(file.read())
    return None


def remove(name: str) -> None:
    """Delete an object; one that is gone already is no error."""
    place().delete(name)


def remove_orphans(
    tenant: UUID, *, known: Callable[[list[str]], set[str]], before: datetime
) -> int:
    """Delete the tenant's objects that no row knows and that are older: a killed writer's.

    `known` answers which hashes have a row. One that is just being written is younger.
    """
    names = {name.rpartition("/")[2]: name for name in all_of(tenant)}
    orphans = [names[sha256] for sha256 in names.keys() - known(list(names))]
    old = [name for name in orphans if place().get_modified_time(name) < before]
    for name in old:
        remove(name)
    return len(old)


def all_of(tenant: UUID) -> list[str]:
    """Name the objects of a tenant, whether a row knows them or not."""
    try:
        fans, _ = place().listdir(str(tenant))
    except FileNotFoundError:
        return []
    return [
        f"{tenant}/{fan}/{file}" for fan in fans for file in place().listdir(f"{tenant}/{fan}")[1]
    ]

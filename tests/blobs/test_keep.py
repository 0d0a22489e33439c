"""A content is kept once for a tenant, and is never given back as anything else."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from evalsite.blobs.fetch import BlobDamaged, BlobMissing, fetch
from evalsite.blobs.keep import keep, seen, sweep, sweep_orphans
from evalsite.blobs.models import Blob
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant

pytestmark = pytest.mark.usefixtures("as_acme")

TEXT = b'"all that was said" ' * 500
# So far back that nobody may refer to it any more.
OLD = timezone.now() - timedelta(days=3)


@pytest.fixture
def as_objects(knobs: Callable[..., None]) -> None:
    knobs(blob_object_bytes="1000")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_same_content_is_kept_once() -> None:
    assert keep([TEXT, b"{}", TEXT]) == _hashes(TEXT, b"{}", TEXT)
    keep([TEXT])
    assert Blob.objects.count() == 2
    both = _hashes(TEXT, b"{}")
    assert fetch(both) == {both[0]: TEXT, both[1]: b"{}"}
    assert len(Blob.objects.get(size=len(TEXT)).data or b"") < len(TEXT) / 10


def test_a_large_one_is_an_object(as_objects: None, objects_folder: Path, acme: Tenant) -> None:
    (sha256,) = keep([TEXT])
    (file,) = files(objects_folder)
    assert Blob.objects.get().data is None
    assert file.relative_to(objects_folder).parts == (str(acme.pk), sha256[:2], sha256)
    assert zlib.decompress(file.read_bytes()) == TEXT
    assert fetch([sha256]) == {sha256: TEXT}


@pytest.mark.parametrize(
    "instead", [b"no zlib", zlib.compress(b"x" * len(TEXT)), zlib.compress(b"x")]
)
def test_another_content_is_an_error(
    as_objects: None, objects_folder: Path, instead: bytes
) -> None:
    hashes = keep([TEXT])
    files(objects_folder)[0].write_bytes(instead)
    with pytest.raises(BlobDamaged):
        fetch(hashes)


def test_a_damaged_row_is_an_error() -> None:
    sha256 = "0" * 64
    Blob.objects.create(sha256=sha256, size=3, data=zlib.compress(b"abc"))
    with pytest.raises(BlobDamaged, match=sha256):
        fetch([sha256])


def test_a_lost_one_is_an_error(as_objects: None, objects_folder: Path) -> None:
    hashes = keep([TEXT])
    files(objects_folder)[0].unlink()
    with pytest.raises(BlobMissing):
        fetch(hashes)


def test_another_tenant_neither_has_it_nor_learns_of_it(globex: Tenant) -> None:
    hashes = keep([TEXT])
    with tenant(globex.pk):
        with pytest.raises(BlobMissing):
            fetch(hashes)
        assert keep([TEXT]) == hashes
        assert Blob.objects.count() == 1


def test_what_nobody_refers_to_is_swept(as_objects: None, objects_folder: Path) -> None:
    (kept,), (gone,) = keep([TEXT]), keep([TEXT + b"x"])
    Blob.objects.update(kept_at=OLD)
    seen([kept], before=timezone.now() - timedelta(days=1))
    swept = sweep(before=timezone.now() - timedelta(days=1), limit=10)
    assert [size for _, size in swept] == [len(TEXT) + 1]
    assert [file.name for file in files(objects_folder)] == [kept]
    with pytest.raises(BlobMissing):
        fetch([gone])


def test_keeping_it_again_saves_it_from_the_sweep() -> None:
    keep([TEXT])
    Blob.objects.update(kept_at=OLD)
    keep([TEXT])
    assert sweep(before=timezone.now() - timedelta(days=1), limit=10) == []


def test_an_object_that_a_killed_sweep_took_is_written_again(
    as_objects: None, objects_folder: Path
) -> None:
    hashes = keep([TEXT])
    files(objects_folder)[0].unlink()
    Blob.objects.update(kept_at=OLD)
    keep([TEXT])
    assert fetch(hashes)


def test_half_an_object_of_a_killed_writer_is_replaced(
    as_objects: None, objects_folder: Path, acme: Tenant
) -> None:
    (sha256,) = _hashes(TEXT)
    half = objects_folder / str(acme.pk) / sha256[:2] / sha256
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    assert fetch(keep([TEXT])) == {sha256: TEXT}


def _hashes(*contents: bytes) -> list[str]:
    return [hashlib.sha256(content).hexdigest() for content in contents]


def test_what_a_killed_writer_left_is_removed_in_time(
    as_objects: None, objects_folder: Path, acme: Tenant
) -> None:
    keep([TEXT])
    orphan = objects_folder / str(acme.pk) / "ab" / ("ab" * 32)
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"half")
    now = timezone.now()
    assert sweep_orphans(before=now - timedelta(days=1)) == 0
    assert sweep_orphans(before=now + timedelta(days=1)) == 1
    assert len(files(objects_folder)) == 1


def test_any_storage_of_django_will_do(as_objects: None, settings: Any) -> None:
    kept = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "blobs": kept}
    hashes = keep([TEXT])
    assert fetch(hashes) == {hashes[0]: TEXT}
    Blob.objects.update(kept_at=OLD)
    assert len(sweep(before=timezone.now() - timedelta(days=1), limit=10)) == 1
    with pytest.raises(BlobMissing):
        fetch(keep([b"x"]) + hashes)

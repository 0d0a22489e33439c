"""A body is received whole before it is used; who sends slowly holds nothing meanwhile."""

from __future__ import annotations

import io
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from django.db import connection
from django.test import Client

from evalsite.api.frame.body import BodyCutShort, BodyTooLarge
from evalsite.api.frame.receive import BodyNotKept, received
from evalsite.cases.curate import create_suite, save_case
from evalsite.cases.models import Suite
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker
from tests.api.test_body import Generated, sent

MB = 2**20
CASE = {"input": {"question": "q"}, "expected": {"answer": "4"}}


def read(stream: object, *, limit: int = 100 * MB) -> bytes:
    with received(stream, limit=limit) as body:  # type: ignore[arg-type]
        return body.read()


@pytest.mark.parametrize("size", [0, 10, 3 * MB])
def test_what_was_sent_is_received(size: int) -> None:
    assert read(io.BytesIO(b"x" * size)) == b"x" * size


def test_no_part_of_a_body_is_given() -> None:
    with pytest.raises(BodyCutShort):
        read(sent(b"{}\n", told=9))
    with pytest.raises(BodyTooLarge):
        read(Generated(b"x" * 1000, times=10**4), limit=2 * MB)


@pytest.fixture
def small_disk() -> Iterator[None]:
    """A process whose files are no longer than 2 MiB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MB, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_without_room_is_told(small_disk: None) -> None:
    with pytest.raises(BodyNotKept, match="File too large") as told:
        read(io.BytesIO(b"x" * (5 * MB)))
    assert told.value.http_status == 503


class Slow(io.BytesIO):
    """Sends more than a block of cases; before the last of them somebody else edits the suite."""

    def __init__(self, suite: Suite, *, cases: int) -> None:
        rows = ({"key": str(number), **CASE} for number in range(cases))
        super().__init__(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        self.length = len(self.getvalue())
        self.edits, self._suite = 0, suite

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self.tell() == self.length and not self.edits:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(self._edit).result()
        return data

    def _edit(self) -> None:
        try:
            with tenant(self._suite.tenant.pk), connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '3s'")
                save_case(self._suite, {"key": "theirs", **CASE})
            self.edits += 1
        finally:
            connection.close()


def test_other_curators_take_their_turn_while_cases_come(committed_db: None) -> None:
    acme = Tenant.objects.create(slug="acme", name="Acme")
    api: Client = asker(acme)
    with tenant(acme.pk):
        suite = create_suite(name="sums", pack="exact")
    slow = Slow(suite, cases=5_000)
    done = api.post(
        f"/api/v1/suites/{suite.pk}/cases/bulk",
        b"sent by hand",
        content_type="application/x-ndjson",
        **{"wsgi.input": slow, "CONTENT_LENGTH": str(slow.length)},  # type: ignore[arg-type]
    )
    assert (done.status_code, done.json().get("new")) == (200, 5_000), done.content
    assert slow.edits == 1

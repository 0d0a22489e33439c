"""A body is received whole before it is used; who sends slowly holds nothing meanwhile."""

from __future__ import annotations

import io
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.db import connection

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


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """Let files of this process be no longer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# Where the disk is full within what a file still buffers, closing it fails once more.
@pytest.mark.parametrize("size", [2 * MB, 2 * MB + 60_000, 2 * MB + 65_000])
@pytest.mark.parametrize("piece", [1_000, 2**16])
def test_a_disk_without_room_is_told(size: int, piece: int) -> None:
    body = Generated(b"x" * piece, times=5 * MB // piece)
    with (
        small_disk(size),
        pytest.raises(BodyNotKept, match="kept: File too large") as told,
        received(body, limit=100 * MB),
    ):
        pass
    assert told.value.http_status == 503


def test_no_folder_of_the_server_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    with pytest.raises(BodyNotKept) as told, received(io.BytesIO(b"x" * 2 * MB), limit=3 * MB):
        pass
    assert "nowhere" not in str(told.value)


class Slow(io.BytesIO):
    """Sends more than a block of cases; before the last of them time goes by, and more happens."""

    def __init__(self, n: int, *, meanwhile: Callable[[], object]) -> None:
        rows = ({"key": str(number), **CASE} for number in range(n))
        super().__init__(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        self.length = len(self.getvalue())
        self._meanwhile: Callable[[], object] | None = meanwhile

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self.tell() == self.length and self._meanwhile:
            self._meanwhile()
            self._meanwhile = None
        return data


@pytest.fixture
def suite(committed_db: None) -> Suite:
    """A suite that other connections see."""
    with tenant(Tenant.objects.create(slug="acme", name="Acme").pk):
        return create_suite(name="sums", pack="exact")


def send(suite: Suite, body: Slow) -> Any:
    """Send it as the cases of a suite; answers the response."""
    return asker(suite.tenant).post(
        f"/api/v1/suites/{suite.pk}/cases/bulk",
        b"sent by hand",
        content_type="application/x-ndjson",
        **{"wsgi.input": body, "CONTENT_LENGTH": str(body.length)},  # type: ignore[arg-type]
    )


def test_other_curators_take_their_turn_while_cases_come(suite: Suite) -> None:
    edited = []

    def edit() -> None:
        try:
            with tenant(suite.tenant.pk), connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '3s'")
                edited.append(save_case(suite, {"key": "theirs", **CASE}))
        finally:
            connection.close()

    def edit_apart() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(edit).result()

    done = send(suite, Slow(5_000, meanwhile=edit_apart))
    assert (done.status_code, done.json().get("new")) == (200, 5_000), done.content
    assert edited


def test_who_sends_slowly_is_taken_for_no_session_that_was_left(suite: Suite) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '300ms'")
    done = send(suite, Slow(5_000, meanwhile=lambda: time.sleep(1)))
    assert (done.status_code, done.json().get("new")) == (200, 5_000), done.content


def test_for_no_suite_nothing_is_received(suite: Suite) -> None:
    suite.pk, heard = uuid4(), []
    assert send(suite, Slow(9, meanwhile=lambda: heard.append("all"))).status_code == 404
    assert not heard

"""The trail is added to and read, and nothing else, whoever asks; a purge takes its beginning."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from django.db import connections, transaction
from django.utils import timezone

from evalsite.audit.models import Anchor, Entry, Link
from evalsite.audit.purge import erase_trail, purge_entries
from evalsite.audit.record import record
from evalsite.audit.verify import HeadInvalid, TrailBroken, verify_trail
from evalsite.tenants.models import Tenant
from evalsite.tenants.roles import APP, MAINT, OWNER
from evalsite.tenants.scope import tenant
from tests.services import DATABASE, Services

TABLES = ("audit_entry", "audit_link", "audit_anchor")
CHANGES = (
    "UPDATE {table} SET id = id",
    "DELETE FROM {table}",
    "TRUNCATE {table} CASCADE",
)


def run(services: Services, role: str, *statements: str) -> None:
    place = {**services.roles[role], "dbname": DATABASE}
    unlock = "-c app.unlock=migrate" if role == OWNER else ""
    with psycopg.connect(**place, options=unlock) as one:
        for statement in statements:
            one.execute(statement.encode())


@pytest.mark.parametrize("role", [APP, OWNER, MAINT])
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_refused(
    role: str, table: str, change: str, trail: Tenant, services: Services
) -> None:
    told = f"SELECT set_config('app.tenant_id', '{trail.pk}', false)"
    with pytest.raises(psycopg.Error) as caught:
        run(services, role, told, change.format(table=table))
    assert caught.value.sqlstate in ("42501", "P0T02")


@pytest.mark.parametrize("role", [APP, OWNER])
def test_saying_that_it_is_a_purge_does_not_help(
    role: str, trail: Tenant, services: Services
) -> None:
    told = ("SET app.purge = 'audit'", f"SET app.tenant_id = '{trail.pk}'")
    with pytest.raises(psycopg.Error, match="permission denied|append-only"):
        run(services, role, *told, "DELETE FROM audit_entry")


@pytest.mark.parametrize("role", [APP, MAINT])
def test_nobody_adds_a_link(role: str, trail: Tenant, services: Services) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(services, role, "INSERT INTO audit_link SELECT * FROM audit_link")


def test_what_is_undone_leaves_no_gap(trail: Tenant) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record("case.changed", "never")
        raise ZeroDivisionError
    record("case.changed", "after it")
    assert verify_trail().entries == 6


def test_an_open_transaction_holds_nobody_up(trail: Tenant) -> None:
    """It is linked when it commits, so behind what was recorded and committed meanwhile."""

    def meanwhile() -> None:
        with closing(connections["default"]), tenant(trail.pk):
            record("case.changed", "meanwhile")

    with transaction.atomic():
        record("case.changed", "first")
        other = threading.Thread(target=meanwhile)
        other.start()
        other.join(timeout=30)
        assert not other.is_alive()
    linked = [Entry.objects.get(pk=link.pk).subject for link in Link.objects.order_by("seq")]
    assert linked[-2:] == ["meanwhile", "first"]
    assert verify_trail().entries == 7


def test_many_writers_make_one_chain(trail: Tenant) -> None:
    def write() -> None:
        with closing(connections["default"]), tenant(trail.pk):
            for number in range(20):
                record("case.changed", str(number))

    writers = [threading.Thread(target=write) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert verify_trail().entries == 125


def purge(limit: int = 100) -> int:
    return purge_entries(before=timezone.now() - timedelta(days=30), limit=limit)


@pytest.fixture
def old(trail: Tenant, tamper: Callable[..., None]) -> Tenant:
    """The trail with its first three entries a year old."""
    tamper(
        "UPDATE audit_entry SET recorded_at = recorded_at - interval '1 year'"
        " WHERE id IN (SELECT id FROM audit_link WHERE seq <= 3)"
    )
    return trail


def test_a_purge_takes_the_old_beginning(old: Tenant) -> None:
    assert [purge(limit=2), purge(limit=2), purge(limit=2)] == [2, 1, 0]
    assert sorted(Entry.objects.values_list("subject", flat=True)) == ["case 4", "case 5"]
    assert Anchor.objects.get().seq == 3


def test_what_a_purge_leaves_still_verifies(old: Tenant) -> None:
    kept = verify_trail(since=timezone.now() - timedelta(days=1)).head
    purge()
    record("case.changed", "case 6")
    assert verify_trail(kept=kept).entries == 3


def test_a_chain_that_was_purged_whole_goes_on(old: Tenant) -> None:
    purge_entries(before=timezone.now() + timedelta(days=1), limit=100)
    kept = verify_trail().head
    assert kept.seq == 5
    record("case.changed", "case 6")
    done = verify_trail(kept=kept)
    assert (done.entries, done.head.seq) == (1, 6)


def test_an_old_entry_behind_a_young_one_waits(trail: Tenant, tamper: Callable[..., None]) -> None:
    tamper("UPDATE audit_entry SET recorded_at = '2020-01-01' WHERE subject = 'case 3'")
    assert purge() == 0


def test_a_purge_leaves_other_tenants_alone(old: Tenant) -> None:
    globex = Tenant.objects.create(slug="globex", name="Globex")
    with tenant(globex.pk):
        record("case.changed", "first of globex")
        assert purge() == 0
        assert purge_entries(before=timezone.now() + timedelta(days=1), limit=9) == 1
    assert Entry.objects.count() == 5


def test_deleting_more_than_the_anchor_says_is_seen(
    old: Tenant, tamper: Callable[..., None]
) -> None:
    purge()
    tamper("DELETE FROM audit_link WHERE seq = 4")
    with pytest.raises(TrailBroken, match="seq 5"):
        verify_trail()


def test_a_head_that_was_purged_is_refused(old: Tenant) -> None:
    kept = verify_trail(since=timezone.now() - timedelta(days=1)).head
    record("case.changed", "case 6")
    purge_entries(before=timezone.now() + timedelta(days=1), limit=100)
    with pytest.raises(HeadInvalid, match="purged"):
        verify_trail(kept=kept)


def test_an_erased_trail_leaves_nothing(trail: Tenant) -> None:
    assert erase_trail() == 5
    left = (model.objects.exists() for model in (Entry, Link, Anchor))
    assert not any(left)

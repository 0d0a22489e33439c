"""The chain verifies as it was recorded, and names the first row that is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from evalsite.audit.models import Entry, Link
from evalsite.audit.record import record
from evalsite.audit.verify import Head, HeadInvalid, TrailBroken, verify_trail
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant

Tamper = Callable[..., None]
THIRD = "(SELECT id FROM audit_link WHERE seq = 3)"
# One changed byte or less in each column of an entry.
ALTERED = {
    "id": "uuid_send(id)",
    "tenant_id": "",
    "actor_kind": "'user'",
    "actor": "'anm'",
    "role": "'x'",
    "request_id": "'x'",
    "action": "'case.changee'",
    "subject": "'case 4'",
    "subject_id": "'x'",
    "before": """'{"n": 9}'""",
    "after": "NULL",
    "details": """'{"x": null}'""",
    "recorded_at": "recorded_at + interval '1 microsecond'",
}


def fault(**options: Any) -> str:
    with pytest.raises(TrailBroken) as caught:
        verify_trail(**options)
    return caught.value.message


def test_a_trail_is_as_recorded(trail: Tenant) -> None:
    done = verify_trail()
    assert done.entries == 5
    assert done.head.seq == 5


def test_an_empty_trail_ends_where_it_begins(as_acme: Tenant) -> None:
    assert str(verify_trail().head) == "0:"


def test_every_column_is_altered_below() -> None:
    assert set(ALTERED) == {field.column for field in Entry._meta.concrete_fields}


@pytest.mark.parametrize("column", sorted(set(ALTERED) - {"id", "tenant_id"}))
def test_an_altered_column_is_named(column: str, trail: Tenant, tamper: Tamper) -> None:
    tamper(f"UPDATE audit_entry SET {column} = {ALTERED[column]} WHERE id = {THIRD}")
    assert fault().startswith("seq 3: entry")


@pytest.mark.parametrize("column", ["id", "tenant_id"])
def test_an_entry_with_another_id_or_tenant_is_gone(
    column: str, trail: Tenant, tamper: Tamper
) -> None:
    tamper(f"UPDATE audit_entry SET {column} = gen_random_uuid() WHERE id = {THIRD}")
    assert "seq 3: its entry" in fault()


def test_an_entry_deleted_alone_is_named(trail: Tenant, tamper: Tamper) -> None:
    tamper(f"DELETE FROM audit_entry WHERE id = {THIRD}")
    assert "seq 3: its entry" in fault()


def test_an_entry_deleted_with_its_link_is_named(trail: Tenant, tamper: Tamper) -> None:
    tamper(f"DELETE FROM audit_entry WHERE id = {THIRD}")
    tamper("DELETE FROM audit_link WHERE seq = 3")
    assert "seq 4: the entries before it are gone" in fault()


def test_closing_the_gap_does_not_help(trail: Tenant, tamper: Tamper) -> None:
    tamper("DELETE FROM audit_link WHERE seq = 3")
    tamper("UPDATE audit_link SET seq = seq - 1 WHERE seq > 3")
    assert "seq 3" in fault()
    assert "does not follow" in fault()


def test_swapped_entries_are_named(trail: Tenant, tamper: Tamper) -> None:
    tamper(
        "UPDATE audit_entry e SET subject = o.subject, recorded_at = o.recorded_at"
        " FROM audit_link l, audit_link m, audit_entry o WHERE l.id = e.id AND m.id = o.id"
        " AND l.seq + m.seq = 6 AND l.seq IN (2, 4)"
    )
    assert fault().startswith("seq 2: entry")


def test_swapped_links_are_named(trail: Tenant, tamper: Tamper) -> None:
    for sql in ("seq = 99 WHERE seq = 2", "seq = 2 WHERE seq = 4", "seq = 4 WHERE seq = 99"):
        tamper(f"UPDATE audit_link SET {sql}")
    assert "seq 2" in fault()
    assert "does not follow" in fault()


@pytest.mark.parametrize(("column", "named"), [("hash", "seq 3"), ("previous", "seq 3")])
def test_an_altered_link_is_named(column: str, named: str, trail: Tenant, tamper: Tamper) -> None:
    tamper(f"UPDATE audit_link SET {column} = sha256({column}) WHERE seq = 3")
    assert named in fault()


def test_an_entry_that_was_smuggled_in_is_named(trail: Tenant, tamper: Tamper) -> None:
    tamper(
        "INSERT INTO audit_entry SELECT (jsonb_populate_record(e, jsonb_build_object("
        f"'id', gen_random_uuid()))).* FROM audit_entry e WHERE id = {THIRD}"
    )
    assert "has no link" in fault()


@pytest.mark.parametrize("table", ["audit_anchor", "audit_link"])
def test_a_trail_without_its_anchor_or_links_is_broken(
    table: str, trail: Tenant, tamper: Tamper
) -> None:
    tamper(f"DELETE FROM {table}")
    assert fault()


def test_a_cut_tail_is_seen_against_a_kept_head(trail: Tenant, tamper: Tamper) -> None:
    kept = verify_trail().head
    tamper("DELETE FROM audit_entry WHERE id IN (SELECT id FROM audit_link WHERE seq > 3)")
    tamper("DELETE FROM audit_link WHERE seq > 3")
    assert verify_trail().entries == 3
    assert "ends at seq 3" in fault(kept=kept)


def test_a_kept_head_vouches_for_what_came_before_it(trail: Tenant, tamper: Tamper) -> None:
    kept = verify_trail().head
    record("case.changed", "another")
    assert verify_trail(kept=kept).entries == 6
    assert "another hash" in fault(kept=Head(5, b"x" * 32))


def test_since_leaves_out_what_is_older(trail: Tenant, tamper: Tamper) -> None:
    tamper("UPDATE audit_entry SET actor = 'x' WHERE subject = 'case 2'")
    fourth = Entry.objects.get(subject="case 4").recorded_at
    assert verify_trail(since=fourth).entries == 2
    assert verify_trail(since=timezone.now() + timedelta(days=1)).entries == 0
    assert "seq 2" in fault()


def test_each_tenant_has_a_chain_of_its_own(trail: Tenant) -> None:
    globex = Tenant.objects.create(slug="globex", name="Globex")
    with tenant(globex.pk):
        record("case.changed", "first of globex")
        assert Link.objects.get().seq == 1
    assert verify_trail().entries == 5


@pytest.mark.parametrize("text", ["", "5", "x:00", "5:zz", "5:00", "-1:" + "00" * 32])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(HeadInvalid):
        Head.read(text)


def test_the_command_prints_a_head_that_it_takes(trail: Tenant, capsys: Any) -> None:
    call_command("verifyaudit", json=True)
    call_command("verifyaudit", head=str(verify_trail().head))
    told = capsys.readouterr().out
    assert '{"entries": 5, "head": "5:' in told
    assert "5 entries are as recorded" in told


def test_the_command_fails_on_a_broken_trail(trail: Tenant, tamper: Tamper) -> None:
    tamper(f"UPDATE audit_entry SET actor = 'x' WHERE id = {THIRD}")
    with pytest.raises(CommandError, match=r"\[audit_trail_broken\] seq 3") as caught:
        call_command("verifyaudit")
    assert caught.value.returncode == 1

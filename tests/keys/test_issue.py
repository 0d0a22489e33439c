"""Who may give a program what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evalsite.audit.models import Entry
from evalsite.errors import EvalsiteError, UsageError
from evalsite.keys.models import ApiKey
from evalsite.keys.revoke import revoke_key
from evalsite.keys.rotate import KeyEnded, rotate_key
from evalsite.keys.scopes import known_scopes
from evalsite.keys.verify import verify
from evalsite.tenants.acting import Actor, ActorKind, acting
from evalsite.tenants.models import Role
from evalsite.tenants.rank import RoleTooHigh
from tests.keys.issued import issued, token_of
from tests.tenant_rows import make_membership, make_user

pytestmark = pytest.mark.usefixtures("as_acme")


def test_a_key_is_issued_and_audited_once() -> None:
    key = issued(days=30).key
    assert timedelta(days=29) < key.expires_at - timezone.now() <= timedelta(days=30)
    entry = Entry.objects.get()
    assert (entry.action, entry.actor, entry.subject_id) == ("key.issued", "test", str(key.pk))
    assert entry.after == {
        "role": "curator",
        "scopes": ["cases:read"],
        "expires_at": key.expires_at.isoformat(timespec="seconds"),
    }


def test_a_key_lives_90_days_unless_told_otherwise() -> None:
    assert (issued().key.expires_at - timezone.now()).days == 89


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"name": " "}, "key_invalid"),
        ({"name": "x" * 101}, "key_invalid"),
        ({"name": "a\nb"}, "key_invalid"),
        ({"role": "king"}, "key_invalid"),
        ({"days": 0}, "key_invalid"),
        ({"days": 366}, "key_invalid"),
        ({"scopes": []}, "scope_unknown"),
        ({"scopes": ["cases"]}, "scope_unknown"),
        ({"scopes": ["cases:delete"]}, "scope_unknown"),
        ({"scopes": ["nothing:read"]}, "scope_unknown"),
    ],
    ids=str,
)
def test_what_no_key_can_be_is_refused(wanted: dict[str, Any], code: str) -> None:
    with pytest.raises(UsageError, match=code):
        issued(**wanted)
    assert not ApiKey.objects.exists()


def test_every_room_that_keeps_rows_has_its_scopes() -> None:
    assert {"cases:read", "cases:write", "keys:write", "*:read", "audit:read"} <= known_scopes()
    assert not {"auth:read", "web:read", "stats:read"} & known_scopes()


@pytest.mark.parametrize("role", Role)
def test_a_person_gives_no_role_above_their_own(role: Role) -> None:
    admin = make_membership(role=Role.ADMIN).user
    if role is Role.OWNER:
        with pytest.raises(RoleTooHigh):
            issued(role=role, actor=admin)
    else:
        assert issued(role=role, actor=admin).key.created_by == admin.username


def test_who_acts_is_the_bound_where_nobody_is_named() -> None:
    with acting(Actor(kind=ActorKind.USER, name="ann", role="viewer")):
        with pytest.raises(RoleTooHigh):
            issued(actor="")
        assert issued(actor="", role=Role.VIEWER).key.created_by == "ann"


def test_a_stranger_gives_nothing() -> None:
    with pytest.raises(RoleTooHigh):
        issued(actor=make_user(), role=Role.VIEWER)


def test_a_key_gives_no_more_than_it_has() -> None:
    scopes = ["keys:write", "cases:read"]
    holder = verify(token_of(role=Role.ADMIN, scopes=scopes))
    assert issued(actor=holder, role=Role.ADMIN, scopes=scopes)
    for more in ({"role": Role.OWNER}, {"scopes": ["cases:write"]}, {"scopes": ["*:read"]}):
        with pytest.raises(EvalsiteError) as caught:
            issued(**{"actor": holder, "scopes": scopes, **more})
        assert caught.value.http_status == 403


def test_a_key_to_every_room_gives_each() -> None:
    holder = verify(token_of(role=Role.ADMIN, scopes=["*:read"]))
    assert issued(actor=holder, scopes=["cases:read", "*:read"])


def test_an_heir_has_the_same_rights() -> None:
    key = issued(days=200).key
    heir = rotate_key(key, overlap_hours=2, actor="test").key
    key.refresh_from_db()
    assert (heir.name, heir.role, heir.scopes) == (key.name, key.role, key.scopes)
    assert (heir.expires_at - timezone.now()).days == 199
    assert key.rotated_to_id == heir.pk
    assert timedelta(hours=1) < key.expires_at - timezone.now() <= timedelta(hours=2)
    assert list(Entry.objects.values_list("action", flat=True)).count("key.rotated") == 1
    assert Entry.objects.count() == 2


def test_a_key_about_to_end_does_not_live_longer_by_overlapping() -> None:
    key = issued().key
    soon = timezone.now() + timedelta(minutes=5)
    ApiKey.objects.update(expires_at=soon)
    rotate_key(key, actor="test")
    key.refresh_from_db()
    assert key.expires_at == soon


@pytest.mark.parametrize("hours", [-1, 24.5, float("nan")])
def test_keys_overlap_for_a_day_at_most(hours: float) -> None:
    with pytest.raises(EvalsiteError, match="key_invalid"):
        rotate_key(issued().key, overlap_hours=hours, actor="test")


def test_a_key_is_rotated_once_and_not_after_its_end() -> None:
    rotated, revoked = issued().key, issued().key
    rotate_key(rotated, actor="test")
    revoke_key(revoked, actor="test")
    for key in (rotated, revoked):
        with pytest.raises(KeyEnded):
            rotate_key(key, actor="test")


def test_nobody_rotates_a_role_above_their_own() -> None:
    admin = make_membership(role=Role.ADMIN).user
    with pytest.raises(RoleTooHigh):
        rotate_key(issued(role=Role.OWNER).key, actor=admin)


def test_revoking_twice_is_recorded_once() -> None:
    key = issued().key
    revoke_key(key, actor="test")
    first = ApiKey.objects.get().revoked_at
    revoke_key(ApiKey.objects.get(), actor="test")
    assert ApiKey.objects.get().revoked_at == first
    assert Entry.objects.filter(action="key.revoked").count() == 1

"""A good key opens; everything else is refused in the same words."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evalsite.audit.models import Entry
from evalsite.keys import pepper
from evalsite.keys.models import ApiKey
from evalsite.keys.revoke import revoke_key
from evalsite.keys.rotate import rotate_key
from evalsite.keys.token import new_token
from evalsite.keys.verify import KeyRefused, verify
from evalsite.tenants import scope
from evalsite.tenants.models import Role, Tenant
from tests.keys.issued import issued, token_of


@pytest.fixture
def token(as_acme: Tenant) -> str:
    """A key to Acme's cases."""
    return token_of()


def refusal(token: str) -> str:
    with pytest.raises(KeyRefused) as caught:
        verify(token)
    assert (caught.value.code, caught.value.http_status) == ("key_refused", 401)
    return str(caught.value)


def actions() -> list[str]:
    return list(Entry.objects.order_by("recorded_at", "pk").values_list("action", flat=True))


def test_a_good_key_says_whose_it_is(token: str, acme: Tenant) -> None:
    with scope.nobody():
        holder = verify(token)
        assert scope.current() is None
    assert (holder.tenant_id, holder.name, holder.role) == (acme.pk, "ci", Role.CURATOR)
    assert holder.scopes == {"cases:read"}


def test_a_key_works_for_its_tenant_whoever_asks(token: str, acme: Tenant, globex: Tenant) -> None:
    with scope.tenant(globex.pk):
        assert verify(token).tenant_id == acme.pk
        assert scope.current() == globex.pk
        assert actions() == []


@pytest.mark.parametrize("bad", ["", "evs_", "x" * 54, "evs_" + "é" * 50, "evs_" + "\0" * 50])
def test_what_is_no_key_asks_no_database(bad: str, db: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        refusal(bad)
    assert len(captured) == 0


def test_a_wrong_checksum_asks_no_database(token: str) -> None:
    swapped = token[:-1] + ("1" if token.endswith("0") else "0")
    with CaptureQueriesContext(connection) as captured:
        for bad in (swapped, token[:20] + token[21] + token[20] + token[22:], f"{token} "):
            refusal(bad)
    assert len(captured) == 0


def test_every_bad_key_is_refused_alike(token: str, acme: Tenant) -> None:
    def told(**changes: Any) -> str:
        ApiKey.objects.update(expires_at=timezone.now() + timedelta(days=1), revoked_at=None)
        ApiKey.objects.update(**changes)
        return refusal(token)

    now = timezone.now()
    words = {refusal(new_token().text), told(expires_at=now), told(revoked_at=now)}
    words |= {told(pepper_version="gone"), told(digest="0" * 64)}
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    assert {*words, told()} == {refusal("")}


def test_an_unknown_id_costs_what_a_wrong_secret_does(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, digests = pepper.digest, []

    def counted(token: str, *, version: str) -> str:
        digests.append(token)
        return digest(token, version=version)

    monkeypatch.setattr(pepper, "digest", counted)
    ApiKey.objects.update(digest="0" * 64)
    queries = []
    for bad in (token, new_token().text):
        with CaptureQueriesContext(connection) as captured:
            refusal(bad)
        queries.append(len(captured))
    assert (len(digests), len(set(queries))) == (2, 1)


def test_a_revoked_key_is_refused_at_once(as_acme: Tenant) -> None:
    key, token = issued()
    verify(token.get_secret_value())
    revoke_key(key)
    refusal(token.get_secret_value())


def test_use_is_noted_once_a_minute(token: str) -> None:
    verify(token)
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    with CaptureQueriesContext(connection) as captured:
        verify(token)
    assert len(captured) == 1
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=1, seconds=1))
    verify(token)
    later = ApiKey.objects.get().last_used_at
    assert later is not None
    assert later > first


def test_use_is_audited_once_an_hour(token: str) -> None:
    for _ in range(3):
        verify(token)
        ApiKey.objects.update(last_used_at=None)
    used = Entry.objects.get(action="key.used")
    assert (used.actor_kind, used.actor, used.role) == ("key", "key ci", "curator")
    assert used.subject_id == str(ApiKey.objects.get().pk)


@pytest.mark.parametrize(("hours", "is_good"), [(0, False), (1, True)])
def test_a_rotated_key_lives_as_long_as_it_overlaps(
    hours: int, is_good: bool, as_acme: Tenant
) -> None:
    key, token = issued()
    heir = rotate_key(key, overlap_hours=hours, actor="test")
    verify(heir.token.get_secret_value())
    if is_good:
        verify(token.get_secret_value())
    else:
        refusal(token.get_secret_value())
    assert ("key.reused" in actions()) is not is_good


def test_the_reuse_of_a_rotated_key_revokes_nothing(as_acme: Tenant) -> None:
    key, token = issued()
    heir = rotate_key(key, overlap_hours=0, actor="test")
    for _ in range(3):
        refusal(token.get_secret_value())
    verify(heir.token.get_secret_value())
    reused = Entry.objects.get(action="key.reused")
    assert (reused.details, reused.subject_id) == ({"ended": "rotated"}, str(key.pk))


def test_an_expired_key_that_was_not_rotated_is_no_alarm(token: str) -> None:
    ApiKey.objects.update(expires_at=timezone.now())
    refusal(token)
    assert "key.reused" not in actions()


def test_a_wrong_secret_leaves_no_trace_with_the_tenant(token: str) -> None:
    ApiKey.objects.update(digest="0" * 64)
    refusal(token)
    assert actions() == ["key.issued"]
    assert ApiKey.objects.get().last_used_at is None


def test_keys_move_to_a_new_pepper_as_they_are_used(token: str, knobs: Callable[..., None]) -> None:
    new = secrets.token_urlsafe(40)
    with pytest.raises(KeyRefused):
        knobs(api_key_peppers=f'["{new}"]')
        verify(token)
    old = secrets.token_urlsafe(40)
    knobs(api_key_peppers=f'["{old}"]')
    moved = token_of()
    knobs(api_key_peppers=f'["{new}", "{old}"]')
    verify(moved)
    knobs(api_key_peppers=f'["{new}"]')
    verify(moved)

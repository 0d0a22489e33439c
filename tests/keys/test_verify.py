"""A good key opens; everything else is refused in the same words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evalsite.keys.issue import issue_key
from evalsite.keys.models import ApiKey
from evalsite.keys.token import new_token
from evalsite.keys.verify import KeyRefused, verify
from evalsite.tenants import scope
from evalsite.tenants.models import Role, Tenant


@pytest.fixture
def token(as_acme: Tenant) -> str:
    """A key to Acme's cases."""
    issued = issue_key(name="ci", role=Role.CURATOR, scopes=["cases:read"], actor="test")
    return issued.token.get_secret_value()


def refusal(token: str) -> str:
    with pytest.raises(KeyRefused) as caught:
        verify(token)
    return str(caught.value)


def test_a_good_key_says_whose_it_is(token: str, acme: Tenant) -> None:
    with scope.nobody():
        holder = verify(token)
        assert scope.current() is None
    assert (holder.tenant_id, holder.name, holder.role) == (acme.pk, "ci", Role.CURATOR)
    assert holder.scopes == {"cases:read"}


def test_a_wrong_checksum_asks_no_database(token: str) -> None:
    last = "0" if token[-1] != "0" else "1"
    with CaptureQueriesContext(connection) as captured:
        for bad in (token[:-1] + last, token[:-1], "", "evs_", "x" * 54, f"{token} ", "é" * 54):
            refusal(bad)
    assert len(captured) == 0


def test_every_bad_key_is_refused_alike(token: str, acme: Tenant) -> None:
    def told(**changes: Any) -> str:
        ApiKey.objects.update(expires_at=timezone.now() + timedelta(days=1), revoked_at=None)
        ApiKey.objects.update(**changes)
        return refusal(token)

    now = timezone.now()
    words = {refusal(new_token()), told(expires_at=now), told(revoked_at=now)}
    words |= {told(digest="0" * 64), told(pepper_version="gone"), refusal("evs_nothing")}
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    assert {*words, told()} == {refusal("")}

"""Links for people without an account: what opens, until when, and what is written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from evalsite.audit.models import Entry
from evalsite.shares.make import ShareInvalid, make_share
from evalsite.shares.models import Share
from evalsite.shares.open import ShareGone, count_use, opened
from evalsite.shares.queries import shares_of
from evalsite.shares.revoke import revoke_share
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import current, nobody, tenant
from tests.factories import make_batch, make_comparison, make_suite


def made(**wanted: Any) -> tuple[Share, str]:
    found = make_share(make_batch(), **{"days": 7, "actor": "ann", **wanted})
    return found.share, found.token.get_secret_value()


@contextmanager
def freeze(at: datetime) -> Iterator[None]:
    """Make links as if it were then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evalsite.shares.make.timezone.now", lambda: at)
        yield


def use(token: str) -> Share:
    with nobody(), opened(token) as share:
        count_use(share)
        return share


def actions() -> list[str]:
    return list(Entry.objects.order_by("recorded_at", "pk").values_list("action", flat=True))


def test_a_link_opens_its_row_in_its_tenant(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        comparison = make_comparison()
        token = make_share(comparison, days=1).token.get_secret_value()
    with tenant(globex.pk), opened(token) as share:
        assert (current(), share.kind, share.subject_id) == (acme.pk, "comparison", comparison.pk)


@pytest.mark.parametrize("days", [1, 7, 30])
def test_it_ends_after_its_days(days: int, as_acme: Tenant) -> None:
    share, _ = made(days=days)
    left = share.expires_at - timezone.now()
    assert timedelta(days=days, minutes=-1) < left <= timedelta(days=days)


def test_what_is_stored_opens_nothing(as_acme: Tenant) -> None:
    share, token = made()
    row = str(list(Share.objects.filter(pk=share.pk).values_list()))
    assert token not in row
    with pytest.raises(ShareGone):
        use(share.digest)


def test_uses_are_counted_and_the_first_is_audited(as_acme: Tenant) -> None:
    share, token = made()
    for _ in range(3):
        use(token)
    share.refresh_from_db()
    assert share.uses == 3
    assert share.first_used_at is not None
    assert share.last_used_at is not None
    assert share.last_used_at > share.first_used_at
    assert actions() == ["share.made", "share.first_used"]


def test_the_trail_says_who_made_it_and_not_who_reads(as_acme: Tenant) -> None:
    _, token = made()
    use(token)
    first = Entry.objects.get(action="share.first_used")
    assert (first.actor, first.actor_kind) == ("shared link", "system")
    assert first.details == {"made_by": "ann"}


def test_a_revoked_link_opens_nothing(as_acme: Tenant) -> None:
    share, token = made()
    revoke_share(share, actor="bob")
    revoke_share(share, actor="carol")
    with pytest.raises(ShareGone):
        use(token)
    share.refresh_from_db()
    assert share.revoked_by == "bob"
    assert actions() == ["share.made", "share.revoked"]


def test_an_old_link_opens_nothing(as_acme: Tenant) -> None:
    with freeze(timezone.now() - timedelta(days=7, seconds=1)):
        _, token = made()
    with pytest.raises(ShareGone):
        use(token)


def test_a_closed_tenants_link_opens_nothing(acme: Tenant) -> None:
    with tenant(acme.pk):
        _, token = made()
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    with pytest.raises(ShareGone):
        use(token)


def test_another_secret_key_ends_it(as_acme: Tenant, settings: Any) -> None:
    _, token = made()
    settings.SECRET_KEY = "another " * 5
    with pytest.raises(ShareGone):
        use(token)


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "a" * 5000, "\0"])
def test_what_is_no_token_opens_nothing(token: str, db: None) -> None:
    with pytest.raises(ShareGone):
        use(token)


def test_only_batches_and_comparisons_are_shared(as_acme: Tenant) -> None:
    with pytest.raises(ShareInvalid, match="suite"):
        make_share(make_suite(), days=7)


@pytest.mark.parametrize("days", [0, -1, 2, 365])
def test_other_days_are_refused(days: int, as_acme: Tenant) -> None:
    with pytest.raises(ShareInvalid):
        made(days=days)
    assert not Share.objects.exists()


def test_the_links_to_a_row_are_listed_newest_first(as_acme: Tenant) -> None:
    batch = make_batch()
    older, newer = (make_share(batch, days=7).share for _ in range(2))
    made()
    assert list(shares_of(batch.pk)) == [newer, older]

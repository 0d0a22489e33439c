"""Share links in the admin: looked at, and revoked."""

from __future__ import annotations

from evalsite.audit.models import Entry
from evalsite.shares.models import Share
from evalsite.tenants.models import Role, Tenant
from tests.tenant_rows import make_share
from tests.web.looking import looker

SHARES = "/admin/shares/share/"


def test_a_link_is_revoked_once_it_was_asked(as_acme: Tenant) -> None:
    share, client = make_share(), looker(as_acme, role=Role.ENGINEER)
    chosen = {"action": "revoke", "_selected_action": [share.pk]}
    assert b"open nothing" in client.post(SHARES, chosen).content
    assert Share.objects.get().revoked_at is None
    client.post(SHARES, {**chosen, "confirmed": "1"})
    assert Share.objects.get().revoked_at is not None
    assert Entry.objects.filter(action="share.revoked").count() == 1


def test_what_opens_a_link_is_not_shown(as_acme: Tenant) -> None:
    share, client = make_share(), looker(as_acme)
    pages = [client.get(place) for place in (SHARES, f"{SHARES}{share.pk}/change/")]
    assert [page.status_code for page in pages] == [200, 200]
    assert share.digest not in "".join(page.content.decode() for page in pages)

"""Labels in the admin: looked at, and taken back."""

from __future__ import annotations

from evalsite.audit.models import Entry
from evalsite.calibration.models import Label
from evalsite.tenants.models import Role, Tenant
from tests.label_rows import make_label
from tests.web.looking import looker

LABELS = "/admin/calibration/label/"
WITHDRAW = {"action": "take_back", "confirmed": "1"}


def test_a_label_is_withdrawn_and_kept(as_acme: Tenant) -> None:
    label, client = make_label(), looker(as_acme, role=Role.CURATOR)
    assert b"take_back" in client.get(LABELS).content
    client.post(LABELS, {**WITHDRAW, "_selected_action": [label.pk]})
    assert Label.objects.get().withdrawn_at is not None
    assert Entry.objects.filter(action="label.withdrawn").count() == 1


def test_a_viewer_withdraws_none(as_acme: Tenant) -> None:
    label, client = make_label(), looker(as_acme)
    assert b"take_back" not in client.get(LABELS).content
    client.post(LABELS, {**WITHDRAW, "_selected_action": [label.pk]})
    assert Label.objects.get().withdrawn_at is None

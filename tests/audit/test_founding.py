"""A tenant's trail begins with its founding."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.audit.models import Entry
from evalsite.tenants.enrol import admit_by_name, find_tenant
from evalsite.tenants.models import Role
from evalsite.tenants.scope import tenant


@pytest.fixture
def founded(db: None) -> Any:
    call_command("createtenant", "acme", owner="ann@example.org")
    return find_tenant("acme")


def test_founding_is_told_with_who_was_let_in(founded: Any) -> None:
    with tenant(founded.pk):
        told = list(Entry.objects.order_by("pk").values_list("action", "actor", "subject"))
    assert told == [
        ("tenant.founded", "createtenant", "acme"),
        ("member.admitted", "createtenant", "ann@example.org"),
    ]


def test_who_cannot_sign_in_yet_is_named(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("createtenant", "acme", owner="ann@example.org")
    assert "manage.py changepassword ann@example.org" in capsys.readouterr().err


def test_another_role_is_told_and_the_same_is_not(founded: Any) -> None:
    for role in (Role.OWNER, Role.VIEWER):
        admit_by_name("acme", username="ann@example.org", password=None, role=role)
    with tenant(founded.pk):
        entry = Entry.objects.filter(action="member.admitted").order_by("pk")[1]
        assert (entry.before, entry.after) == ({"role": "owner"}, {"role": "viewer"})
        assert Entry.objects.count() == 3


def test_a_tenant_that_was_there_is_not_founded_again(founded: Any) -> None:
    with pytest.raises(CommandError, match="tenant_exists"):
        call_command("createtenant", "acme")
    with tenant(founded.pk):
        assert Entry.objects.filter(action="tenant.founded").count() == 1

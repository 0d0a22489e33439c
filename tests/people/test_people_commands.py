"""`invitemember`, `setrole`, `removemember` and `listmembers`."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from evalsite.audit.models import Entry
from evalsite.tenants.models import Membership, Role
from tests.people.joined import member, token_in_mail

pytestmark = pytest.mark.usefixtures("as_acme")


def run(*arguments: str) -> tuple[str, str]:
    """What a command says on stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_somebody_is_invited_and_the_link_is_not_printed() -> None:
    told = "".join(run("invitemember", "guest@example.org", "--role=owner"))
    assert "invited as owner" in told
    assert token_in_mail() not in told


def test_members_and_guests_are_listed() -> None:
    member(Role.OWNER, username="ann")
    run("invitemember", "guest@example.org")
    lines = [json.loads(line) for line in run("listmembers", "--json")[0].splitlines()]
    assert [(line["person"], line["role"], line["state"]) for line in lines] == [
        ("ann", "owner", "member"),
        ("guest@example.org", "viewer", "invited"),
    ]
    assert "guest@example.org" in run("listmembers")[0]


def test_a_member_is_changed_and_removed_with_an_entry_each() -> None:
    member(Role.OWNER)
    member(username="ann", email="ann@example.org")
    run("setrole", "ann@example.org", "engineer")
    run("removemember", "ann")
    assert Membership.objects.count() == 1
    entries = Entry.objects.order_by("recorded_at", "pk").values_list("action", "actor")
    assert list(entries) == [("member.changed", "setrole"), ("member.removed", "removemember")]


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("setrole", "nobody", "viewer"), "member_unknown", 2),
        (("removemember", "nobody"), "member_unknown", 2),
        (("removemember", "ann"), "last_owner", 1),
        (("setrole", "ann", "viewer"), "last_owner", 1),
        (("invitemember", "ann@"), "invitation_invalid", 2),
    ],
)
def test_what_cannot_be_done_is_told(arguments: tuple[str, ...], code: str, exit_code: int) -> None:
    member(Role.OWNER, username="ann")
    with pytest.raises(CommandError, match=code) as caught:
        run(*arguments)
    assert caught.value.returncode == exit_code

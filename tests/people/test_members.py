"""Roles are changed and members removed; an owner stays, and nobody reaches above themselves."""

from __future__ import annotations

import pytest

from evalsite.audit.models import Entry
from evalsite.people.change_role import RoleUnknown, change_role
from evalsite.people.last_owner import LastOwner
from evalsite.people.queries import MemberUnknown, find_member
from evalsite.people.remove_member import remove_member
from evalsite.tenants.models import Membership, Role, Tenant
from evalsite.tenants.rank import RoleTooHigh
from evalsite.tenants.scope import tenant
from tests.people.joined import member

pytestmark = pytest.mark.usefixtures("as_acme")


def test_a_role_is_changed_and_audited_once() -> None:
    ann, owner = member(username="ann"), member(Role.OWNER).user
    change_role(ann, role=Role.ENGINEER, actor=owner)
    entry = Entry.objects.get()
    assert (entry.action, entry.subject, entry.actor) == ("member.changed", "ann", str(owner))
    assert (entry.before, entry.after) == ({"role": "curator"}, {"role": "engineer"})
    assert find_member("ann").role == Role.ENGINEER


def test_the_same_role_again_is_no_change() -> None:
    change_role(member(Role.CURATOR), role="curator", actor="test")
    assert not Entry.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_the_last_owner_stays_owner(role: Role) -> None:
    owner = member(Role.OWNER)
    member(Role.OWNER, is_active=False)
    with pytest.raises(LastOwner, match="last_owner"):
        change_role(owner, role=role, actor="test")
    with pytest.raises(LastOwner):
        remove_member(owner, actor="test")
    assert not Entry.objects.exists()


def test_of_two_owners_one_may_go() -> None:
    first, second = member(Role.OWNER), member(Role.OWNER)
    change_role(first, role=Role.VIEWER, actor=first.user)
    with pytest.raises(LastOwner):
        remove_member(second, actor="test")


def test_a_stale_row_does_not_hide_the_last_owner() -> None:
    first, second = member(Role.OWNER), member(Role.OWNER)
    stale = Membership.objects.get(pk=second.pk)
    stale.role = Role.VIEWER
    remove_member(first, actor="test")
    with pytest.raises(LastOwner):
        remove_member(stale, actor="test")


@pytest.mark.parametrize("own", [Role.OWNER, Role.ADMIN])
def test_nobody_reaches_above_themselves(own: Role) -> None:
    actor, owner, ann = member(own).user, member(Role.OWNER), member()
    member(Role.OWNER)
    wanted = [(ann, Role.OWNER), (owner, Role.ADMIN)]
    for who, role in wanted:
        if own is Role.OWNER:
            assert change_role(who, role=role, actor=actor).role == role
        else:
            with pytest.raises(RoleTooHigh):
                change_role(who, role=role, actor=actor)


def test_an_admin_removes_no_owner() -> None:
    admin, owner = member(Role.ADMIN).user, member(Role.OWNER)
    member(Role.OWNER)
    with pytest.raises(RoleTooHigh):
        remove_member(owner, actor=admin)


def test_a_member_is_removed_and_keeps_the_account() -> None:
    ann = member(username="ann")
    remove_member(ann, actor="test")
    assert (ann.user.is_active, Membership.objects.count()) == (True, 0)
    entry = Entry.objects.get()
    assert (entry.action, entry.subject) == ("member.removed", "ann")
    assert entry.before == {"role": "curator"}


def test_who_is_gone_already_is_unknown() -> None:
    ann = member()
    remove_member(ann, actor="test")
    with pytest.raises(MemberUnknown):
        remove_member(ann, actor="test")
    with pytest.raises(MemberUnknown):
        change_role(ann, role=Role.VIEWER, actor="test")


def test_there_is_no_such_role() -> None:
    with pytest.raises(RoleUnknown):
        change_role(member(), role="king", actor="test")


def test_another_tenants_member_is_unknown(globex: Tenant) -> None:
    with tenant(globex.pk):
        member(username="carol")
    with pytest.raises(MemberUnknown):
        find_member("carol")

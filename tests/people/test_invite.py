"""Invitations: who may give which role, and what is mailed and kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from evalsite.audit.models import Entry
from evalsite.errors import EvalsiteError
from evalsite.people.invite import AlreadyMember, MailNotSent, invite, withdraw
from evalsite.people.models import Invitation
from evalsite.people.queries import InvitationGone, digest_of, find_invitation
from evalsite.tenants import scope
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.rank import RoleTooHigh
from tests.people.joined import invited, member
from tests.tenant_rows import make_invitation

pytestmark = pytest.mark.usefixtures("as_acme")


def test_the_link_is_in_the_mail_and_nowhere_else(acme: Tenant) -> None:
    invitation, token = invited()
    assert (mail.outbox[0].to, mail.outbox[0].subject) == (
        *(["guest@example.org"],),
        "Join Acme on evalsite",
    )
    kept = str(list(Invitation.objects.values())) + str(list(Entry.objects.values()))
    assert token not in kept
    with scope.nobody():
        assert find_invitation(token) == invitation


def test_it_is_good_for_a_week_and_audited_once() -> None:
    invitation, _ = invited()
    assert timedelta(days=6) < invitation.expires_at - timezone.now() <= timedelta(days=7)
    entry = Entry.objects.get()
    assert (entry.action, entry.subject_id) == ("person.invited", str(invitation.pk))
    assert entry.after == {"email": "guest@example.org", "role": "curator"}


@pytest.mark.parametrize("giver", Role)
@pytest.mark.parametrize("role", Role)
def test_nobody_gives_a_role_above_their_own(giver: Role, role: Role) -> None:
    inviter, order = member(giver).user, list(Role)
    if order.index(role) > order.index(giver):
        with pytest.raises(RoleTooHigh):
            invited(role=role, actor=inviter)
        assert mail.outbox == []
    else:
        assert invited(role=role, actor=inviter)[0].invited_by == inviter.username


WRONG = [{"email": "a@"}, {"email": "a@b.org\n"}, {"role": "king"}]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_is_no_invitation_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(EvalsiteError, match="invitation_invalid"):
        invited(**wrong)


def test_a_member_is_not_invited() -> None:
    member(username="ann@example.org")
    with pytest.raises(AlreadyMember):
        invited("Ann@Example.org")


def test_a_new_invitation_takes_the_place_of_the_old() -> None:
    (_, old), (_, other), (_, new) = invited(), invited("other@example.org"), invited()
    with pytest.raises(InvitationGone):
        find_invitation(old)
    assert find_invitation(new) != find_invitation(other)


def test_what_is_withdrawn_opens_nothing() -> None:
    invitation, token = invited()
    for _ in range(2):
        withdraw(invitation, actor="test")
    with pytest.raises(InvitationGone):
        find_invitation(token)
    assert Entry.objects.filter(action="invitation.withdrawn").count() == 1


def test_a_mail_that_is_not_taken_invites_nobody() -> None:
    server = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_PORT": 1}
    with override_settings(**server, EMAIL_HOST="127.0.0.1"), pytest.raises(MailNotSent):
        invite(email="guest@example.org", role=Role.VIEWER)
    assert not Invitation.objects.exists()
    assert not Entry.objects.exists()


def test_an_old_link_opens_nothing() -> None:
    make_invitation(digest=digest_of("new"))
    make_invitation(digest=digest_of("old"), expires_at=timezone.now())
    assert find_invitation("new")
    with pytest.raises(InvitationGone):
        find_invitation("old")

"""Accept an invitation: as a new person with a password, or as who is signed in."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from evalsite.people.invite import AlreadyMember
from evalsite.people.models import Invitation
from evalsite.people.queries import InvitationGone, find_invitation, open_invitations
from evalsite.tenants.acting import Actor, ActorKind, acting
from evalsite.tenants.enrol import admit
from evalsite.tenants.models import Membership, Role
from evalsite.tenants.scope import nobody, tenant


class AccountExists(EvalsiteError):
    """There is a person with the invitation's address already."""

    code = "account_exists"
    hint = "sign in with that account, then open the link again"


def has_account(invitation: Invitation) -> bool:
    """Answer whether the one invited can sign in already."""
    email = invitation.email
    known = Q(username__iexact=email) | Q(email__iexact=email)
    return bool(get_user_model().objects.filter(known).exists())


@sensitive_variables("token")
def join(token: str, *, user: Any) -> Membership:
    """Let a signed-in person join the tenant of the invitation, which is used up; audited.

    Raises InvitationGone, also to the slower of two at once, and AlreadyMember.
    """
    return _use(find_invitation(token), user=user)


@sensitive_variables("token", "password")
def join_as_new(token: str, *, password: str) -> User:
    """Make the person who was invited, with a password that was checked, and let them join.

    The address was proven by the mail; it is the user name. Raises InvitationGone, AccountExists.
    """
    invitation = find_invitation(token)
    with transaction.atomic():
        if has_account(invitation):
            raise AccountExists(f"{invitation.email} has an account already")
        user = User.objects.create_user(invitation.email, email=invitation.email, password=password)
        _use(invitation, user=user)
    return user


def _use(invitation: Invitation, *, user: Any) -> Membership:
    role = Role(invitation.role)
    with nobody(), tenant(invitation.tenant.pk), _as(user, role=role), transaction.atomic():
        used = {"accepted_at": timezone.now(), "accepted_by": str(user)}
        if not open_invitations().filter(pk=invitation.pk).update(**used):
            raise InvitationGone("this invitation is not open any more")
        if Membership.objects.filter(user=user).exists():
            raise AlreadyMember(f"{user} is a member already")
        membership = admit(user, role=role)
        record("invitation.accepted", invitation, after={"member": str(user), "role": role})
    return membership


def _as(user: Any, *, role: Role) -> AbstractContextManager[None]:
    return acting(Actor(kind=ActorKind.USER, name=str(user), role=role))

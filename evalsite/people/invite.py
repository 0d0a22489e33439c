"""Invite somebody by mail. The link in it is the proof; what is stored opens nothing."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from pydantic import SecretStr

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError, UsageError
from evalsite.people.models import Invitation
from evalsite.people.queries import digest_of, open_invitations
from evalsite.tenants.acting import current
from evalsite.tenants.models import Membership, Role, Tenant
from evalsite.tenants.rank import require_not_above
from evalsite.tenants.scope import require

VALID_DAYS: Final = 7
_TOKEN_BYTES: Final = 32


class InvitationInvalid(UsageError):
    """An invitation cannot be as it was asked for."""

    code = "invitation_invalid"
    hint = "give an e-mail address and a role of the tenant"


class AlreadyMember(EvalsiteError):
    """The person is a member of the tenant already."""

    code = "already_member"
    hint = "change the member's role in place of that"


class MailNotSent(EvalsiteError):
    """The mail server did not take an invitation; nobody was invited."""

    code = "mail_not_sent"
    hint = "see EMAIL_URL in docs/settings.md, and invite again"
    http_status = 503


def invite(*, email: str, role: Role | str, actor: object = "") -> Invitation:
    """Mail a link with which its reader joins the tenant in scope, once, within 7 days; audited.

    `actor` is the person or KeyHolder who invites; left out, who acts. Nobody gives a role above
    their own. An open invitation to the same address is withdrawn by this one.
    Raises InvitationInvalid, AlreadyMember, RoleTooHigh and MailNotSent.
    """
    wanted = _checked(email, role=role)
    require_not_above(wanted, giver=actor)
    token = SecretStr(secrets.token_urlsafe(_TOKEN_BYTES))
    now = timezone.now()
    with transaction.atomic():
        open_invitations().filter(email__iexact=email).update(withdrawn_at=now)
        invitation = Invitation.objects.create(
            email=email,
            role=wanted,
            digest=digest_of(token.get_secret_value()),
            invited_by=(str(actor) or current().name)[:200],
            expires_at=now + timedelta(days=VALID_DAYS),
        )
        record("person.invited", invitation, actor=actor, after={"email": email, "role": wanted})
        _send(invitation, token=token)
    return invitation


def withdraw(invitation: Invitation, *, actor: object = "") -> None:
    """Let the link of an open invitation open nothing any more; audited."""
    with transaction.atomic():
        if open_invitations().filter(pk=invitation.pk).update(withdrawn_at=timezone.now()):
            record("invitation.withdrawn", invitation, actor=actor)


def _checked(email: str, *, role: str) -> Role:
    if role not in Role.values:
        raise InvitationInvalid(f"{role!r:.40} is no role")
    try:
        validate_email(email)
    except ValidationError:
        raise InvitationInvalid(f"{email!r:.80} is no e-mail address") from None
    of_person = Q(user__username__iexact=email) | Q(user__email__iexact=email)
    if Membership.objects.filter(of_person, user__is_active=True).exists():
        raise AlreadyMember(f"{email} is a member already")
    return Role(role)


def _send(invitation: Invitation, *, token: SecretStr) -> None:
    path = reverse("invitation", args=[token.get_secret_value()])
    words = {
        "tenant": Tenant.objects.get(pk=require()).name,
        "invitation": invitation,
        "link": f"{settings.SITE_URL}{path}",
        "days": VALID_DAYS,
    }
    subject = " ".join(f"Join {words['tenant']} on evalsite".split())
    text = render_to_string("people/invitation.txt", words)
    try:
        EmailMessage(subject, text, to=[invitation.email]).send()
    except OSError as error:
        raise MailNotSent(f"the invitation was not sent: {error!r:.200}") from error

"""Find members and invitations."""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from evalsite.errors import UsageError
from evalsite.people.models import Invitation
from evalsite.tenants import bootstrap
from evalsite.tenants.models import Membership
from evalsite.tenants.scope import nobody, tenant

_SALT: Final = "evalsite.people.invitation 1"


class MemberUnknown(UsageError):
    """The tenant has no such member."""

    code = "member_unknown"
    hint = "`listmembers` lists them"
    http_status = 404


class InvitationGone(UsageError):
    """The link is used, withdrawn, too old, or none that evalsite made."""

    code = "invitation_gone"
    hint = "ask whoever invited you for another invitation"
    http_status = 404


def members() -> QuerySet[Membership]:
    """List the members of the tenant in scope, with their people, by name."""
    return Membership.objects.select_related("user").order_by("user__username")


def find_member(name: str) -> Membership:
    """Answer the member of that user name or e-mail address; raises MemberUnknown."""
    found = members().filter(Q(user__username__iexact=name) | Q(user__email__iexact=name)).first()
    if found is None:
        raise MemberUnknown(f"the tenant has no member {name!r:.80}")
    return found


def locked(membership: Membership) -> Membership:
    """Answer the member as they are now, until the transaction ends; raises MemberUnknown."""
    found = members().select_for_update(of=("self",)).filter(pk=membership.pk).first()
    if found is None:
        raise MemberUnknown(f"{membership.user} is no member any more")
    return found


def open_invitations() -> QuerySet[Invitation]:
    """List the tenant's invitations that can still be accepted, the newest first."""
    is_open = Q(accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now())
    return Invitation.objects.filter(is_open).order_by("-created_at")


def find_invitation(token: str) -> Invitation:
    """Answer the open invitation that a link's token stands for, of whatever tenant.

    Raises InvitationGone. Only the HMAC of the token is looked for.
    """
    rows = bootstrap.ask("invitation_of", digest_of(token))
    if not rows:
        raise InvitationGone("this invitation is not open")
    ((pk, tenant_id),) = rows
    with nobody(), tenant(tenant_id):
        return Invitation.objects.select_related("tenant").get(pk=pk)


def digest_of(token: str) -> str:
    """Answer what is stored of a link's token."""
    return salted_hmac(_SALT, token, algorithm="sha256").hexdigest()

"""What a person may do with alerts that go to themself, whatever their role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from evalsite.alerts.models import Subscription
from evalsite.alerts.subscribe import change_wishes, find_subscription
from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError
from evalsite.targets.models import Target
from evalsite.tenants.models import Membership


class SubscriptionNotYours(EvalsiteError):
    """The subscription tells somebody else."""

    code = "subscription_not_yours"
    hint = "an admin of the tenant may change it"
    exit_code = 2
    http_status = 403


class AddressMissing(EvalsiteError):
    """The person's account has no e-mail address to write to."""

    code = "address_missing"
    hint = (
        "ask an operator to put an e-mail address into your account, or an admin to subscribe one"
    )
    exit_code = 2
    http_status = 422


def address_of(user: Any) -> str:
    """Answer where the person is told, blank where the account says nothing."""
    return str(user.email) if "@" in user.email else ""


def own_subscriptions(user: Any) -> QuerySet[Subscription]:
    """Answer the subscriptions that tell this person by mail; none where there is no address."""
    address = address_of(user)
    found = Subscription.objects.select_related("suite", "target").filter(webhook=None)
    return found.filter(email__iexact=address) if address else found.none()


def is_own(subscription: Subscription, user: Any) -> bool:
    """Answer whether it tells this person, and nobody else."""
    return own_subscriptions(user).filter(pk=subscription.pk).exists()


def require_own(subscription: Subscription, user: Any) -> None:
    """Raise SubscriptionNotYours where it tells somebody else."""
    if not is_own(subscription, user):
        raise SubscriptionNotYours("this subscription tells somebody else")


def subscribe_self(
    user: Any,
    *,
    suite: Suite | None = None,
    target: Target | None = None,
    wishes: Mapping[str, Any],
) -> Subscription:
    """Subscribe the person at the account's own address, or change what they want; audited.

    It ends with their membership. Raises AddressMissing and SubscriptionInvalid.
    """
    address = address_of(user)
    if not address:
        raise AddressMissing("your account has no e-mail address")
    wanted = find_subscription(address, suite=suite, target=target)
    if wanted is None:
        member = Membership.objects.filter(user=user).first()
        wanted = Subscription(email=address, suite=suite, target=target, member=member)
    return change_wishes(wanted, wishes=wishes, actor=user)

"""Who wants to know, what is known to be bad, and what is owed: alert rows are an outbox."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.validators import ArrayMinLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.clock import ChangedAt, CreatedAt
from evalsite.endpoints.models import OutboundAddress
from evalsite.regressions.models import Comparison
from evalsite.targets.models import Target
from evalsite.tenants.models import (
    Membership,
    SameTenant,
    TenantKey,
    TenantModel,
    TenantWall,
    belongs_to,
)


class AlertKind(models.TextChoices):
    """What a subscription can be about."""

    REGRESSION = "regression"
    RECOVERY = "recovery"
    BATCH_FAILED = "batch_failed", "Batch failed or stuck"
    JUDGE_UNTRUSTED = "judge_untrusted", "Judge untrusted"
    BUDGET_REACHED = "budget_reached", "Budget reached"


def every_kind() -> list[str]:
    """Answer the kinds of a subscription that names none."""
    return list(AlertKind.values)


class WebhookKind(models.TextChoices):
    """What is spoken there."""

    STANDARD = "standard", "Standard Webhooks: signed JSON"
    SLACK = "slack", "Slack's incoming webhooks, and what speaks like them"


class Webhook(OutboundAddress):
    """A program that wants to know.

    The sealed secret of a standard one signs what is sent; a Slack one has the path of its URL for
    a secret, as whoever knows that may post.
    """

    kind = models.CharField(max_length=10, choices=WebhookKind, default=WebhookKind.STANDARD)
    is_active = models.BooleanField(default=True)
    failing_since = models.DateTimeField(null=True, editable=False)
    created_at = CreatedAt()
    changed_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "name"], name="alerts_webhook_name"),
            models.CheckConstraint(
                condition=Q(kind__in=WebhookKind.values), name="alerts_webhook_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Delivery(models.TextChoices):
    """When an e-mail goes out; a digest gathers what came in an hour or a day."""

    NOW = "now"
    HOURLY = "hourly", "Hourly digest"
    DAILY = "daily", "Daily digest"


class Subscription(TenantModel):
    """A person or program who wants to know; no suite means every suite, no target every target.

    `member` is who subscribed themself: what they are told ends with their membership.
    """

    email = models.EmailField("e-mail", blank=True)
    webhook = belongs_to(Webhook, null=True, blank=True)
    suite = belongs_to(Suite, on_delete=models.CASCADE, null=True, blank=True)
    target = belongs_to(Target, on_delete=models.CASCADE, null=True, blank=True)
    member = belongs_to(Membership, on_delete=models.CASCADE, null=True, editable=False)
    kinds = ArrayField(
        models.CharField(max_length=20, choices=AlertKind),
        default=every_kind,
        validators=[ArrayMinLengthValidator(1)],
    )
    delivery = models.CharField(max_length=10, choices=Delivery, default=Delivery.NOW)
    is_muted = models.BooleanField(default=False)
    created_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("suite"),
            SameTenant("target"),
            SameTenant("member"),
            SameTenant("webhook"),
            models.UniqueConstraint(
                fields=["tenant", "email", "webhook", "suite", "target"],
                nulls_distinct=False,
                name="alerts_subscription_once",
            ),
            models.CheckConstraint(
                condition=Q(email="", webhook__isnull=False, delivery=Delivery.NOW)
                | (~Q(email="") & Q(webhook=None)),
                name="alerts_subscription_place",
                violation_error_message=(
                    "Name an e-mail address or a webhook, not both; a webhook has no digest."
                ),
            ),
            models.CheckConstraint(
                condition=Q(delivery__in=Delivery.values), name="alerts_subscription_delivery"
            ),
            models.CheckConstraint(
                condition=Q(kinds__contained_by=AlertKind.values), name="alerts_subscription_kinds"
            ),
        ]

    def __str__(self) -> str:
        of = f", {self.target}" if self.target else ""
        return f"{self.email or self.webhook}: {self.suite or 'every suite'}{of}"


class Condition(TenantModel):
    """Whether something is good or bad with a target's runs on a suite, since which batch.

    `turn` counts the changes from good to bad. Its row is locked by whoever may change it.
    """

    kind = models.CharField(max_length=20, choices=AlertKind)
    suite = belongs_to(Suite, on_delete=models.CASCADE)
    target = belongs_to(Target, on_delete=models.CASCADE)
    client_type = models.CharField(max_length=100, blank=True)
    is_bad = models.BooleanField(default=False)
    turn = models.PositiveIntegerField(default=0)
    since = belongs_to(Batch, null=True, help_text="The batch that changed it last.")
    seen_until = models.DateTimeField(null=True, help_text="When the newest batch seen was begun.")
    comparison = belongs_to(
        Comparison, null=True, help_text="What showed it bad; its baseline is the last good batch."
    )
    changed_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("suite"),
            SameTenant("target"),
            SameTenant("since"),
            SameTenant("comparison"),
            models.UniqueConstraint(
                fields=["tenant", "kind", "suite", "target", "client_type"],
                name="alerts_condition_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.target} on {self.suite}: {'bad' if self.is_bad else 'good'}"


class AlertState(models.TextChoices):
    """Where an alert stands; a `sending` one whose claim ran out is sent again."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    GATHERED = "gathered", "In a digest"


class Alert(TenantModel):
    """One message to one subscriber about one thing: written once, sent once.

    `text` and `html` are a mail's two parts; of a webhook `text` is the body, to the byte.
    """

    subscription = belongs_to(Subscription, on_delete=models.CASCADE)
    suite = belongs_to(Suite, on_delete=models.SET_NULL, null=True, help_text="What it is about.")
    kind = models.CharField(max_length=20, help_text="A kind of subscription, digest or test.")
    about = models.CharField(max_length=200, help_text="What it is about; told once.")
    thread = models.CharField(max_length=200, blank=True, help_text="What begins its thread.")
    channel = models.CharField(max_length=10, help_text="email, standard or slack")
    recipient = models.CharField(max_length=254, help_text="An e-mail address, or a webhook.")
    subject = models.CharField(max_length=300)
    url = models.URLField(max_length=500, blank=True, help_text="The page to look at.")
    text = models.TextField()
    html = models.TextField(blank=True)
    delivery = models.CharField(max_length=10, choices=Delivery, default=Delivery.NOW)
    digest: models.ForeignKey[Any, Any] = belongs_to("self", on_delete=models.SET_NULL, null=True)
    state = models.CharField(max_length=10, choices=AlertState, default=AlertState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(
        db_default=Now(), help_text="When it may be claimed; of a claimed one, claimed again."
    )
    error = models.TextField(blank=True)
    created_at = CreatedAt()
    sent_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("tenant_id", "state", "due_at")),
            TenantKey(),
            SameTenant("subscription"),
            SameTenant("suite"),
            SameTenant("digest"),
            models.UniqueConstraint(
                fields=["tenant", "about", "subscription"], name="alerts_alert_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=AlertState.values), name="alerts_alert_state"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "due_at"],
                condition=Q(state__in=["pending", "sending"]),
                name="alerts_alert_unsent",
            )
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        """Answer the address of its page."""
        return reverse("alert", args=[self.pk])

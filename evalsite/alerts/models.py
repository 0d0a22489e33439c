"""Who wants to know, and what they are to be told: alert rows are the outbox of e-mail."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from evalsite.cases.models import Suite
from evalsite.regressions.models import Comparison
from evalsite.tenants.models import SameTenant, TenantKey, TenantModel, TenantWall


class AlertKind(models.TextChoices):
    """What a subscription can be about."""

    REGRESSION = "regression"


class Subscription(TenantModel):
    """A person who wants to know; no suite means every suite."""

    email = models.EmailField()
    suite = models.ForeignKey(
        Suite,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    kind = models.CharField(max_length=20, choices=AlertKind, default=AlertKind.REGRESSION)
    is_muted = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("suite"),
            models.UniqueConstraint(
                fields=["tenant", "email", "suite", "kind"],
                nulls_distinct=False,
                name="alerts_subscription_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.kind}"


class AlertState(models.TextChoices):
    """Where an alert stands; a `sending` one whose claim ran out is sent again."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Alert(TenantModel):
    """One e-mail to one subscriber about one finding: written once, sent once."""

    subscription = models.ForeignKey(
        Subscription,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    comparison = models.ForeignKey(
        Comparison, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=AlertKind)
    recipient = models.EmailField()
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=10, choices=AlertState, default=AlertState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("tenant_id", "state")),
            TenantKey(),
            SameTenant("subscription"),
            SameTenant("comparison"),
            models.UniqueConstraint(
                fields=["tenant", "subscription", "comparison", "kind"], name="alerts_alert_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=AlertState.values), name="alerts_alert_state"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "created_at"],
                condition=Q(state__in=["pending", "sending"]),
                name="alerts_alert_unsent",
            )
        ]

    def __str__(self) -> str:
        return self.subject

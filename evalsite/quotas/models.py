"""How much of the installation a tenant may take, and what it has spent on models."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from evalsite.clock import ChangedAt
from evalsite.tenants.models import TenantKey, TenantModel, TenantWall

HEAVIEST: Final = 100


def _money(**options: Any) -> models.DecimalField[Any, Any]:
    """US dollars: a call may cost a millionth."""
    return models.DecimalField(max_digits=18, decimal_places=9, **options)


class Quota(TenantModel):
    """What a tenant may have at most, set by operators: one row, and null is no limit."""

    max_cases = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Test cases, retired ones among them."
    )
    max_batches_in_flight = models.PositiveIntegerField(
        null=True, blank=True, help_text="Batches that run or are paused."
    )
    month_usd = _money(
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="US dollars for models in a calendar month (UTC).",
    )
    weight = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(HEAVIEST)],
        help_text="Its share of the workers beside other tenants', 1 to 100; empty is 1.",
    )
    changed_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("tenant_id", "weight")),
            TenantKey(),
            models.UniqueConstraint(fields=["tenant"], name="quotas_quota_one"),
            models.CheckConstraint(
                condition=models.Q(month_usd__isnull=True) | models.Q(month_usd__gte=0),
                name="quotas_quota_month_usd",
            ),
            models.CheckConstraint(
                condition=models.Q(weight__isnull=True) | models.Q(weight__range=(1, HEAVIEST)),
                name="quotas_quota_weight",
            ),
        ]

    def __str__(self) -> str:
        return f"quota of {self.tenant}"


class Spending(TenantModel):
    """What a tenant's model calls of one calendar month came to, over all batches and trials."""

    month = models.DateField(help_text="Its first day.")
    spent_usd = _money(default=0)
    booked_usd = _money(default=0, help_text="Possibly spent: calls under way, or lost.")

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "month"], name="quotas_spending_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Turn(TenantModel):
    """Where a tenant stands in the rotation of a lane; see `batches.share`.

    Times are virtual: seconds of a slot, divided by the tenant's weight.
    """

    lane = models.CharField(max_length=10)
    started = models.FloatField(help_text="Virtual time when its last chunk was sent.")
    passed = models.FloatField(help_text="Virtual time when its next chunk is due.")
    n_sent = models.BigIntegerField(help_text="Chunks that were sent so far.")

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("tenant_id", "lane", "started", "passed", "n_sent")),
            TenantKey(),
            models.UniqueConstraint(fields=["tenant", "lane"], name="quotas_turn_lane"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} in {self.lane}"

"""What calls to models cost, as a tenant knows it, and what they have replied."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from evalsite.clock import ChangedAt
from evalsite.tenants.models import TenantModel


class Price(TenantModel):
    """A tenant's own price of a model, which wins over the built-in one."""

    endpoint = models.CharField(
        max_length=100, blank=True, help_text="Of this endpoint only; empty: wherever it is asked."
    )
    model = models.CharField(max_length=200)
    usd_in = models.DecimalField(
        max_digits=12, decimal_places=6, help_text="US dollars per million tokens asked."
    )
    usd_out = models.DecimalField(
        max_digits=12, decimal_places=6, help_text="US dollars per million tokens answered."
    )
    changed_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant", "endpoint", "model"], name="calls_price_model"
            ),
            models.CheckConstraint(
                condition=Q(usd_in__gte=0, usd_out__gte=0), name="calls_price_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint or '*'} {self.model}"


class Reply(TenantModel):
    """What a model replied once; `key` is the hash of all that mattered to it (see `remember`)."""

    key = models.CharField(max_length=64)
    model = models.CharField(max_length=200)
    text = models.TextField()
    tool_calls = models.JSONField(default=list)
    tokens_in = models.PositiveIntegerField(null=True)
    tokens_out = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "key"], name="calls_reply_key"),
        ]
        indexes = [models.Index(fields=["tenant", "created_at"], name="calls_reply_age")]
        verbose_name_plural = "replies"

    def __str__(self) -> str:
        return self.key

"""Where a tenant's models and live targets answer, and how hard they may be asked."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from evalsite.clock import ChangedAt, CreatedAt
from evalsite.tenants.models import TenantModel

# The judge model that answers without a network has this name wherever an endpoint is named.
RESERVED = "mock"


class EndpointKind(models.TextChoices):
    """What is spoken there."""

    CHAT = "chat", "OpenAI-compatible chat and embeddings"
    HTTP = "http", "plain HTTP with JSON"
    MCP = "mcp", "MCP server over streamable HTTP"


class OutboundAddress(TenantModel):
    """An address outside that evalsite calls, with a secret that is sealed to it (see `seal`)."""

    name = models.SlugField(max_length=100, db_index=False)
    base_url = models.CharField(
        "base URL", max_length=500, help_text="Such as https://api.example.org/v1"
    )
    sealed_secret = models.TextField(blank=True, editable=False)

    class Meta(TenantModel.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def has_secret(self) -> bool:
        """Whether a secret is kept; what it is, only `seal` can tell."""
        return bool(self.sealed_secret)


class Endpoint(OutboundAddress):
    """Where a model or a live target answers, and how hard it may be asked."""

    kind = models.CharField(max_length=10, choices=EndpointKind, default=EndpointKind.CHAT)
    default_model = models.CharField(max_length=200, blank=True)
    is_default = models.BooleanField(default=False, help_text="Meant where no endpoint is named.")
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Empty: no limit."
    )
    tokens_per_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Empty: no limit."
    )
    parallel = models.PositiveSmallIntegerField(
        default=25,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="Calls in flight at once, per worker.",
    )
    timeout_s = models.FloatField(
        "timeout in seconds",
        default=60,
        validators=[MinValueValidator(0.1), MaxValueValidator(240)],
    )
    created_at = CreatedAt()
    changed_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "name"], name="endpoints_endpoint_name"),
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(is_default=True), name="endpoints_endpoint_default"
            ),
            models.CheckConstraint(condition=~Q(name=RESERVED), name="endpoints_endpoint_reserved"),
            models.CheckConstraint(
                condition=Q(kind__in=EndpointKind.values), name="endpoints_endpoint_kind"
            ),
        ]
